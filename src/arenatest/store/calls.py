"""Single calls: found by their ids, with what they led to and what is like them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, LargeBinary, select, type_coerce, union_all

from arenatest.model.answer import Answer
from arenatest.model.judgment import Order, Reply
from arenatest.model.record import JUDGED, GameSlot, Generation, JudgmentPlaced, Served
from arenatest.store import schema
from arenatest.store.codec import cell_from_text
from arenatest.store.gaps import gaps_from_bytes
from arenatest.store.ids import LONGEST, range_of_length, ranges_of
from arenatest.store.joined import (
    ANSWER,
    ANSWERS,
    JUDGMENT,
    JUDGMENTS,
    Same,
    answer_of,
    judgment_of,
)
from arenatest.store.raw import Names, raw
from arenatest.store.types import in_words
from arenatest.store.values import (
    ANSWER_COLUMNS,
    answer_from_row,
    usage_from_row,
)

AMBIGUOUS = 4
"""Chat ids to look for, of which a message about an ambiguous one names all but the last."""

_CALL = tuple(schema.generation.c)[:11]  # of a Generation, all but its answer
_SAME = ("run", "role", "owner", "key", "prompt", "repeat")  # of all attempts at one call


def find_chat_ids(connection: Connection, prefix: str, *, limit: int) -> list[str]:
    """Return the chat id itself where it is one, else up to ``limit`` that start with it."""
    column = schema.generation.c.chat_id
    exact = connection.execute(select(column).where(column == prefix)).scalar()
    if exact is not None:
        return [exact]
    found = set[str]()
    for first, end in _ranges(connection, prefix):
        raw = type_coerce(column, LargeBinary)
        query = select(column).where(raw >= first).order_by(raw).limit(limit)
        query = query if end is None else query.where(raw < end)
        found.update(connection.execute(query).scalars())
    return sorted(found)[:limit]


def not_one(place: str, chat_id: str, found: Sequence[str]) -> str:
    """Return, for people, that no call has a chat id, or which ones begin so, up to ``AMBIGUOUS``.

    Args:
        place: Where the store lies.
        chat_id: The beginning of a chat id.
        found: The chat ids that begin so: none of them, or several.
    """
    if not found:
        return f"{place}: no call has the chat id {chat_id!r}"
    names = ", ".join(found[: AMBIGUOUS - 1]) + (", ..." if len(found) == AMBIGUOUS else "")
    return (
        f"{place}: several calls begin with {chat_id!r}: {names}\n  hint: give more of the chat id"
    )


def _ranges(connection: Connection, prefix: str) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield the ranges of all chat ids that begin so, as the store holds them."""
    yield from ranges_of(prefix)
    raw = type_coerce(schema.generation.c.chat_id, LargeBinary)
    length = len(cell_from_text(prefix).encode())
    while length <= LONGEST:  # of what comes before an id's digits: a few lengths occur
        query = select(raw).where(raw >= bytes([length])).order_by(raw).limit(1)
        following = connection.execute(query).scalar()
        if following is None or following[0] > LONGEST:
            return
        yield range_of_length(prefix, following[0])
        length = following[0] + 1


def read_generation(connection: Connection, chat_id: str) -> Generation:
    """Return one call with its whole text and gaps."""
    (call,) = read_generations(connection, [chat_id])
    return call


def read_generations(connection: Connection, chat_ids: Sequence[str]) -> list[Generation]:
    """Return calls with their whole texts and gaps, by time; those that are not here are left out.

    Args:
        connection: The store's.
        chat_ids: A few hundred at most.
    """
    table = schema.generation
    query = (
        select(*_CALL, table.c.gaps, *ANSWER)
        .select_from(ANSWERS)
        .where(table.c.chat_id.in_(chat_ids))
        .order_by(table.c.started, table.c.chat_id)
    )
    same, names = Same(), [column.name for column in _CALL]
    found = []
    for row in connection.execute(query):
        *call, gaps = row[: len(_CALL) + 1]
        answer = answer_of(row[len(_CALL) + 1 :], same, gaps=gaps_from_bytes(gaps))
        found.append(Generation(**dict(zip(names, call, strict=True)), answer=answer))
    return found


def read_judgments_about(
    connection: Connection, generation: Generation, baseline_of: Callable[[str], str]
) -> list[JudgmentPlaced]:
    """Return the judgments that a call gave, or those of the battles that its answer fought.

    Args:
        connection: The store's.
        generation: The call.
        baseline_of: Names the baseline of a run; its answers fight every candidate.
    """
    table, placed = schema.judgment, schema.placed_answer
    if generation.role == "judge":
        return _judgments_where(connection, table.c.chat_id == generation.chat_id)
    query = select(placed.c.run, placed.c.contestant, placed.c.prompt, placed.c.repeat).where(
        placed.c.chat_id == generation.chat_id, placed.c.purpose.in_(JUDGED)
    )
    query = query.order_by(*in_words(placed.primary_key))
    found = []
    for run, contestant, prompt, repeat in connection.execute(query).all():
        battle = (table.c.run == run) & (table.c.prompt == prompt) & (table.c.repeat == repeat)
        if contestant != baseline_of(run):
            battle &= table.c.candidate == contestant
        found += _judgments_where(connection, battle)
    return found


