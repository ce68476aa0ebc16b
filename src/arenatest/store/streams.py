"""All that a run left in the store, record by record: memory does not grow with the run.

Each stream comes in an order of its own that does not change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, Table, select, union

from arenatest.model.judgment import Order
from arenatest.model.load import LoadSlot
from arenatest.model.record import (
    AnswerPlaced,
    AnswerSlot,
    DecisionMade,
    Event,
    GameSlot,
    Generation,
    JudgmentPlaced,
    LoadPlaced,
    Measured,
    MeasurementPlaced,
    MetricSlot,
)
from arenatest.store import schema
from arenatest.store.calls import read_generations
from arenatest.store.codec import decision_from_json
from arenatest.store.joined import JUDGMENT, JUDGMENTS, Same, judgment_of
from arenatest.store.rows import event_from_row
from arenatest.store.types import in_words

PLACED = (*AnswerSlot._fields, "purpose", "chat_id", "attempts", "reused", "level")
"""The columns that :func:`answer_placed` takes, in order."""

_PAGE = 200  # rows held at a time


def stream_calls(connection: Connection, runs: Sequence[str] | None) -> Iterator[Generation]:
    """Yield all calls that some runs made, and those of other runs that they reuse, by time.

    Args:
        connection: The store's.
        runs: Their ids, a few hundred at most; None for every call that is on record.
    """
    table = schema.generation
    query = select(table.c.chat_id).order_by(table.c.started, table.c.chat_id)
    if runs is not None:
        places = (schema.placed_answer, schema.placed_load, schema.judgment, schema.replaced)
        used = [select(place.c.chat_id).where(place.c.run.in_(runs)) for place in places]
        ids = union(select(table.c.chat_id).where(table.c.run.in_(runs)), *used)
        query = query.where(table.c.chat_id.in_(ids))
    rows = _rows(connection, query)
    while page := [chat_id for (chat_id,) in islice(rows, _PAGE)]:
        yield from read_generations(connection, page)


def stream_answers(connection: Connection, run: str) -> Iterator[AnswerPlaced]:
    """Yield which call fills each place of a run's plan, for one purpose at a time."""
    for row in _rows(connection, _of_run(schema.placed_answer, PLACED, run)):
        placed = answer_placed(run, row)
        if placed.purpose != "both":
            yield placed
        else:
            yield replace(placed, purpose="text")
            yield replace(placed, purpose="timing")


def answer_placed(run: str, row: Sequence[Any]) -> AnswerPlaced:
    """Return which call fills a place, of the columns ``PLACED``."""
    contestant, prompt, repeat, purpose, chat_id, attempts, reused, level = row
    return AnswerPlaced(
        run=run,
        slot=AnswerSlot(contestant, prompt, repeat),
        purpose=purpose,
        chat_id=chat_id,
        attempts=attempts,
        reused=reused,
        level=level or "",
    )


def stream_loads(connection: Connection, run: str) -> Iterator[LoadPlaced]:
    """Yield which call was which request under load."""
    names = (*LoadSlot._fields, "number", "chat_id", "due")
    for row in _rows(connection, _of_run(schema.placed_load, names, run)):
        contestant, level, number, chat_id, due = row
        slot = LoadSlot(contestant, level)
        yield LoadPlaced(run=run, slot=slot, number=number, chat_id=chat_id, due=due)


def stream_judgments(connection: Connection, run: str) -> Iterator[JudgmentPlaced]:
    """Yield the judgments of a run, those of the golden set among them."""
    table = schema.judgment
    slot = [table.c[name] for name in GameSlot._fields]
    rest = (table.c.key, table.c.made, table.c.reused, *JUDGMENT)
    query = select(*slot, *rest).select_from(JUDGMENTS).where(table.c.run == run)
    for row in _rows(connection, query.order_by(*in_words(table.primary_key))):
        candidate, prompt, repeat, judge, judge_repeat, order, key, made, reused = row[:9]
        yield JudgmentPlaced(
            run=run,
            slot=GameSlot(candidate, prompt, repeat, judge, judge_repeat, Order(order)),
            key=key,
            judgment=judgment_of(row[9:], Same()),
            made=made,
            reused=reused,
        )


def stream_measurements(connection: Connection, run: str) -> Iterator[MeasurementPlaced]:
    """Yield the values of metrics of a run."""
    names = (*MetricSlot._fields, "key", "value", "error")
    for row in _rows(connection, _of_run(schema.measurement, names, run)):
        metric, contestant, prompt, repeat, key, value, error = row
        yield MeasurementPlaced(
            run=run,
            slot=MetricSlot(metric, contestant, prompt, repeat),
            key=key,
            measured=Measured(value=value, error=error),
        )


def stream_decisions(connection: Connection, run: str) -> Iterator[DecisionMade]:
    """Yield the decisions of a run."""
    for (body,) in _rows(connection, _of_run(schema.decision, ["body"], run)):
        yield DecisionMade(run=run, decision=decision_from_json(body))


def stream_events(connection: Connection, run: str) -> Iterator[Event]:
    """Yield what happened to a run, earliest first."""
    table = schema.event
    query = select(*table.c).where(table.c.run == run).order_by(table.c.at, table.c.id)
    for row in _rows(connection, query):
        yield event_from_row(row)


def _of_run(table: Table, names: Sequence[str], run: str) -> Select[Any]:
    columns = [table.c[name] for name in names]
    return select(*columns).where(table.c.run == run).order_by(*in_words(table.primary_key))


def _rows(connection: Connection, query: Select[Any]) -> Iterator[Sequence[Any]]:
    yield from connection.execute(query.execution_options(yield_per=_PAGE))
