"""Runs, one at a time: found, read, taken up again."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, not_, or_, select, update

from arenatest.errors import StoreError
from arenatest.model.record import Run
from arenatest.store import schema
from arenatest.store.codec import decision_from_json
from arenatest.store.placing import REJUDGED
from arenatest.store.rows import run_from_row

LATEST_FIRST = (schema.run.c.attempt.desc(), schema.run.c.started.desc(), schema.run.c.id.desc())
"""The order of a plan's runs by their number, for the clocks of machines may differ."""


def unfinished(connection: Connection, plan_hash: str, expire: float) -> Run | None:
    """Return the latest run of a plan that may be continued: begun after ``expire``.

    One whose answers and clocks came from an earlier run, to be judged anew, is left as it is
    unless it was asked again: old clocks decide no gate of an ordinary session.
    """
    table, event = schema.run, schema.event
    told = select(event.c.id).where(event.c.run == table.c.id)
    rejudged, asked = (told.where(event.c.kind == kind).exists() for kind in (REJUDGED, "rerun"))
    query = (
        select(*table.c)
        .where(table.c.plan_hash == plan_hash, table.c.finished.is_(None))
        .where(table.c.started > expire, table.c.source.is_(None), or_(not_(rejudged), asked))
        .order_by(*LATEST_FIRST)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else run_from_row(row)


def reopen(
    connection: Connection, run: Run, session: str, reuses_from: float | None = None
) -> None:
    """Continue a run: forget why it stopped, and the decisions left open by that."""
    change = {"session": session, "stopped": None, "reuses_from": reuses_from}
    connection.execute(update(schema.run).where(schema.run.c.id == run.id).values(change))
    decided = schema.decision
    query = select(decided.c.candidate, decided.c.gate, decided.c.body).where(
        decided.c.run == run.id
    )
    for candidate, gate, body in connection.execute(query).all():
        if decision_from_json(body).cause in {"plan", "budget"}:
            connection.execute(
                delete(decided)
                .where(decided.c.run == run.id)
                .where(decided.c.candidate == candidate, decided.c.gate == gate)
            )


def attempts(connection: Connection, plan_hash: str) -> int:
    """Return how many runs of a plan there have been, those that were pruned included."""
    table = schema.run
    query = select(func.count(), func.max(table.c.attempt)).where(table.c.plan_hash == plan_hash)
    count, latest = connection.execute(query).one()
    return max(int(count), int(latest or 0))


def read_run(connection: Connection, run_id: str) -> Run:
    """Return a run; an unknown one is an error."""
    table = schema.run
    row = connection.execute(select(*table.c).where(table.c.id == run_id)).one_or_none()
    if row is None:
        message = f"the store holds no run {run_id!r}"
        raise StoreError(message)
    return run_from_row(row)
