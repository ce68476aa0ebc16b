"""Where a run stands: beside its suite's lock file, and beside the run before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Literal

from arenatest.errors import StoreError
from arenatest.lock.drift import drift, served_drift
from arenatest.lock.flips import Earlier, earlier_of
from arenatest.lock.lock import Lock
from arenatest.lock.reigns import Reign, reigns
from arenatest.model.attempts import Attempts
from arenatest.model.plan import Plan
from arenatest.model.record import Event, Run, Served
from arenatest.store import Store
from arenatest.store.attempts import read_attempts

LockMode = Literal["warn", "refuse", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a report says of a run beside its own record.

    Attributes:
        drift: What differs from the lock, in a line each.
        refused: Whether such a run must not let a release through.
        models: What changed in the models that servers name, in a line each.
        earlier: By candidate: the run that its battles are compared with.
        attempts: How often its plan was put to the test; None where nobody counted.
        events: What happened to it, earliest first.
        reigns: The baselines of its suite up to it, the earliest first; empty where there never
            was another one.
    """

    drift: tuple[str, ...] = ()
    refused: bool = False
    models: tuple[str, ...] = ()
    earlier: Mapping[str, Earlier] = field(default_factory=dict)
    attempts: Attempts | None = None
    events: tuple[Event, ...] = ()
    reigns: tuple[Reign, ...] = ()


def standing(store: Store, run: Run, plan: Plan, lock: Lock | None, mode: LockMode) -> Standing:
    """Return where a run stands, from the store and the lock beside its suite.

    Args:
        store: Where the run is recorded.
        run: Which run.
        plan: Its plan, or that by which it is decided again.
        lock: What was accepted; None where there is no lock file.
        mode: What a drift means.
    """
    if plan.aa:  # the baseline against itself: nothing that is locked or could flip
        return Standing()
    served = store.served(run.id)
    differs: tuple[str, ...] = ()
    watched: set[str] = set()
    if lock is not None and mode != "off":
        differs = (*drift(lock, plan), *served_drift(lock, served))
        watched = {one.name for one in (lock.baseline, *lock.candidates) if one.served}
    earlier = _earlier(store, run, plan, lock)
    return Standing(
        drift=differs,
        refused=bool(differs) and mode == "refuse",
        models=_models(store, plan, served, earlier, watched),
        earlier=earlier,
        attempts=read_attempts(store, run),
        events=tuple(store.events(run.id)),
        reigns=_chain(store, run, plan),
    )


def finished_runs(
    store: Store, plan: Plan, before: Run | None = None
) -> Iterator[tuple[Run, Plan]]:
    """Yield the finished runs of a suite with their plans, the latest first.

    Args:
        store: Where they are recorded.
        plan: Of the suite; others of the same name and file are of it too.
        before: Only runs that started before this one.
    """
    plans = {plan.hash: plan}
    for run in reversed(store.runs()):
        if run.finished is None or (before is not None and _is_later(run, before)):
            continue
        if run.plan_hash not in plans:
            plans[run.plan_hash] = store.plan(run.plan_hash)
        its = plans[run.plan_hash]
        if (its.suite, its.path) == (plan.suite, plan.path) and its.rules and not its.aa:
            yield run, its


def _chain(store: Store, run: Run, plan: Plan) -> tuple[Reign, ...]:
    chain = reigns(store, plan, run) if plan.rules else ()
    return chain if len(chain) > 1 else ()


def _is_later(run: Run, before: Run) -> bool:
    return run.id == before.id or (run.started, run.id) > (before.started, before.id)


def _earlier(store: Store, run: Run, plan: Plan, lock: Lock | None) -> dict[str, Earlier]:
    """Return for each candidate the accepted run, else the latest one before, that it was in."""
    if not plan.rules:  # battles of a Python test
        return {}
    wanted = {candidate.name for candidate in plan.candidates}
    found: dict[str, Earlier] = {}
    for other, its, accepted in _candidates_for(store, run, plan, lock):
        names = {candidate.name for candidate in its.candidates} & (wanted - found.keys())
        if names:
            ledger = store.load(other.id)
            for name in sorted(names):
                earlier = earlier_of(ledger, name, accepted=accepted)
                if earlier.fought:
                    found[name] = earlier
        if found.keys() == wanted:
            break
    return found


def _candidates_for(
    store: Store, run: Run, plan: Plan, lock: Lock | None
) -> Iterator[tuple[Run, Plan, bool]]:
    if lock is not None and lock.accepted.run != run.id:
        try:
            accepted = store.run(lock.accepted.run)
        except StoreError:
            accepted = None  # recorded on another machine
        if accepted is not None:
            yield accepted, store.plan(accepted.plan_hash), True
    for other, its in finished_runs(store, plan, before=run):
        yield other, its, False


def _models(
    store: Store, plan: Plan, served: Served, earlier: Mapping[str, Earlier], watched: Set[str]
) -> tuple[str, ...]:
    """Return a line for each contestant whose server names not always the same model.

    Where the lock watches over the models of a contestant, it speaks of other runs.
    """
    lines = []
    before = {one.run: store.served(one.run) for one in earlier.values()}
    prints = {
        contestant.name: (contestant.fingerprint, one.run)
        for one in earlier.values()
        for contestant in one.contestants
    }
    for contestant in plan.contestants:
        mine = served.get(("answer", contestant.name), ())
        if len(mine) > max(1, len(contestant.parts)):
            lines.append(
                f"{contestant.name}: the server named more than one model: {', '.join(mine)}; "
                "recorded answers of another one are not reused any more"
            )
            continue
        fingerprint, run = prints.get(contestant.name, ("", ""))
        was = before.get(run, {}).get(("answer", contestant.name), ())
        same = fingerprint == contestant.fingerprint and contestant.name not in watched
        if mine and was and same and set(mine) - set(was):
            lines.append(
                f"{contestant.name}: the server names {mine[0]}, and named {', '.join(was)} "
                f"in the run {run[:8]}; recorded answers of another model are not reused"
            )
    return tuple(lines)
