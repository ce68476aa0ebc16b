"""The ``arena`` fixture: battles for teams that write tests rather than suites."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import pytest

from arenatest.arena.run import SuiteRun
from arenatest.collection.items import kinds_for, told
from arenatest.errors import MissingKey, OptionError
from arenatest.gates.decide import decide
from arenatest.gates.needs import Needs
from arenatest.model.decision import Decision
from arenatest.model.plan import Plan, Rule
from arenatest.model.prompt import Prompt
from arenatest.model.record import DecisionMade, Ledger
from arenatest.report.escape import for_terminal
from arenatest.store import Store
from arenatest.suite.load import build_suite
from arenatest.suite.suite import Suite

if TYPE_CHECKING:
    from arenatest.collection.session import ArenaSession

Model = Mapping[str, Any] | Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One metric of a finished battle, waiting for a limit.

    Attributes:
        result: The battle it belongs to.
        metric: Its name.
    """

    result: Result
    metric: str

    def __repr__(self) -> str:
        return f"<{self.metric} of {self.result!r}>"

    def passes(self, **gate: Any) -> bool:
        """Return whether the limit is proven to hold; inconclusive is not a pass.

        Under the policy ``no-regression`` it is one where nothing but evidence is lacking.

        Args:
            **gate: The keys of a ``[[gates]]`` table: ``min``, ``max``, ``max_ratio``, ``stat``,
                ``where``, ``confidence``, ... One candidate is asked: ``candidates`` is not one.

        Raises:
            SuiteError: The keys contradict each other or the metric.
        """
        return self.decide(**gate).passed

    def decide(self, **gate: Any) -> Decision:
        """Return the whole decision: value, interval, n and reason; keys as for ``passes``."""
        decisions = [
            self.result.decide(rule) for rule in self.result.rules({"metric": self.metric, **gate})
        ]
        return next((d for d in decisions if not d.passed), decisions[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A battle that was fought to its end.

    Attributes:
        ledger: All that was recorded.
        rules: Makes gates of a ``[[gates]]`` table.
        record: Keeps a decision in the store, so that the report shows it.
    """

    ledger: Ledger
    rules: Callable[[Mapping[str, Any]], Sequence[Rule]]
    record: Callable[[Decision], None]

    def __repr__(self) -> str:
        """Stay short: pytest shows it where an assertion fails, and the ledger holds all texts."""
        plan = self.ledger.plan
        (candidate,) = plan.candidates
        return f"<battle of {candidate.name} against {plan.baseline.name}>"

    @property
    def win_rate(self) -> Measurement:
        """The candidate's win rate over the baseline."""
        return self.metric("win_rate")

    @property
    def ttft(self) -> Measurement:
        """The candidate's time to the first token."""
        return self.metric("ttft")

    def metric(self, name: str) -> Measurement:
        """Return any metric by name."""
        return Measurement(result=self, metric=name)

    def decide(self, rule: Rule) -> Decision:
        """Decide one gate on the record."""
        decision = decide(rule, self.ledger)
        self.record(decision)
        return decision


class Everything:
    """A watcher for a battle whose gates come later: it wants all of it."""

    def __init__(self, plan: Plan, *, timed: bool) -> None:
        names = frozenset(contestant.name for contestant in plan.contestants)
        candidates = frozenset(candidate.name for candidate in plan.candidates)
        self._needs = Needs(
            answers=names,
            timings=names if timed else frozenset(),
            judgments=candidates if plan.judges else frozenset(),
            metrics=frozenset((m.name, name) for m in plan.metrics for name in names),
        )

    def wanted(self, prompt: Prompt | None = None) -> Needs:
        """Return everything, for every prompt."""
        del prompt
        return self._needs

    def lose(self, name: str, *, judging: bool) -> None:
        """Want nothing more: a battle needs all who take part."""
        del name, judging
        self._needs = Needs()

    def settle(self, ledger: Ledger) -> Sequence[Decision]:
        """Decide nothing."""
        del ledger
        return ()

    def conclude(
        self, ledger: Ledger, stopped: tuple[Literal["plan", "budget"], str] | None
    ) -> Sequence[Decision]:
        """Decide nothing."""
        del ledger, stopped
        return ()

    def running(self, candidate: str) -> float | None:
        """Return nothing: no progress line is shown inside a test."""
        del candidate
        return None


class Arena:
    """Fights battles from a test.

    Args:
        session: The session's store and conditions.
        node: The test, for names and relative paths.
    """

    def __init__(self, session: ArenaSession, node: pytest.Item) -> None:
        self._session = session
        self._node = node
        self._count = 0

    def battle(
        self,
        *,
        prompts: Sequence[str | Mapping[str, Any]],
        baseline: Model,
        candidate: Model,
        judge: Model | Sequence[Model] | None = None,
        metrics: Sequence[Mapping[str, Any]] = (),
        timed: bool = False,
        **run: Any,
    ) -> Result:
        """Fight one battle a prompt and return the record.

        Args:
            prompts: Texts, or tables as in ``[[prompts]]``.
            baseline: A table as in a suite, or a function (prompt) -> text.
            candidate: The same.
            judge: A table as in ``[[judges]]``, or a function (prompt, text_a, text_b) -> label;
                several in a list are a jury, and without one only metrics are measured.
            metrics: Tables as in ``[[metrics]]``.
            timed: Whether to measure latency, which takes fresh calls; otherwise a second run of
                the same battle buys nothing.
            **run: Keys of ``[run]``, such as ``seed`` or ``repeats``.

        Raises:
            SuiteError: Something in the tables is wrong; nothing was called.
            MissingKey: An API key is not set; nothing was called.
            ArenaError: The run broke down.
        """
        self._count += 1
        tables = {
            "run": {"early_stop": False, **run},
            "prompts": [{"query": p} if isinstance(p, str) else dict(p) for p in prompts],
            "baseline": _contestant(baseline, "baseline"),
            "candidates": [_contestant(candidate, "candidate")],
            "judges": _judges(judge),
            "metrics": [dict(metric) for metric in metrics],
        }
        suite = self._suite(tables)
        session = self._session
        ledger = self._fight(suite, timed=timed)

        def record(decision: Decision) -> None:
            session.store.write([DecisionMade(run=ledger.run.id, decision=decision)])
            if not decision.passed:  # shown where the assertion fails
                self._node.add_report_section("call", "arena", for_terminal(told(decision)))

        def rules(gate: Mapping[str, Any]) -> Sequence[Rule]:
            found = self._suite({**tables, "gates": [dict(gate)]}).plan.rules
            if not timed and any(rule.metric.source == "timing" for rule in found):
                raise OptionError(
                    f"{gate['metric']} was not measured\n  hint: arena.battle(..., timed=True)"
                )
            return found

        return Result(ledger=ledger, rules=rules, record=record)

    async def battle_async(self, **battle: Any) -> Result:
        """As ``battle``, for tests that are coroutines: the event loop stays free."""
        return await asyncio.to_thread(lambda: self.battle(**battle))

    def _fight(self, suite: Suite, *, timed: bool) -> Ledger:
        session = self._session
        environ = session.conditions.environ
        if unset := [name for name in suite.environment if not environ.get(name)]:
            raise MissingKey(f"not set: {', '.join(unset)}")
        with session.store.lock(suite.plan.hash, session.locks) as lock:
            return self._run(suite, session.store.held_by(lock), timed=timed)

    def _run(self, suite: Suite, store: Store, *, timed: bool) -> Ledger:
        session = self._session
        watcher = Everything(suite.plan, timed=timed)
        running = SuiteRun(suite, store, watcher, session.conditions)
        running.start()
        try:
            running.join()
        except BaseException:
            running.stop("plan", "the test was interrupted")
            running.join()
            raise
        running.check()
        return store.load(running.run.id)

    def _suite(self, tables: dict[str, Any]) -> Suite:
        name = self._node.name + (f" #{self._count}" if self._count > 1 else "")
        path: Path = self._node.path
        suite = build_suite(
            {"suite": {"name": name}, **tables},
            path=self._node.nodeid,
            directory=path.parent,
            kinds=kinds_for(self._node.ihook),
            gated=False,
        )
        return replace(suite, latency_gated=True)


def arena_for(request: pytest.FixtureRequest) -> Arena:
    """Return the arena of one test."""
    plugin = request.config.pluginmanager.get_plugin("arenatest-session")
    session = cast("ArenaSession", plugin)
    node = request.node
    assert isinstance(node, pytest.Item)  # noqa: S101 - the fixture has function scope
    return Arena(session, node)


def _contestant(model: Model, name: str) -> dict[str, Any]:
    if isinstance(model, Mapping):
        return {"name": name, **model}
    return {"name": name, "provider": "python", "function": _function(model)}


def _judges(judge: Model | Sequence[Model] | None) -> list[dict[str, Any]]:
    if judge is None:
        return []
    if isinstance(judge, Mapping) or callable(judge):
        return [_judge(judge)]
    return [{"name": _name(one), **_judge(one)} if callable(one) else _judge(one) for one in judge]


def _judge(judge: Model) -> dict[str, Any]:
    if isinstance(judge, Mapping):
        return dict(judge)
    return {"kind": "python", "function": _function(judge)}


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _function(function: Callable[..., Any]) -> Callable[..., Any]:
    if not callable(function) or inspect.isclass(function):
        raise TypeError(f"got {function!r}, expected a table or a function")
    return function
