"""Puts what one run was told into the same places of another, whose judges are asked again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, select

from arenatest.store import schema
from arenatest.store.codec import cell_from_text
from arenatest.store.events import happened, tell
from arenatest.store.names import Spelling, places_of
from arenatest.store.rows import insert_once
from arenatest.store.seals import raw_columns, sealer

REJUDGED = "rejudged"
"""The kind of the event that a run is told when answers and clocks of an earlier one come to it."""

_PAGE = 500  # rows read at once


def place_answers(reads: Connection, writes: Connection, source: str, run_id: str) -> None:
    """Put every answer, clock and request under load of one run into the same place of another.

    The texts count as reused. The clocks are those of the calls whose answers are judged, and
    count as they did.

    Args:
        reads: A connection of the store; what is read is not held in memory.
        writes: Another one, in a transaction.
        source: Whose answers.
        run_id: Where to.
    """
    for table in (schema.placed_answer, schema.placed_load):
        _copy(reads, writes, table, source, run_id)
    run = schema.run
    began = writes.execute(select(run.c.started).where(run.c.id == run_id)).scalar_one()
    tell(writes, happened(run_id, REJUDGED, began, answers=source))


def _copy(reads: Connection, writes: Connection, table: Table, source: str, run_id: str) -> None:
    seal, spelling = sealer(table), Spelling(reads)
    names = table.c.keys()[:-1]
    query = select(*raw_columns(table)[:-1]).where(table.c.run == source)
    pages = reads.execute(query.execution_options(yield_per=_PAGE)).partitions()
    for page in pages:
        rows = []
        for row in page:
            spelt = [*row]
            for place in places_of(table):
                spelt[place] = spelling[row[place]]
            values = dict(zip(names, spelt, strict=True)) | {"run": cell_from_text(run_id)}
            for one in _as_texts_of_others(values):
                copied = tuple(one.values())
                rows.append((*copied, seal(copied)))
        insert_once(writes, table, rows)


def _as_texts_of_others(placed: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield how a place is filled where its text counts as reused, and its clocks as they did."""
    if placed.get("purpose") == "both" and not placed["reused"]:
        yield placed | {"purpose": "text", "reused": True}
        yield placed | {"purpose": "timing"}
    elif placed.get("purpose") == "text":
        yield placed | {"reused": True}
    else:
        yield placed
