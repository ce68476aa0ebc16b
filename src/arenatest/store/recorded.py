"""The calls of a record in columns, and the values that are made of a row when somebody asks.

A value of a row equals the one that was recorded, and takes a tenth of its bytes: the columns.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Engine, select

from arenatest.model.answer import Answer, Failure, Timing, Usage
from arenatest.model.finish import Finishes
from arenatest.model.record import Answered, ClockFacts
from arenatest.store import schema
from arenatest.store.codec import text_from_cell
from arenatest.store.columns import Counts, Digests, Ids, Kinds, Numbers
from arenatest.store.texts import Neighbours, Texts

_WORDS = ("finish", "model", "timing", "connection_reused", "has_usage")
_FAILURE = (
    *("failure", "failure_message", "failure_status", "failure_retryable", "failure_retry_after"),
)
_NUMBERS = (
    *("cost", "started", "queue_wait", "connect", "ttft", "ttfat", "tpot", "e2e", "wall", "icl"),
    *("held", "lag", "stream_lag", "server", "server_queue", "load"),
)
_COUNTS = ("input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens", "reads")

COLUMNS = ("chat_id", "text", "reasoning", *_WORDS, *_FAILURE, *_NUMBERS, *_COUNTS)
"""What :meth:`Calls.add` takes of each call, in order and as the database holds it."""

_UNKNOWN_LENGTH = -1


class Calls:
    """The calls of a record, row by row.

    Args:
        engine: Of the store, for what is read when somebody asks.
        finishes: What the plan makes of ends of answers.
    """

    def __init__(self, engine: Engine, finishes: Finishes) -> None:
        self._engine, self._finishes = engine, finishes
        self.ids = Ids()
        self.words: Kinds[tuple[Any, ...]] = Kinds()
        self.placed: Kinds[tuple[int, bool, str]] = Kinds()
        self.failures: dict[int, Failure] = {}
        self.numbers = {name: Numbers() for name in _NUMBERS}
        self.counts = {name: Counts() for name in _COUNTS}
        self.said, self.thought = Digests(), Digests()
        self._texts = Texts(engine, self.said.__getitem__)
        self._thoughts = Texts(engine, self.thought.__getitem__)
        self._lengths: array[int] = array("i")
        self._silent = 0

    def __len__(self) -> int:
        return len(self._lengths)

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Take calls: of each how it was placed, and then ``COLUMNS``."""
        if not rows:
            return
        attempts, reused, levels, chats, said, thought, *columns = zip(*rows, strict=True)
        self.placed.extend(
            zip(attempts, map(bool, reused), [level or "" for level in levels], strict=True)
        )
        self.ids.extend(chats)
        self.said.extend(said)
        self.thought.extend(thought)
        self.words.extend(zip(*columns[: len(_WORDS)], strict=True))
        failures = columns[len(_WORDS) : len(_WORDS) + len(_FAILURE)]
        self._fail(columns[0], failures)
        kept: list[Any] = [*self.numbers.values(), *self.counts.values()]
        for column, values in zip(kept, columns[len(_WORDS) + len(_FAILURE) :], strict=True):
            column.extend(values)
        self._silent += said.count(None)
        self._lengths.extend([_UNKNOWN_LENGTH] * len(rows))

    def settle(self, neighbours: Neighbours) -> None:
        """Learn which texts are asked for together."""
        self._texts.settle(neighbours)
        self._thoughts.settle(neighbours)

    def text(self, row: int) -> str:
        """Return what a call said; it is read from the store."""
        return "" if self.said.lacks(row) else self._texts.of(row)

    def thoughts(self, row: int) -> str:
        """Return what a call reasoned, likewise."""
        return "" if self.thought.lacks(row) else self._thoughts.of(row)

    def length(self, row: int) -> int:
        """Return how many characters a call said; they are counted once."""
        length = self._lengths[row]
        if length == _UNKNOWN_LENGTH:
            length = self._lengths[row] = len(self.text(row))
        return length

    def request_id(self, row: int) -> str | None:
        """Return the server's id of a call; it is read from the store."""
        table = schema.generation
        query = select(table.c.request_id).where(table.c.chat_id == self.ids[row])
        with self._engine.connect() as connection:
            found: str | None = connection.execute(query).scalar()
            return found

    def _fail(self, finishes: Sequence[Any], failures: Sequence[Sequence[Any]]) -> None:
        """Take the failures of the next rows, and the ends that the plan calls so."""
        for row, failed in enumerate(zip(*failures, strict=True), start=len(self)):
            if failed[0] is not None:
                self.failures[row] = _failure(*failed)
        for row, finish in enumerate(finishes, start=len(self)):
            if finish != "stop" and row not in self.failures:
                ended = self._ended(finish)
                if ended is not None:
                    self.failures[row] = ended

    @property
    def facts(self) -> ClockFacts:
        """What is known of all clocks at once."""
        lags = [self.numbers[name].largest for name in ("lag", "stream_lag")]
        again = any(attempts != 1 for attempts, _, _ in self.placed.known)
        return ClockFacts(
            largest_lag=max(lags), lost=again or bool(self.failures) or self._silent > 0
        )

    def _ended(self, finish: str | None) -> Failure | None:
        """Return the failure that the plan makes of an end, if it does."""
        return self._finishes.taken(Answer(finish=finish)).failure


def _clock(name: str) -> Any:
    return property(lambda self: self._calls.numbers[name][self._row])


