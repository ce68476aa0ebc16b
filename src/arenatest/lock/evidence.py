"""Finds the run that speaks for accepting a suite as it stands, and what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from arenatest.lock.drift import drift
from arenatest.lock.making import make_lock
from arenatest.lock.standing import finished_runs
from arenatest.model.decision import Decision
from arenatest.model.plan import Plan
from arenatest.model.record import Run
from arenatest.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A run with what it decided.

    Attributes:
        plan: What the run compared, which is the suite's own plan unless it has changed.
        decisions: In the order of the plan's gates.
        problems: Why the run should not be accepted, in a line each.
    """

    run: Run
    plan: Plan
    decisions: tuple[Decision, ...]
    problems: tuple[str, ...]


def evidence(store: Store, plan: Plan, candidate: str | None = None) -> Evidence | None:
    """Return the latest finished run of a suite; None where there is none.

    With a candidate, it is the latest that decided all gates of it, and neither this run nor a
    later one of the same plan may have a gate of it that did not pass: else whoever repeats runs
    long enough would have one to accept.

    Args:
        store: Where runs are recorded.
        plan: The suite as it stands.
        candidate: Who is to be promoted; None where nobody is.
    """
    runs = [
        (run, its)
        for run, its in finished_runs(store, plan)
        if candidate is None or candidate in {one.name for one in its.candidates}
    ]
    if not runs:
        return None
    same = [run for run, its in runs if its.hash == plan.hash]
    if not same:
        run, its = runs[0]
        return _evidence(
            store, run, its, [*_changed(run, its, plan), *_failed(store, run, candidate)]
        )
    if candidate is None:
        run, its = runs[0]
        return _evidence(store, run, its, _changed(run, its, plan))
    return _passed(store, same, plan, candidate)


def _passed(store: Store, runs: Sequence[Run], plan: Plan, candidate: str) -> Evidence:
    gates = [rule.id for rule in plan.rules if rule.candidate == candidate]
    problems: list[str] = []
    for run in runs:
        decided = store.decisions(run.id)
        mine = {gate: decided[candidate, gate] for gate in gates if (candidate, gate) in decided}
        problems += _failed(store, run, candidate)
        if len(mine) == len(gates):
            return _evidence(store, run, plan, problems)
    missing = "no finished run of this suite decided all gates of"
    return _evidence(store, runs[0], plan, [*problems, f"{missing} {candidate}"])


def _evidence(store: Store, run: Run, plan: Plan, problems: Sequence[str]) -> Evidence:
    decided = store.decisions(run.id)
    places = [(rule.candidate, rule.id) for rule in plan.rules]
    mine = tuple(decided[place] for place in places if place in decided)
    return Evidence(run=run, plan=plan, decisions=mine, problems=tuple(problems))


def _failed(store: Store, run: Run, candidate: str | None) -> list[str]:
    """Return the gates of a candidate that did not pass in a run."""
    return [
        f"{decision.decision} in the run {run.id[:8]}: {gate}: {decision.reason}"
        for (name, gate), decision in sorted(store.decisions(run.id).items())
        if name == candidate and not decision.passed
    ]


def _changed(run: Run, then: Plan, now: Plan) -> list[str]:
    """Return what a suite has changed since a run of it."""
    if then.hash == now.hash:
        return []
    lines = drift(make_lock(then, run, {}, ()), now) or ("its candidates",)
    return [f"changed since the run {run.id[:8]}: {line}" for line in lines]
