"""Finds the A/A run that a suite asks for before it rests a verdict on its judges."""

from __future__ import annotations

from sqlalchemy import Connection, select

from arenatest.model.decision import Decision
from arenatest.model.plan import Plan, Rule
from arenatest.store import schema
from arenatest.store.codec import decision_from_json
from arenatest.store.plans import read_plan
from arenatest.suite.plan_identity import trial_of

_DAY = 86400.0

Slice = frozenset[tuple[str, tuple[str, ...]]]
Trial = dict[str, Slice]
"""Which slice each gate of an A/A run looks at, by the gate's id."""


def aa_problem(connection: Connection, plan: Plan, started: float) -> str:
    """Return why no A/A run speaks for the judges of a plan, for people; empty where one does.

    The latest that was finished before the run counts: of the same baseline, judges and prompts,
    whatever its gates' limits. It is healthy where no gate failed and no judge was unfit. One that
    left out a slice, because gates were deselected or are new, speaks for the others only: for
    that slice an earlier one counts.

    Args:
        connection: To the store.
        plan: What is going to be done; one that asks for no A/A run has no problem.
        started: When its run started, seconds since 1970.
    """
    within = plan.limits.aa_within
    if within is None or plan.aa:
        return ""
    missing = {_slice(rule) for rule in plan.rules if _is_tried(rule)}
    wanted, seen = trial_of(plan), dict[str, Trial | None]()
    none = "none"
    for identity, plan_hash in _finished(connection, started - within, started):
        if plan_hash not in seen:
            seen[plan_hash] = _trial(connection, plan_hash, wanted)
        trial = seen[plan_hash]
        if trial is not None:
            latest = [d for d in _decisions(connection, identity) if trial[d.gate] in missing]
            if problem := _unhealthy(latest):
                return problem
            missing -= {trial[decision.gate] for decision in latest}
            if not missing:
                return ""
            none = "none of all its gates"
    days = f"{within / _DAY:.3g} day" + "s" * (within != _DAY)
    return (
        f"the suite asks for an A/A run of {plan.baseline.name} with these judges and prompts "
        f"within {days}, and {none} is on record: run pytest --arena --arena-aa first"
    )


def trials_for(connection: Connection, plan: Plan, started: float) -> list[str]:
    """Return the A/A runs that could speak for the judges of a plan, the latest first.

    Args:
        connection: To the store.
        plan: What was done.
        started: When its run started, seconds since 1970.
    """
    within = plan.limits.aa_within
    if within is None or plan.aa:
        return []
    wanted, finished = trial_of(plan), _finished(connection, started - within, started)
    trials = {of: _trial(connection, of, wanted) is not None for _, of in finished}
    return [identity for identity, of in finished if trials[of]]


def _finished(connection: Connection, after: float, until: float) -> list[tuple[str, str]]:
    """Return the runs that were finished in time, the latest first, and their plans."""
    run = schema.run
    query = (
        select(run.c.id, run.c.plan_hash)
        .where(run.c.finished > after, run.c.finished <= until)
        .order_by(run.c.finished.desc(), run.c.id)
    )
    return [(identity, plan_hash) for identity, plan_hash in connection.execute(query)]


def _trial(connection: Connection, plan_hash: str, wanted: str) -> Trial | None:
    """Return the slices of an A/A plan's gates; None where it is another plan."""
    plan = read_plan(connection, plan_hash)
    if not plan.aa or trial_of(plan) != wanted:
        return None
    return {rule.id: _slice(rule) for rule in plan.rules}


def _is_tried(rule: Rule) -> bool:
    return rule.metric.name == "win_rate" and rule.stat == "rate"


def _slice(rule: Rule) -> Slice:
    return frozenset(rule.where)


def _decisions(connection: Connection, run: str) -> list[Decision]:
    table = schema.decision
    query = select(table.c.body).where(table.c.run == run).order_by(table.c.gate)
    return [decision_from_json(body) for (body,) in connection.execute(query)]


def _unhealthy(decisions: list[Decision]) -> str:
    for decision in decisions:
        if decision.decision == "fail" or decision.cause not in {None, "evidence"}:
            return f"the A/A run was not healthy: {decision.reason}"
    return ""