class RowAnswered(Answered):
    """The placed answer of a row."""

    __slots__ = ("_calls", "_row")
    _calls: Calls
    _row: int

    def __new__(cls, **changed: Any) -> Any:
        """Return a whole value where one is made of this one by ``dataclasses.replace``."""
        return Answered(**changed)

    def __eq__(self, other: object) -> bool:
        return _equal(self, other, Answered)

    __hash__ = Answered.__hash__
    answer: Any = property(lambda self: _answer(self._calls, self._row))
    chat_id: Any = property(lambda self: self._calls.ids[self._row])
    attempts: Any = property(lambda self: self._calls.placed[self._row][0])
    reused: Any = property(lambda self: self._calls.placed[self._row][1])
    level: Any = property(lambda self: self._calls.placed[self._row][2])
    cost: Any = property(lambda self: self._calls.numbers["cost"][self._row])
    started: Any = property(lambda self: self._calls.numbers["started"][self._row])


class RowAnswer(Answer):
    """The answer of a row."""

    __slots__ = ("_calls", "_row")
    _calls: Calls
    _row: int

    def __new__(cls, **changed: Any) -> Any:
        """Return a whole value, as above."""
        return Answer(**changed)

    def __eq__(self, other: object) -> bool:
        return _equal(self, other, Answer)

    __hash__ = Answer.__hash__
    text: Any = property(lambda self: self._calls.text(self._row))
    reasoning: Any = property(lambda self: self._calls.thoughts(self._row))
    finish: Any = property(lambda self: _cell(self._calls.words[self._row][0]))
    model: Any = property(lambda self: _cell(self._calls.words[self._row][1]))
    usage: Any = property(lambda self: _usage(self._calls, self._row))
    timing: Any = property(lambda self: _timing(self._calls, self._row))
    failure: Any = property(lambda self: self._calls.failures.get(self._row))
    request_id: Any = property(lambda self: self._calls.request_id(self._row))
    response_id: Any = None
    length: Any = property(lambda self: self._calls.length(self._row))
    silent: Any = property(lambda self: self._calls.said.lacks(self._row))

    def says(self, other: Answer) -> bool:
        """Return whether both texts are equal; of two rows their digests are compared."""
        if isinstance(other, RowAnswer):
            return self._calls.said[self._row] == other._calls.said[other._row]
        return bool(self.text == other.text)


class RowTiming(Timing):
    """The clocks of a row."""

    __slots__ = ("_calls", "_row")
    _calls: Calls
    _row: int

    def __new__(cls, **changed: Any) -> Any:
        """Return a whole value, as above."""
        return Timing(**changed)

    def __eq__(self, other: object) -> bool:
        return _equal(self, other, Timing)

    __hash__ = Timing.__hash__
    source: Any = property(lambda self: self._calls.words[self._row][2])
    connection_reused: Any = property(lambda self: _bool(self._calls.words[self._row][3]))
    reads: Any = property(lambda self: self._calls.counts["reads"][self._row])
    ttfb: Any = None
    gaps: Any = ()
    queue_wait: Any = _clock("queue_wait")
    held: Any = _clock("held")
    connect: Any = _clock("connect")
    ttft: Any = _clock("ttft")
    ttfat: Any = _clock("ttfat")
    tpot: Any = _clock("tpot")
    e2e: Any = _clock("e2e")
    wall: Any = _clock("wall")
    icl: Any = _clock("icl")
    lag: Any = _clock("lag")
    stream_lag: Any = _clock("stream_lag")
    server: Any = _clock("server")
    load: Any = _clock("load")
    server_queue: Any = _clock("server_queue")


def answered_of(calls: Calls, row: int) -> Answered:
    """Return the placed answer of a row."""
    value: RowAnswered = object.__new__(RowAnswered)
    object.__setattr__(value, "_calls", calls)
    object.__setattr__(value, "_row", row)
    return value


def _answer(calls: Calls, row: int) -> Answer:
    value: RowAnswer = object.__new__(RowAnswer)
    object.__setattr__(value, "_calls", calls)
    object.__setattr__(value, "_row", row)
    return value


def _timing(calls: Calls, row: int) -> Timing | None:
    if calls.words[row][2] is None:
        return None
    value: RowTiming = object.__new__(RowTiming)
    object.__setattr__(value, "_calls", calls)
    object.__setattr__(value, "_row", row)
    return value


def _usage(calls: Calls, row: int) -> Usage | None:
    if not calls.words[row][4]:
        return None
    counts = calls.counts
    return Usage(
        input_tokens=counts["input_tokens"][row],
        output_tokens=counts["output_tokens"][row],
        reasoning_tokens=counts["reasoning_tokens"][row],
        cached_tokens=counts["cached_tokens"][row],
    )


def _failure(kind: Any, message: str, *rest: Any) -> Failure:
    status, retryable, retry_after = rest
    return Failure(
        kind=kind,
        message=text_from_cell(message),
        status=status,
        retryable=bool(retryable),
        retry_after=retry_after,
    )


def _cell(cell: str | None) -> str | None:
    return None if cell is None else text_from_cell(cell)


def _bool(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _equal(ours: Any, theirs: object, kind: type[Any]) -> bool:
    """Return whether two values of a kind are alike; ids of a server's own are looked up last."""
    if not isinstance(theirs, kind):
        return False
    return all(getattr(ours, one.name) == getattr(theirs, one.name) for one in fields(kind))
