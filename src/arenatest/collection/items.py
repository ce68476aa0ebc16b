"""The test items: a suite file holds candidates, a candidate holds gates, and a gate is a test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, cast

import pytest

from arenatest.arena.redact import Redactor
from arenatest.collection.lockfile import lock_mode, refuse_drift
from arenatest.collection.options import flag
from arenatest.collection.troubles import raised
from arenatest.collection.wrong import wrong_suites
from arenatest.errors import ArenaError, PluginError
from arenatest.hookspec import Cache, Kind
from arenatest.model.decision import Decision
from arenatest.model.plan import Rule
from arenatest.report.escape import for_terminal
from arenatest.suite.aa import aa_suite
from arenatest.suite.kinds import Kinds, merge_kinds
from arenatest.suite.load import load_suite
from arenatest.suite.names import slug
from arenatest.suite.prices import PriceList
from arenatest.suite.suite import Suite


class Decides(Protocol):
    """What an item asks: the session's plugin."""

    def decide(self, item: GateItem) -> Decision:
        """Return the decision of one gate item, running its suite if need be."""

    def refused(self, item: GateItem) -> str:
        """Return why an item fails whose gate passed; empty where nothing speaks against it."""


class GateFailed(Exception):
    """A gate did not let the release through; its text is for people."""


class SuiteFile(pytest.File):
    """A ``*.arena.toml`` file."""

    def collect(self) -> Iterator[pytest.Collector]:
        """Check the whole suite and yield its candidates; a mistake is a collection error."""
        try:
            suite = load_suite(self.path, root=self.config.rootpath, kinds=kinds_for(self.ihook))
            refuse_drift(self.path, suite.plan, lock_mode(self.config))
        except ArenaError as error:
            wrong_suites(self.config).append(self._shown())
            said = Redactor((), os.environ).text(str(error))  # a module may have raised with a key
            raise self.CollectError(for_terminal(said)) from None
        chosen = aa_suite(suite) if flag(self.config, "arena_aa") else suite
        for candidate in () if chosen is None else chosen.plan.candidates:
            yield CandidateCollector.from_parent(
                self, name=slug(candidate.name), suite=chosen, candidate=candidate.name
            )

    def _shown(self) -> str:
        return Path(os.path.relpath(self.path, self.config.rootpath)).as_posix()


class CandidateCollector(pytest.Collector):
    """One candidate of a suite."""

    def __init__(self, *, suite: Suite, candidate: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.suite = suite
        self.candidate = candidate

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the candidate's gates."""
        for rule in self.suite.plan.rules:
            if rule.candidate == self.candidate:
                yield GateItem.from_parent(
                    self,
                    name=rule.id,
                    # Written out, so that pytest 9.2 reads the brackets of a slice as it will
                    # read them in its cache: `--lf` finds no other one.
                    nodeid=f"{self.nodeid}::{rule.id}",
                    suite=self.suite,
                    rule=rule,
                )


class GateItem(pytest.Item):
    """A gate on a candidate: passes, or fails with what it compared."""

    def __init__(self, *, suite: Suite, rule: Rule, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.suite = suite
        self.rule = rule
        self.add_marker("arena")

    def runtest(self) -> None:
        """Wait for the decision; the engine runs beside, for all gates of the suite at once."""
        if wrong := wrong_suites(self.config):
            raise GateFailed(f"not run: {wrong[0]} is wrong")
        arena = cast("Decides", self.config.pluginmanager.get_plugin("arenatest-session"))
        decision = arena.decide(self)
        self.user_properties.extend(properties(decision))
        self.ihook.pytest_arena_gate_decided(decision=decision)
        if not decision.passed:
            raise GateFailed(told(decision))
        if refused := arena.refused(self):
            raise GateFailed(f"{told(decision)}\n{refused}")
        if decision.decision != "pass":
            self.warn(pytest.PytestWarning(told(decision)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Say why in a line or two; a traceback of our own code would help nobody."""
        if isinstance(excinfo.value, (GateFailed, ArenaError)):
            return for_terminal(str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Point at the gate's line in the suite."""
        line = None if self.rule.line is None else self.rule.line - 1
        return self.path, line, for_terminal(f"{self.rule.candidate}::{self.rule.id}")


def kinds_for(ihook: Any) -> Kinds:
    """Ask the plugins that one folder sees for their kinds.

    Raises:
        PluginError: A hook raised, returned something else, or a name twice.
    """
    return Kinds(
        providers=merge_kinds(_offered(ihook, "pytest_arena_providers"), "provider"),
        judges=merge_kinds(_offered(ihook, "pytest_arena_judges"), "judge"),
        metrics=merge_kinds(_offered(ihook, "pytest_arena_metrics"), "metric"),
        caches=caches_for(ihook),
        prices=PriceList(datetime.now(UTC)),
    )


def caches_for(ihook: Any) -> dict[str, Kind[Cache]]:
    """Ask plugins for their kinds of shared cache, by the scheme of their URLs.

    Raises:
        PluginError: As for ``kinds_for``.
    """
    return merge_kinds(_offered(ihook, "pytest_arena_caches"), "cache")


def _offered(ihook: Any, hook: str) -> list[Any]:
    try:
        found: list[Any] = getattr(ihook, hook)()
    except Exception as error:  # plugin code
        raise PluginError(raised(hook, error)) from error
    return found


def told(decision: Decision) -> str:
    """Return a decision as text: the verdict, the reason and what belongs beside it."""
    head = f"{decision.candidate}: {decision.reason}"
    return "\n".join((head, *(f"  {warning}" for warning in decision.warnings)))


def properties(decision: Decision) -> list[tuple[str, object]]:
    """Return what goes into JUnit beside a gate: what it compared, unrounded."""
    values: dict[str, object] = {
        "decision": decision.decision,
        "cause": decision.cause,
        "value": decision.value,
        "low": decision.low,
        "high": decision.high,
        "level": decision.level,
        "threshold": decision.threshold,
        "unit": decision.unit,
        "n": decision.n,
        "planned": decision.planned,
    }
    return [(f"arena.{key}", value) for key, value in values.items() if value is not None]
