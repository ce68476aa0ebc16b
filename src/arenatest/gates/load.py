"""Watches one gate on one level of a load phase.

Requests that queue at one server wait for each other, so they are not independent. Percentiles and
shares are tested at the number of independent requests that they are worth; ratios and throughput
on blocks of what came together, which are few and long enough to be nearly independent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from arenatest.gates.evidence import Evidence, Pair
from arenatest.gates.fixed import Fixed, Mean
from arenatest.gates.load_shares import goodput, percentile_of
from arenatest.gates.load_values import BLOCKS, blocks, client_problem, clock_problem, rates
from arenatest.gates.measure import Measure
from arenatest.gates.ratios import TotalsRatio, TypicalRatio
from arenatest.gates.ruling import Ruling, Tally, decision_of
from arenatest.model.decision import Cause, Decision, Outcome
from arenatest.model.load import Load, Loaded, LoadSlot
from arenatest.model.plan import Plan, Rule
from arenatest.model.prompt import Prompt
from arenatest.model.record import Ledger

Requests = Sequence[Loaded]


class LoadWatch:
    """Follows the record of a run for one gate under load, as ``Watch`` does for all others.

    It is decided once its level is on record, for whomever it compares.

    Args:
        rule: The gate; it has a level.
        plan: What is planned; it has a load.

    Attributes:
        rule: The gate.
    """

    running: float | None = None
    looked_at: Sequence[Prompt] = ()

    def __init__(self, rule: Rule, plan: Plan) -> None:
        self.rule = rule
        self._plan = plan
        count = units(rule, plan.load)
        self._tally = Tally(rule=rule, prompts=count, clusters=count)
        self._decision: Decision | None = None
        self._ruling: Ruling | None = None

    @property
    def decided(self) -> bool:
        """Whether nothing that may still come can change the decision."""
        return self._ruling is not None

    @property
    def ruling(self) -> Ruling | None:
        """What it came to; None while undecided."""
        return self._ruling

    @property
    def slots(self) -> tuple[LoadSlot, ...]:
        """The levels that it rests on: the candidate's own, then that of whom it compares with."""
        assert self.rule.at is not None  # noqa: S101 - what makes it a gate under load
        names = (self.rule.candidate, self.rule.against)
        sides = names if self.rule.stat == "ratio" else names[:1]
        return tuple(LoadSlot(name, self.rule.at) for name in sides)

    def advance(self, ledger: Ledger) -> bool:
        """Decide it if all is there; return whether it is decided."""
        if self._ruling is None:
            sides = [ledger.loads.get(slot) for slot in self.slots]
            found = [side for side in sides if side is not None]
            if len(found) == len(sides):
                self._ruling, measure = self._rule(found)
                self._decision = self._decide(self._ruling, measure)
        return self.decided

    def conclude(self, ledger: Ledger, stopped: tuple[Cause, str] | None = None) -> Decision:
        """Return the decision; nothing more will come. Arguments as of ``Watch``."""
        self.advance(ledger)
        if self._decision is not None:
            return self._decision
        cause, why = stopped or ("plan", "")
        ruling = Ruling(cause=cause, why=why or "its level of load was not measured whole")
        return self._decide(ruling, Measure())

    def _rule(self, sides: Sequence[Requests]) -> tuple[Ruling, Measure]:
        outcome, measure = _METHODS[self._method](self.rule, self._plan, sides)
        for name, side in zip((self.rule.candidate, self.rule.against), sides, strict=False):
            requests = counted(side, self._plan)
            late = client_problem(requests)
            if why := late or clock_problem(self.rule.metric.name, self._plan, requests):
                return Ruling(cause="latency", why=f"{name}: {why}"), measure
        if outcome != "fail" and (why := self._failures(sides)):
            return Ruling(cause="void", why=why), measure
        if outcome == "inconclusive":
            return Ruling(cause="evidence"), measure
        return Ruling(outcome=outcome), measure

    def _failures(self, sides: Sequence[Requests]) -> str:
        """Return who failed too often to be known by the rest; empty for nobody.

        In percentiles and goodput failed requests count like others.
        """
        if self.rule.stat not in ("ratio", "mean"):
            return ""
        found = []
        for name, side in zip((self.rule.candidate, self.rule.against), sides, strict=False):
            requests = counted(side, self._plan)
            failed = sum(one.failure is not None for one in requests)
            if failed > self._plan.max_void * len(requests):
                found.append(f"{failed:,} of {len(requests):,} requests of {name} failed")
        most = f"more than {self._plan.max_void:.3g} of them, which is max_void"
        return ", ".join([*found, most]) if found else ""

    @property
    def _method(self) -> str:
        if self.rule.metric.name in _METHODS:
            return self.rule.metric.name
        return "ratio" if self.rule.stat == "ratio" else "percentile"

    def _decide(self, ruling: Ruling, measure: Measure) -> Decision:
        return decision_of(self._plan.suite, ruling, measure, self._tally)


