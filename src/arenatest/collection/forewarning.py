"""Says after collection what the gates can come to, before anything is paid for.

A gate that cannot pass, or cannot fail, whatever is bought is told in a line of its own right after
the collected items. Under xdist the controller collects nothing: there the first worker hands it
the same as a warning, and pytest shows it at the end. Neither goes through Python's filters, so
that ``-W error`` does not turn advice about a suite into a broken collection.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence

import pytest

from arenatest.collection.items import GateItem
from arenatest.gates.foresight import foresee
from arenatest.report.escape import for_terminal

FIRST_WORKER = "gw0"


class ArenaWarning(pytest.PytestWarning):
    """A gate cannot decide what it is asked, whatever is bought."""


class Forewarner:
    """Tells what gates can come to; registered where a session is going to buy."""

    def pytest_report_collectionfinish(
        self, config: pytest.Config, items: Sequence[pytest.Item]
    ) -> list[str]:
        """Return a line for each gate that cannot decide; with ``-v``, one for each gate."""
        verbosity = config.get_verbosity()
        all_told = verbosity > 0 or (verbosity == 0 and config.option.collectonly)
        return [
            f"arena: {'warning: ' * hopeless}{for_terminal(item.nodeid)}: {line}"
            for item, hopeless, line in _foreseen(items)
            if hopeless or all_told
        ]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """In the first worker of xdist, hand the controller what cannot decide."""
        worker = getattr(session.config, "workerinput", {}).get("workerid")
        if worker == FIRST_WORKER:
            for item, hopeless, line in _foreseen(session.items):
                if hopeless:
                    _hand_over(item, line)


def _foreseen(items: Sequence[pytest.Item]) -> Iterator[tuple[GateItem, bool, str]]:
    """Yield each gate, whether there is a verdict that no record gives it, and what to expect."""
    for item in items:
        if isinstance(item, GateItem):
            told = foresee(item.rule, item.suite.plan)
            yield item, bool(told.obstacle), for_terminal(told.line)


def _hand_over(item: GateItem, line: str) -> None:
    message = warnings.WarningMessage(
        message=ArenaWarning(line),
        category=ArenaWarning,
        filename=str(item.path),
        lineno=item.rule.line or 1,
    )
    item.config.hook.pytest_warning_recorded.call_historic(
        kwargs={
            "warning_message": message,
            "when": "collect",
            "nodeid": item.nodeid,
            "location": None,
        }
    )
