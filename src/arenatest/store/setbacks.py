"""What went wrong on the way to a run's answers: attempts that failed, and the time they took."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, func, or_, select

from arenatest.model.record import Setbacks
from arenatest.store import schema
from arenatest.store.types import spelt


def read_setbacks(connection: Connection, run_id: str) -> dict[str, Setbacks]:
    """Return the setbacks of each contestant that had any; judges' are left out."""
    failed: dict[str, dict[str, int]] = {}
    table = schema.generation
    mine = (table.c.run == run_id) & (table.c.role.in_(("answer", "timing")))
    kinds = (
        select(table.c.owner, table.c.failure, func.count())
        .where(mine, table.c.failure.is_not(None), table.c.attempt > 0)
        .group_by(table.c.owner, table.c.failure)
        .order_by(spelt(table.c.owner), spelt(table.c.failure))
    )
    for owner, kind, count in connection.execute(kinds):
        failed.setdefault(owner, {})[kind] = count
    delays = _delays(connection, mine) if failed else {}
    return {
        owner: Setbacks(failed=counts, delay=delays.get(owner)) for owner, counts in failed.items()
    }


def _delays(connection: Connection, mine: ColumnElement[bool]) -> dict[str, float]:
    """Return how much later calls began that were retried, in the mean, by owner."""
    table = schema.generation
    places = (table.c.owner, table.c.role, table.c.prompt, table.c.repeat)
    later = (func.max(table.c.started) - func.min(table.c.started)).label("later")
    retried = (
        select(table.c.owner, later)
        .where(mine, or_(table.c.attempt > 1, table.c.failure.is_not(None)))
        .group_by(*places)
        .having(func.count() > 1)
        .subquery()
    )
    query = select(retried.c.owner, func.avg(retried.c.later)).group_by(retried.c.owner)
    return {owner: delay for owner, delay in connection.execute(query)}  # noqa: C416 - rows
