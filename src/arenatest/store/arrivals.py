"""Runs that were not ours come in: open until all of their records are there."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from sqlalchemy import select, update

from arenatest.model.plan import Plan
from arenatest.model.record import Event, Run
from arenatest.store import schema
from arenatest.store.plans import write_plan
from arenatest.store.rows import insert_once, rows_of, run_row
from arenatest.store.runs import attempts
from arenatest.store.store import Store

ARRIVING: tuple[Literal["plan"], str] = (
    "plan",
    "the import of this run did not come to its end; import it again",
)
"""Why a run is open whose records are not all there."""


def has_arrived(store: Store, run_id: str) -> bool:
    """Return whether a run is on record, whole."""
    table = schema.run
    query = select(table.c.id).where(table.c.id == run_id, table.c.finished.is_not(None))
    with store.reading() as connection:
        return connection.execute(query).first() is not None


def arrive(store: Store, plan: Plan, run: Run) -> Run:
    """Put a run on record, open, with its plan; one that is there already stays as it is.

    Args:
        store: Where it comes to.
        plan: What it planned.
        run: The run as it is to be in the end. One with attempt 0 becomes the next of its plan.

    Returns:
        The run with its attempt.
    """
    with store.writing() as connection:
        write_plan(connection, plan)
        attempt = run.attempt or 1 + attempts(connection, plan.hash)
        open_ = replace(run, attempt=attempt, finished=None, stopped=ARRIVING)
        insert_once(connection, schema.run, [run_row(open_)])
        table = schema.run
        query = select(table.c.attempt).where(table.c.id == run.id)
        return replace(run, attempt=connection.execute(query).scalar_one())


def settle(store: Store, run: Run, event: Event) -> None:
    """Close a run whose records are all there, as it was closed where it comes from."""
    values = dict(zip(schema.run.c.keys(), run_row(run), strict=True))
    change = {name: values[name] for name in ("finished", "stopped")}
    with store.writing() as connection:
        connection.execute(update(schema.run).where(schema.run.c.id == run.id).values(change))
        for table, rows in rows_of([event]):
            insert_once(connection, table, rows)
