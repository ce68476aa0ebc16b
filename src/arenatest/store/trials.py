"""Finds the A/A run that a suite asks for before it rests a verdict on its judges."""

from __future__ import annotations

from sqlalchemy import Connection, select

from arenatest.model.decision import Decision
from arenatest.model.plan import Plan
from arenatest.store import schema
from arenatest.store.codec import decision_from_json, plan_from_bytes
from arenatest.suite.plan_identity import trial_of

_DAY = 86400.0


def aa_problem(connection: Connection, plan: Plan, started: float) -> str:
    """Return why no A/A run speaks for the judges of a plan, for people; empty where one does.

    The latest that was finished before the run counts: of the same baseline, judges and prompts,
    whatever its gates' limits. It is healthy where no gate failed and no judge was unfit.

    Args:
        connection: To the store.
        plan: What is going to be done; one that asks for no A/A run has no problem.
        started: When its run started, seconds since 1970.
    """
    within = plan.limits.aa_within
    if within is None or plan.aa:
        return ""
    run = schema.run
    query = (
        select(run.c.id, run.c.plan_hash)
        .where(run.c.finished > started - within, run.c.finished <= started)
        .order_by(run.c.finished.desc(), run.c.id)
    )
    wanted, seen = trial_of(plan), dict[str, bool]()
    for identity, plan_hash in connection.execute(query).all():
        if plan_hash not in seen:
            seen[plan_hash] = _is_trial(connection, plan_hash, wanted)
        if seen[plan_hash]:
            return _unhealthy(_decisions(connection, identity))
    days = f"{within / _DAY:.3g} day" + "s" * (within != _DAY)
    return (
        f"the suite asks for an A/A run of {plan.baseline.name} with these judges and prompts "
        f"within {days}, and none is on record: run pytest --arena --arena-aa first"
    )


def _is_trial(connection: Connection, plan_hash: str, wanted: str) -> bool:
    table = schema.plan
    body = connection.execute(select(table.c.body).where(table.c.hash == plan_hash)).scalar_one()
    plan = plan_from_bytes(body)
    return plan.aa and trial_of(plan) == wanted


def _decisions(connection: Connection, run: str) -> list[Decision]:
    table = schema.decision
    query = select(table.c.body).where(table.c.run == run).order_by(table.c.gate)
    return [decision_from_json(body) for (body,) in connection.execute(query)]


def _unhealthy(decisions: list[Decision]) -> str:
    for decision in decisions:
        if decision.decision == "fail" or decision.cause not in {None, "evidence"}:
            return f"the A/A run was not healthy: {decision.reason}"
    return "" if decisions else "the A/A run decided no gate"
