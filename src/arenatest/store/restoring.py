"""Puts plans and runs into a store as they were in another one, ids and all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert

from arenatest.model.plan import Plan
from arenatest.model.record import Run
from arenatest.store import schema
from arenatest.store.plans import write_plan
from arenatest.store.rows import run_row


def restore_runs(connection: Connection, plans: Sequence[Plan], runs: Sequence[Run]) -> None:
    """Write plans and runs; those that are there stay as they are.

    What the runs recorded is to be there before: a run without it could be taken for a whole one.

    Args:
        connection: The store's, in a transaction that writes.
        plans: What the runs follow.
        runs: As they were.
    """

    def insert_once(table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        statement = f"{insert(table).compile(dialect=connection.dialect)} ON CONFLICT DO NOTHING"
        if rows:
            connection.exec_driver_sql(statement, [*rows])

    for plan in plans:
        write_plan(connection, plan, insert_once)
    insert_once(schema.run, [run_row(run) for run in runs])
