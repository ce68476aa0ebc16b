"""What earlier runs bought, by content: good answers, verdicts and measurements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection, or_, select

from arenatest.model.answer import Answer
from arenatest.model.judgment import Judgment
from arenatest.model.record import Measured
from arenatest.store import schema
from arenatest.store.joined import (
    ANSWER,
    ANSWERS,
    JUDGMENT,
    JUDGMENTS,
    Same,
    answer_of,
    judgment_of,
)
from arenatest.store.types import keyed, spelt

_CHUNK = 400  # keys a statement, twice: SQLite may be built for 999 variables


class Reusable(NamedTuple):
    """An answer that an earlier call bought: of which call, after how many attempts, for what."""

    chat_id: str
    answer: Answer
    attempts: int
    cost: float | None


def reusable_answers(
    connection: Connection, keys: Iterable[str], not_before: float
) -> dict[str, Reusable]:
    """Return the latest good answer by key."""
    table = schema.generation
    columns = (table.c.key, table.c.chat_id, table.c.attempt, table.c.cost, *ANSWER)
    same = Same()
    found = {}
    for chunk in _chunks(keys):
        query = (
            select(*columns)
            .select_from(ANSWERS)
            .where(schema.REUSABLE, keyed(table.c.key, chunk), table.c.started >= not_before)
            .where(table.c.final, table.c.failure.is_(None))
            .order_by(table.c.started, table.c.chat_id)
        )
        for row in connection.execute(query):
            key, chat_id, attempts, cost = row[:4]
            found[key] = Reusable(chat_id, answer_of(row[4:], same), attempts, cost)
    return found


def reusable_judgments(
    connection: Connection, keys: Iterable[str], not_before: float
) -> dict[str, Judgment]:
    """Return the latest verdict or abstention by key.

    A reused one is no source: it would never expire.
    """
    table = schema.judgment
    same = Same()
    found = {}
    for chunk in _chunks(keys):
        query = (
            select(table.c.key, *JUDGMENT)
            .select_from(JUDGMENTS)
            .where(keyed(table.c.key, chunk))
            .where(or_(table.c.verdict.is_not(None), table.c.void == "abstained"))
            .where(table.c.reused.is_(False), table.c.made >= not_before)
            .order_by(table.c.made, spelt(table.c.run))
        )
        for row in connection.execute(query):
            found[row[0]] = judgment_of(row[1:], same)
    return found


def reusable_measurements(connection: Connection, keys: Iterable[str]) -> dict[str, Measured]:
    """Return the latest measurement without an error by key."""
    table, runs = schema.measurement, schema.run
    found = {}
    for chunk in _chunks(keys):
        query = (
            select(table.c.key, table.c.value)
            .select_from(table.join(runs, runs.c.id == spelt(table.c.run)))
            .where(keyed(table.c.key, chunk), table.c.error == "")
            .order_by(runs.c.started, runs.c.id)
        )
        for key, value in connection.execute(query):
            found[key] = Measured(value=value)
    return found


def _chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(keys)
    while chunk := list(islice(remaining, _CHUNK)):
        yield chunk