def counted(requests: Requests, plan: Plan) -> Requests:
    """Return the requests of a level that count: without those that warmed up."""
    return requests if plan.load is None else requests[plan.load.warmup :]


def units(rule: Rule, load: Load | None) -> int:
    """Return how many pieces of evidence a level gives a gate: its requests, or blocks of them."""
    count = 0 if load is None else load.requests
    return min(BLOCKS, count) if rule.stat in ("ratio", "mean") else count


def block_method(rule: Rule, plan: Plan) -> Fixed[Any]:
    """Return what decides a gate on blocks, with nothing taken yet."""
    count = units(rule, plan.load)
    if rule.metric.name != "tokens_per_second":
        return TypicalRatio(rule, plan, count)
    return TotalsRatio(rule, plan, count) if rule.stat == "ratio" else Mean(rule, plan, count)


def _typical_ratio(rule: Rule, plan: Plan, sides: Sequence[Requests]) -> tuple[Outcome, Measure]:
    """Compare times request by request, for both were sent the same ones in the same order."""
    method = block_method(rule, plan)
    kept = [counted(side, plan) for side in sides]
    for pairs in blocks(list(zip(*kept, strict=True))):
        method.add([_log_ratio(rule, ours, theirs) for ours, theirs in pairs])
    return _decided(method)


def _throughput(rule: Rule, plan: Plan, sides: Sequence[Requests]) -> tuple[Outcome, Measure]:
    """Compare tokens a second, in as many stretches of time as there are blocks."""
    count = units(rule, plan.load)
    warmup = 0 if plan.load is None else plan.load.warmup
    each = [rates(side, warmup, count) for side in sides]
    items: Sequence[Any] = each[0]
    if rule.stat == "ratio":
        items = [Pair(candidate=ours, against=theirs) for ours, theirs in zip(*each, strict=False)]
    method = block_method(rule, plan)
    for item in items:
        method.add([Evidence(passing=(item,), failing=(item,), values=(item,))])
    return _decided(method)


def _decided(method: Fixed[Any]) -> tuple[Outcome, Measure]:
    measure = method.measure(whole=True, noun="blocks")
    if measure.needed is not None:  # as many blocks, each so much longer
        load = method.plan.load
        requests = 0 if load is None else math.ceil(measure.needed * load.requests / method.planned)
        told = measure.obstacle or f"about {requests:,} requests would decide it"
        measure = replace(measure, needed=None, obstacle=told)
    return (method.outcome() if method.values else "inconclusive"), measure


def _log_ratio(rule: Rule, ours: Loaded, theirs: Loaded) -> Evidence[float]:
    clock = rule.metric.name
    mine, other = getattr(ours, clock), getattr(theirs, clock)
    if mine and other:
        ratio = math.log(mine / other)
        return Evidence(passing=(ratio,), failing=(ratio,), values=(ratio,))
    worst = math.inf if rule.side == "max" else -math.inf
    if ours.failure is not None and theirs.failure is None:
        return Evidence(passing=(worst,), void=True)
    if theirs.failure is not None and ours.failure is None:
        return Evidence(failing=(-worst,), void=True)
    return Evidence(void=True)


_METHODS: dict[str, Callable[[Rule, Plan, Sequence[Requests]], tuple[Outcome, Measure]]] = {
    "percentile": lambda rule, plan, sides: percentile_of(rule, counted(sides[0], plan)),
    "goodput": lambda rule, plan, sides: goodput(rule, plan, counted(sides[0], plan)),
    "ratio": _typical_ratio,
    "tokens_per_second": _throughput,
}
