"""What happens to a run over its life: begun, continued, stopped, finished, asked again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from arenatest.model.identity import content_id
from arenatest.model.record import Event, Run
from arenatest.store import schema
from arenatest.store.rows import event_from_row, insert_once, rows_of

_LIFE = ("begun", "continued", "stopped", "finished", "rerun")


def happened(run_id: str, kind: str, at: float, **details: str | int | float) -> Event:
    """Return an event, whose id is its content: told twice, it is recorded once."""
    identity = content_id("event", run_id, kind, at, details)
    return Event(id=identity, run=run_id, at=at, kind=kind, details=details)


def tell(connection: Connection, event: Event) -> None:
    """Record what happened, unless it is what happened last: several processes may tell it.

    That a run finished or was asked again is told each time: its record refers to that.
    """
    last = _last(connection, event.run)
    same = last is not None and (last.kind, last.details) == (event.kind, event.details)
    same = same and event.kind not in {"finished", "rerun"}
    if same and last is not None and last.at <= event.at:  # else a clock was put back since
        return
    for table, rows in rows_of([event]):
        insert_once(connection, table, rows)


def tell_taken_up(connection: Connection, run: Run, at: float) -> None:
    """Record that a run is continued, and after what; ``rerun`` says so itself.

    Args:
        connection: The store's.
        run: As it was left.
        at: Wall clock, seconds since 1970.
    """
    last = _last(connection, run.id)
    if last is None or last.kind != "rerun":
        after = "it was killed" if run.stopped is None else run.stopped[1]
        tell(connection, happened(run.id, "continued", at, after=after))


def tell_ended(
    connection: Connection,
    run_id: str,
    stopped: tuple[str, str] | None,
    at: float | None,
) -> None:
    """Record that a run finished, or stopped and why; nothing where nobody knows when."""
    if at is None:
        return
    if stopped is None:
        tell(connection, happened(run_id, "finished", at))
    else:
        tell(connection, happened(run_id, "stopped", at, cause=stopped[0], why=stopped[1]))


def _last(connection: Connection, run_id: str) -> Event | None:
    table = schema.event
    query = (
        select(*table.c)
        .where(table.c.run == run_id, table.c.kind.in_(_LIFE))
        .order_by(table.c.at.desc(), table.c.id.desc())
        .limit(1)
    )
    row: Any = connection.execute(query).one_or_none()
    return None if row is None else event_from_row(row)
