"""Decides gates again from the record of an earlier run: no call is made, nothing is recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from arenatest.collection.items import CandidateCollector, GateItem
from arenatest.collection.order import Order
from arenatest.collection.record import read_for
from arenatest.collection.reread import Reread, reread
from arenatest.collection.suites_only import SuitesOnly, usage
from arenatest.gates.decide import decide_again
from arenatest.model.decision import Decision
from arenatest.model.plan import Plan, Rule
from arenatest.model.record import Ledger
from arenatest.report.escape import for_terminal
from arenatest.report.suite_run import Again, SuiteRun
from arenatest.store.naming import named_run
from arenatest.suite.differences import answer_differences, differences, judge_differences
from arenatest.suite.names import slug
from arenatest.suite.suite import RunSettings, Suite


@dataclass(slots=True, kw_only=True)
class Record:
    """The record that answers for one suite, and what its gates came to.

    Attributes:
        ledger: What the run recorded, as the record of the suite's plan.
        rules: The gates of the run itself.
        read: The judges' replies, read again; None where they are left alone.
        decisions: In the order in which they fell.
        others: Those that are no gates of the run, each as ``candidate gate``.
    """

    ledger: Ledger
    rules: frozenset[Rule]
    read: Reread | None = None
    decisions: list[Decision] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def decide(self, rule: Rule) -> Decision:
        """Decide one gate, unless its decision fell before anything was asked again: it stands."""
        own = _placeless(rule) in self.rules
        stands = self.ledger.stands(rule.candidate, rule.id)
        if own and stands is not None and self.read is None:
            decision = replace(stands, line=rule.line)
        else:
            decision = decide_again(rule, self.ledger)
        self.decisions.append(decision)
        if not own:
            self.others.append(f"{rule.candidate} {rule.id}")
        return decision

    def suite_run(self, decided: float) -> SuiteRun:
        """Return what the reports are made of."""
        again = Again(
            decided=decided,
            others=tuple(self.others),
            replies=None if self.read is None else self.read.replies,
            reread=0 if self.read is None else len(self.read.changes),
        )
        return SuiteRun(ledger=self.ledger, decisions=tuple(self.decisions), again=again)


class DecidedAgain(SuitesOnly):
    """The session of ``arenatest gate``: the suites' gates, decided on what is recorded."""

    compare = staticmethod(differences)

    def __init__(self, config: pytest.Config, order: Order) -> None:
        super().__init__(config, order)
        config.option.tx = []  # of pytest-xdist: there is nothing to distribute
        self._records: dict[str, Record] = {}
        self._began = self.conditions.wall()

    def decide(self, item: GateItem) -> Decision:
        """Return the decision of one gate item on the record."""
        return self.record(item.suite).decide(item.rule)

    def runs(self) -> Sequence[SuiteRun]:
        """Return the runs whose gates were decided again."""
        return [record.suite_run(self._began) for record in self._records.values()]

    def missing(self, items: Sequence[GateItem]) -> str:
        """Nothing is needed but the record, which must be there."""
        for suite in {item.suite.plan.hash: item.suite for item in items}.values():
            with usage():
                self.record(suite)
        return ""

    def record(self, suite: Suite) -> Record:
        """Return the record that answers for a suite.

        Raises:
            ArenaError: No run fits it, or there is no store.
        """
        key = suite.plan.hash
        if key not in self._records:
            self._records[key] = self.read(suite)
        return self._records[key]

    def read(self, suite: Suite) -> Record:
        """Read the record for a suite."""
        run = self.find(suite.plan)
        then = self.store.plan(run.plan_hash)
        ledger = read_for(self.store, run, suite.plan)
        ledger.run = replace(run, session=self.id)
        same = _reckoned(then) == _reckoned(suite.plan)
        return Record(ledger=ledger, rules=frozenset(map(_placeless, then.rules if same else ())))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Look for the run that the user named; without a suite, its own gates are collected."""
        if self.order.run is None:
            return
        with usage():
            named_run(self.store, self.order.run, session=self.id)
        if self.config.args_source is not pytest.Config.ArgsSource.ARGS:
            self.config.args = [str(self._file.absolute())]

    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        """Collect suites; and a named run's own gates, from the file of the store."""
        if self.order.run is not None and file_path.samefile(self._file):
            return RecordedGates.from_parent(parent, path=file_path)
        return super().pytest_collect_file(file_path, parent)

    @property
    def _file(self) -> Path:
        """The file that a named run's gates are collected from: pytest collects from files only."""
        if isinstance(self.store_place, Path):
            return Path(self.store.place)
        self.own_folder.mkdir(parents=True, exist_ok=True)
        path = self.own_folder / "postgresql"
        path.write_text(f"{self.store.place}\n", encoding="utf-8")
        return path

    def plan(self) -> Plan:
        """Return the plan of the run that the user named."""
        assert self.order.run is not None  # noqa: S101 - else nobody asks
        return self.store.plan(named_run(self.store, self.order.run, session=self.id).plan_hash)


class Reparsed(DecidedAgain):
    """The session of ``arenatest reparse``: the judges' recorded replies are read again first."""

    @staticmethod
    def compare(plan: Plan, recorded: Plan) -> tuple[str, ...]:
        """Return what keeps recorded replies from answering for a plan: not how they are read."""
        return (*answer_differences(plan, recorded), *judge_differences(plan, recorded))

    def read(self, suite: Suite) -> Record:
        """Read the record for a suite, and its judges' replies again."""
        record = super().read(suite)
        record.ledger, record.read = reread(self.store, record.ledger)
        return record

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show the section of the arena, and which verdicts have changed."""
        super().pytest_terminal_summary(terminalreporter)
        for record in self._records.values():
            for line in record.read.lines() if record.read is not None else ():
                terminalreporter.write_line(f"  read again: {for_terminal(line)}")


class RecordedGates(pytest.File):
    """The gates of a recorded run, where no suite file is named."""

    def collect(self) -> Iterator[pytest.Collector]:
        """Yield the candidates of the run's plan."""
        session: Any = self.config.pluginmanager.get_plugin("arenatest-session")
        plan: Plan = session.plan()
        suite = Suite(
            plan=plan,
            directory=self.path.parent,
            contestants=(),
            judges=(),
            metrics=(),
            settings=RunSettings(),
            environment={},
            latency_gated=False,
        )
        for candidate in plan.candidates:
            yield CandidateCollector.from_parent(
                self, name=slug(candidate.name), suite=suite, candidate=candidate.name
            )


def _placeless(rule: Rule) -> Rule:
    return replace(rule, line=None)


def _reckoned(plan: Plan) -> tuple[object, ...]:
    """Return what a plan makes of verdicts, beside its gates."""
    strengths = tuple(seat.strength for seat in plan.judges)
    votes = plan.voting, plan.quorum, strengths
    return plan.max_void, plan.finishes, plan.limits, plan.labels, votes
