"""The answers and judgments of a run as whole values: what a run of an ordinary size is read into.

They take five times the memory of ``recorded``, and a fraction of the time of whoever looks at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, select, type_coerce

from arenatest.model.judgment import Judgment, Order
from arenatest.model.plan import Plan
from arenatest.model.record import JUDGED, TIMED, Answered, AnswerSlot, GameSlot, Ledger
from arenatest.store import schema
from arenatest.store.ids import id_from_bytes
from arenatest.store.joined import (
    ANSWERS,
    JUDGMENT,
    JUDGMENTS,
    MANY_ANSWERS,
    Same,
    answer_of,
    called,
    said_of,
)

_PAGE = 200  # rows held beside the ledger while it is read


def read_answers(
    connection: Connection, ledger: Ledger, limits: Sequence[ColumnElement[bool]] = ()
) -> None:
    """Put every placed answer into the ledger.

    Args:
        connection: The store's.
        ledger: Of the run.
        limits: What else the rows must be.
    """
    same = _same(ledger.plan)
    placed = schema.placed_answer
    columns = (
        *(placed.c[name] for name in (*AnswerSlot._fields, "purpose", "attempts", "reused")),
        placed.c.level,
        schema.generation.c.chat_id,
        schema.generation.c.cost,
        schema.generation.c.started,
        *MANY_ANSWERS,
    )
    query = (
        select(*columns)
        .select_from(placed.join(ANSWERS, schema.generation.c.chat_id == placed.c.chat_id))
        .where(placed.c.run == ledger.run.id, *limits)
        .order_by(*placed.primary_key)  # as they lie there: nothing is sorted
    )
    plan = ledger.plan
    before: Answered | None = None
    for row in _rows(connection, query):
        contestant, prompt, repeat, purpose, attempts, reused, level = row[:7]
        chat_id, cost, started = row[7:10]
        if before is None or (before.chat_id, before.reused) != (chat_id, reused):
            before = Answered(
                answer=plan.finishes.taken(answer_of(row[10:], same)),
                chat_id=chat_id,
                attempts=attempts,
                reused=reused,
                cost=cost,
                started=started,
                level="" if level is None else same.value(level),
            )
        slot = AnswerSlot(same.value(contestant), same.value(prompt), repeat)
        if purpose in JUDGED:
            ledger.answers[slot] = before
        if purpose in TIMED:
            ledger.timings[slot] = before


def read_judgments(
    connection: Connection, ledger: Ledger, limits: Sequence[ColumnElement[bool]] = ()
) -> None:
    """Put every judgment into the ledger; arguments as above."""
    for slot, said, call in judged(connection, ledger, limits):
        chat_id = None if call is None else id_from_bytes(bytes(call))
        ledger.judgments[slot] = called(said, chat_id)


def judged(
    connection: Connection, ledger: Ledger, limits: Sequence[ColumnElement[bool]] = ()
) -> Iterator[tuple[GameSlot, Judgment, bytes | None]]:
    """Yield the place of every judgment, what it says, and the id of its call as bytes."""
    same = _same(ledger.plan)
    table = schema.judgment
    columns = [table.c[name] for name in GameSlot._fields]
    query = (
        select(*columns, *JUDGMENT[:-1], type_coerce(table.c.chat_id, LargeBinary))
        .select_from(JUDGMENTS)
        .where(table.c.run == ledger.run.id, *limits)
    )
    for row in _rows(connection, query):
        candidate, prompt, repeat, judge, judge_repeat, order = row[:6]
        slot = GameSlot(
            same.value(candidate),
            same.value(prompt),
            repeat,
            same.value(judge),
            judge_repeat,
            Order(order),
        )
        yield slot, said_of(row[6:-1], same), row[-1]


def _same(plan: Plan) -> Same:
    same = Same()
    for contestant in plan.contestants:
        same.value(contestant.name)
    for prompt in plan.prompts:
        same.value(prompt.id)
    return same


def _rows(connection: Connection, query: Any) -> Iterator[Sequence[Any]]:
    result = connection.execute(query)
    while page := result.fetchmany(_PAGE):
        yield from page
