"""The answers and judgments of a run as whole values: what a run of an ordinary size is read into.

They take five times the memory of ``recorded``, and a fraction of the time of whoever looks at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.record import JUDGED, TIMED, Answered, AnswerSlot, GameSlot, Ledger
from arenatest.store import schema
from arenatest.store.ids import id_from_bytes
from arenatest.store.joined import (
    ANSWERS,
    JUDGMENT,
    JUDGMENTS,
    MANY_ANSWERS,
    Same,
    called,
    text_of,
)
from arenatest.store.raw import Names, pages, raw
from arenatest.store.values import answer_from_row, decoded

_PAGE = 200  # rows held beside the ledger while it is read
_ORDERS = {str(order): order for order in Order}


def read_answers(
    connection: Connection,
    ledger: Ledger,
    names: Names,
    limits: Sequence[ColumnElement[bool]] = (),
) -> None:
    """Put every placed answer into the ledger.

    Args:
        connection: The store's.
        ledger: Of the run.
        names: As they are read on the same connection.
        limits: What else the rows must be.
    """
    same = Same()
    query = _placed(ledger.run.id).where(*limits)
    plan = ledger.plan
    before: Answered | None = None
    call: tuple[Any, ...] = ()
    for row in chain.from_iterable(pages(connection, query, _PAGE)):
        contestant, prompt, repeat, purpose, attempts, reused, level = row[:7]
        chat_id, cost, started, *texts = row[7:14]
        if before is None or call != (chat_id, reused):
            call, columns = (chat_id, reused), decoded(row[14:], names)
            answer = answer_from_row(
                columns,
                text=same.text(*texts[:2]),
                reasoning=same.text(*texts[2:]),
                usage=same.usage(columns),
            )
            before = Answered(
                answer=plan.finishes.taken(answer),
                chat_id=id_from_bytes(bytes(chat_id)),
                attempts=attempts,
                reused=bool(reused),
                cost=cost,
                started=started,
                level=names[level] or "",
            )
        slot = AnswerSlot(names[contestant], names[prompt], repeat)
        if names[purpose] in JUDGED:
            ledger.answers[slot] = before
        if names[purpose] in TIMED:
            ledger.timings[slot] = before


def read_judgments(
    connection: Connection,
    ledger: Ledger,
    names: Names,
    limits: Sequence[ColumnElement[bool]] = (),
) -> None:
    """Put every judgment into the ledger; arguments as above."""
    for slot, said, call in judged(connection, ledger, names, limits):
        chat_id = None if call is None else id_from_bytes(bytes(call))
        ledger.judgments[slot] = called(said, chat_id)


def judged(
    connection: Connection,
    ledger: Ledger,
    names: Names,
    limits: Sequence[ColumnElement[bool]] = (),
) -> Iterator[tuple[GameSlot, Judgment, bytes | None]]:
    """Yield the place of every judgment, what it says, and the id of its call as bytes."""
    known: dict[tuple[Any, ...], Judgment] = {}  # texts are one object by their numbers
    table = schema.judgment
    columns = [table.c[name] for name in GameSlot._fields]
    query = (
        select(*map(raw, (*columns, table.c.explanation, *JUDGMENT)))
        .select_from(JUDGMENTS)
        .where(table.c.run == ledger.run.id, *limits)
    )
    for page in pages(connection, query, _PAGE):
        for candidate, prompt, repeat, judge, judge_repeat, order, *said, body, call in page:
            slot = GameSlot(
                names[candidate],
                names[prompt],
                repeat,
                names[judge],
                judge_repeat,
                _ORDERS[names[order]],
            )
            judgment = known.get(key := tuple(said))
            if judgment is None:
                _, verdict, void, compressed = said
                judgment = known[key] = Judgment(
                    verdict=None if verdict is None else Verdict(names[verdict]),
                    void=names[void],
                    explanation=text_of(compressed, body),
                )
            yield slot, judgment, call


def _placed(run_id: str) -> Select[Any]:
    """Return the query of a run's answers in their places."""
    placed = schema.placed_answer
    columns = (
        *(placed.c[name] for name in (*AnswerSlot._fields, "purpose", "attempts", "reused")),
        placed.c.level,
        schema.generation.c.chat_id,
        schema.generation.c.cost,
        schema.generation.c.started,
        *MANY_ANSWERS,
    )
    return (
        select(*map(raw, columns))
        .select_from(placed.join(ANSWERS, schema.generation.c.chat_id == placed.c.chat_id))
        .where(placed.c.run == run_id)
        .order_by(*placed.primary_key)  # as they lie there: nothing is sorted
    )
