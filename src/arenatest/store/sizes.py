"""What the runs of a store take, about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, func, select, union_all

from arenatest.store import schema
from arenatest.store.types import numbers, spelt

_ROW: Mapping[Table, int] = {
    schema.generation: 270,
    schema.placed_answer: 60,
    schema.placed_load: 60,
    schema.judgment: 150,
    schema.measurement: 100,
    schema.decision: 900,
}
"""Bytes of a row with its share of the indexes, about."""


def read_sizes(connection: Connection) -> dict[str, int]:
    """Return about how many bytes go with each run, by its id, if the earlier ones go first.

    A text goes with the latest run whose calls or judgments hold it.
    """
    sizes: dict[str, int] = defaultdict(int)
    for table, width in _ROW.items():
        counts = select(table.c.run, func.count()).group_by(table.c.run)
        for run, count in connection.execute(counts):
            sizes[run] += count * width
    gaps = schema.generation.c.gaps
    streams = select(schema.generation.c.run, func.sum(func.length(gaps)))
    for run, length in connection.execute(streams.group_by(schema.generation.c.run)):
        sizes[run] += int(length or 0)
    starts = select(schema.run.c.started, schema.run.c.id).order_by(schema.run.c.id)
    named = {started: run for started, run in connection.execute(starts)}  # noqa: C416 - rows
    for started, length in connection.execute(_texts()):
        sizes[named[started]] += int(length)
    return dict(sizes)


def read_ends(connection: Connection) -> dict[str, float]:
    """Return when each open run made its last call, by its id, in seconds since 1970."""
    call, run = schema.generation, schema.run
    query = (
        select(call.c.run, func.max(call.c.started))
        .where(call.c.run.in_(numbers(select(run.c.id).where(run.c.finished.is_(None)))))
        .group_by(call.c.run)
    )
    return {run: ended for run, ended in connection.execute(query)}  # noqa: C416 - rows


def _texts() -> Any:
    """Select the bytes of texts by the start of the latest run that holds them."""
    call, judged, run, text = schema.generation, schema.judgment, schema.run, schema.text
    held = union_all(
        *(
            select(said.label("text"), run.c.started)
            .select_from(table.join(run, run.c.id == spelt(table.c.run)))
            .where(said.is_not(None))
            for table, said in (
                (call, call.c.text),
                (call, call.c.reasoning),
                (judged, judged.c.explanation),
            )
        )
    ).subquery()
    last = (
        select(held.c.text, func.max(held.c.started).label("started"))
        .group_by(held.c.text)
        .subquery()
    )
    return (
        select(last.c.started, func.sum(func.length(text.c.body)))
        .select_from(last.join(text, text.c.number == last.c.text))
        .group_by(last.c.started)
    )
