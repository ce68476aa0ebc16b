"""Puts plans and runs into a store as they were in another one, ids and all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, exists, select

from arenatest.model.plan import Plan
from arenatest.model.record import AnswerSlot, Run
from arenatest.store import schema
from arenatest.store.ids import id_to_bytes
from arenatest.store.plans import write_plan
from arenatest.store.rows import insert_once, run_row


class Replaced(NamedTuple):
    """What stood in a place of a run before it was asked again, as ``replaced`` keeps it."""

    event: str
    kind: str
    place: str
    run: str
    at: float
    chat_id: str | None
    body: str


_CHAT = Replaced._fields.index("chat_id")


def read_replaced_rows(connection: Connection, run: str) -> Iterator[Replaced]:
    """Yield what stood in the places of a run that were filled anew."""
    table = schema.replaced
    columns = [table.c[name] for name in Replaced._fields]
    query = select(*columns).where(table.c.run == run)
    for row in connection.execute(query.order_by(table.c.at, *table.primary_key)):
        yield Replaced(*row)


def restore_replaced(connection: Connection, rows: Sequence[Replaced]) -> None:
    """Write what stood in places before; what is there already stays as it is."""
    made = [
        (*row[:_CHAT], row.chat_id and id_to_bytes(row.chat_id), *row[_CHAT + 1 :]) for row in rows
    ]
    insert_once(connection, schema.replaced, made)


def restore_runs(connection: Connection, plans: Sequence[Plan], runs: Sequence[Run]) -> None:
    """Write plans and runs; those that are there stay as they are.

    What the runs recorded is to be there before: a run without it could be taken for a whole one.

    Args:
        connection: The store's, in a transaction that writes.
        plans: What the runs follow.
        runs: As they were.
    """
    for plan in plans:
        write_plan(connection, plan)
    for run in runs:
        _join_halves(connection, run.id)
    insert_once(connection, schema.run, [run_row(run) for run in runs])


def _join_halves(connection: Connection, run: str) -> None:
    """Take away what came for one purpose where the same call stands for both: an export has two.

    So it is where the run is in the store already, whole or what a pruning left of it.
    """
    table = schema.placed_answer
    both = table.alias("whole")
    same = [both.c[name] == table.c[name] for name in ("run", *AnswerSlot._fields, "chat_id")]
    there = exists().where(*same, both.c.purpose == "both")
    halves = delete(table).where(table.c.run == run, table.c.purpose != "both", there)
    connection.execute(halves)