def read_unused_calls(connection: Connection, run_id: str) -> list[Generation]:
    """Return the judges' good calls of a run that stand behind no judgment of it, nor ever did."""
    table, judged, replaced = schema.generation, schema.judgment, schema.replaced
    used = union_all(
        select(judged.c.chat_id).where(judged.c.run == run_id, judged.c.chat_id.is_not(None)),
        select(replaced.c.chat_id).where(replaced.c.run == run_id, replaced.c.chat_id.is_not(None)),
    )
    query = (
        select(table.c.chat_id)
        .where(table.c.run == run_id, table.c.role == "judge", table.c.final)
        .where(table.c.failure.is_(None), table.c.chat_id.not_in(used))
        .order_by(table.c.started, table.c.chat_id)
    )
    return [read_generation(connection, chat) for chat in connection.execute(query).scalars().all()]


def read_similar(connection: Connection, call: Generation) -> list[Answer]:
    """Return the other good calls of its run that one can be set beside, without texts and gaps.

    They are those of its model that were made for the same: under load, those of its level;
    warm-up calls are set beside those that they warmed up for.
    """
    table, placed = schema.generation, schema.placed_load
    alike = table.c.role == ("timing" if call.role == "warmup" else call.role)
    if call.role == "load":
        mine = (placed.c.run == call.run, placed.c.contestant == call.owner)
        level = select(placed.c.level).where(*mine, placed.c.chat_id == call.chat_id)
        alike = table.c.chat_id.in_(
            select(placed.c.chat_id).where(*mine, placed.c.level.in_(level))
        )
    query = (
        select(*ANSWER_COLUMNS)
        .where(table.c.run == call.run, table.c.owner == call.owner, alike)
        .where(table.c.failure.is_(None), table.c.timing.is_not(None))
        .where(table.c.chat_id != call.chat_id)
        .order_by(table.c.started, table.c.chat_id)
    )
    return [
        answer_from_row(row, text="", reasoning="", usage=usage_from_row(row))
        for row in connection.execute(query)
    ]


def read_attempts(connection: Connection, call: Generation) -> list[Generation]:
    """Return all attempts at what a call was an attempt at, itself among them, without texts."""
    table = schema.generation
    same = [table.c[name] == getattr(call, name) for name in _SAME]
    query = (
        select(*_CALL, *ANSWER_COLUMNS)
        .where(*same)
        .order_by(table.c.attempt, table.c.started, table.c.chat_id)
    )
    names = [column.name for column in _CALL]
    found = []
    for row in connection.execute(query):
        answer = answer_from_row(
            row[len(_CALL) :], text="", reasoning="", usage=usage_from_row(row[len(_CALL) :])
        )
        found.append(Generation(**dict(zip(names, row, strict=False)), answer=answer))
    return found


def read_served(connection: Connection, run_id: str) -> Served:
    """Return the models behind all that stands in a run, reused answers and judgments too."""
    table, placed, judged = schema.generation, schema.placed_answer, schema.judgment
    names = Names(connection)
    found: dict[tuple[Any, str], set[str]] = {}
    for role, source, name in (
        ("answer", placed, placed.c.contestant),
        ("judge", judged, judged.c.judge),
    ):
        query = (
            select(raw(name), raw(table.c.model))  # spelt once each, not in every row
            .select_from(source.join(table, table.c.chat_id == source.c.chat_id))
            .where(source.c.run == run_id, table.c.model.is_not(None))
            .distinct()
        )
        for who, model in connection.execute(query):
            found.setdefault((role, names[who]), set()).add(names[model])
    return {who: tuple(sorted(models)) for who, models in found.items()}


def read_replies(connection: Connection, run_id: str) -> dict[str, Reply]:
    """Return what came of the judges' good calls behind a run's judgments, by chat id."""
    table, judged = schema.generation, schema.judgment
    used = select(judged.c.chat_id).where(judged.c.run == run_id, judged.c.chat_id.is_not(None))
    query = (
        select(table.c.chat_id, *ANSWER)
        .select_from(ANSWERS)
        .where(table.c.chat_id.in_(used), table.c.failure.is_(None))
    )
    same = Same()
    replies = {}
    for row in connection.execute(query):
        answer = answer_of(row[1:], same)
        replies[row[0]] = Reply(text=answer.text, finish=answer.finish)
    return replies


def _judgments_where(connection: Connection, condition: Any) -> list[JudgmentPlaced]:
    table = schema.judgment
    slot = (table.c[name] for name in GameSlot._fields)
    rest = (table.c.run, table.c.key, table.c.made, table.c.reused, *JUDGMENT)
    query = select(*slot, *rest).select_from(JUDGMENTS).where(condition)
    same = Same()
    found = []
    for row in connection.execute(query.order_by(*in_words(table.primary_key))):
        run, key, made, reused = row[6:10]
        found.append(
            JudgmentPlaced(
                run=run,
                slot=GameSlot(*row[:5], Order(row[5])),
                key=key,
                judgment=judgment_of(row[10:], same),
                made=made,
                reused=reused,
            )
        )
    return found
