"""Has the answers of an earlier run judged again: only judges are called."""

from __future__ import annotations

import os
from collections.abc import Sequence

from arenatest.collection.items import GateItem
from arenatest.collection.keys import missing_keys
from arenatest.collection.suites_only import SuitesOnly, usage
from arenatest.report.phrases import moment
from arenatest.report.suite_run import SuiteRun
from arenatest.suite.differences import answer_differences
from arenatest.suite.suite import Suite


class Rejudged(SuitesOnly):
    """The session of ``arenatest rejudge``: a new run on answers that are there."""

    compare = staticmethod(answer_differences)

    def answers_of(self, suite: Suite) -> str | None:
        """Return the run whose answers are judged again."""
        return self.find(suite.plan).id

    def runs(self) -> Sequence[SuiteRun]:
        """Return the new runs, each with a word on where its answers are from."""
        made = super().runs()
        for run in made:
            source = self.find(run.ledger.plan)
            run.ledger.warnings.append(
                f"judged again: the answers are those of run {source.id} of "
                f"{moment(source.started)}; no contestant was asked"
            )
        return made

    def missing(self, items: Sequence[GateItem]) -> str:
        """Return what the judges need; a run whose answers fit must be there."""
        if not self.is_worker:  # there, each gate says it
            for suite in {item.suite.plan.hash: item.suite for item in items}.values():
                with usage():
                    self.find(suite.plan)
        return missing_keys(items, os.environ, contestants=False)
