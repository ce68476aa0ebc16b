"""The calls of a record in columns, and the values that are made of a row when somebody asks.

A value of a row equals the one that was recorded, and takes a tenth of its bytes: the columns.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Sequence
from dataclasses import fields
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar
from weakref import ref

from sqlalchemy import Engine, select

from arenatest.model.answer import Answer, Failure, Timing, Usage
from arenatest.model.finish import Finishes
from arenatest.model.latency import LAG
from arenatest.model.record import Answered, AnswerSlot
from arenatest.store import schema
from arenatest.store.codec import text_from_cell
from arenatest.store.columns import Counts, Digests, Ids, Kinds, Numbers
from arenatest.store.joined import REASONING, REASONINGS, text_of
from arenatest.store.texts import PAGE, Pages

Value = TypeVar("Value")

_WORDS = ("finish", "model", "timing", "connection_reused", "has_usage")
_FAILURE = (
    *("failure", "failure_message", "failure_status", "failure_retryable", "failure_retry_after"),
)
_NUMBERS = (
    *("cost", "started", "queue_wait", "connect", "ttft", "ttfat", "tpot", "e2e", "wall", "icl"),
    *("held", "lag", "stream_lag", "server", "server_queue", "load"),
)
_COUNTS = ("input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens", "reads")

COLUMNS = ("chat_id", "text", *_WORDS, *_FAILURE, *_NUMBERS, *_COUNTS)
"""What :meth:`Calls.add` takes of each call, in order and as the database holds it."""

_UNKNOWN_LENGTH = -1
_SOURCE, _OPEN = _WORDS.index("timing"), _WORDS.index("connection_reused")


class Told(NamedTuple):
    """What is for a look at one call."""

    reasoning: str = ""
    request_id: str | None = None


class Neighbours(Protocol):
    """Knows which calls are probably asked for together."""

    def stretch(self, slot: AnswerSlot, most: int) -> int | None:
        """Return the number of the stretch of so many places that a slot lies in, if it does."""

    def rows(self, stretch: int, most: int) -> Sequence[int]:
        """Return the rows of the calls in a stretch."""


class Calls:
    """The calls of a record, row by row.

    Args:
        engine: Of the store, for what is read when somebody asks.
        finishes: What the plan makes of ends of answers.

    Attributes:
        hows: How calls were placed: at which attempt, whether reused, and from which level.
        silent: How many said nothing.
        clear: Of each row, whether the call itself leaves its clocks clear: see ``Clocks``.
    """

    def __init__(self, engine: Engine, finishes: Finishes) -> None:
        self._engine, self._finishes = engine, finishes
        self.ids = Ids()
        self.words: Kinds[tuple[Any, ...]] = Kinds()
        self.failures: dict[int, Failure] = {}
        self.numbers = {name: Numbers() for name in _NUMBERS}
        self.counts = {name: Counts() for name in _COUNTS}
        self.said = Digests()
        self.hows: list[tuple[int, bool, str]] = []
        self.clear = bytearray()
        self.silent = 0
        self._lengths: array[int] = array("i")
        self._texts: Pages[int, str] = Pages()
        self._tellings: Pages[int, Told] = Pages()
        self._neighbours: ref[Neighbours] | None = None

    def __len__(self) -> int:
        return len(self._lengths)

    def add(self, rows: Sequence[Sequence[Any]]) -> Sequence[str]:
        """Take calls, of each its ``COLUMNS``; return their ids as the database holds them."""
        chats, said, *columns = zip(*rows, strict=True)
        self.ids.extend(chats)
        self.said.extend(said)
        words = [*zip(*columns[: len(_WORDS)], strict=True)]
        self.words.extend(words)
        failures = columns[len(_WORDS) : len(_WORDS) + len(_FAILURE)]
        failed = self._failed(columns[0], failures)
        self.failures.update(failed)
        kept: list[Any] = [*self.numbers.values(), *self.counts.values()]
        for column, values in zip(kept, columns[len(_WORDS) + len(_FAILURE) :], strict=True):
            column.extend(values)
        self._clear(said, columns[_SOURCE], columns[_OPEN], failed)
        self.silent += said.count(None)
        self._lengths.extend([_UNKNOWN_LENGTH] * len(rows))
        return chats

    def settle(self, neighbours: Neighbours) -> None:
        """Learn which texts are asked for together."""
        self._neighbours = ref(neighbours)  # a circle would be freed late

    def text(self, row: int, slot: AnswerSlot) -> str:
        """Return what the call in a place said; it is read from the store."""
        return "" if self.said.lacks(row) else self._paged(self._texts, row, slot, self._read_texts)

    def told(self, row: int, slot: AnswerSlot) -> Told:
        """Return what else is known of it, likewise."""
        return self._paged(self._tellings, row, slot, self._read_tellings)

    def _paged(
        self,
        pages: Pages[int, Value],
        row: int,
        slot: AnswerSlot,
        read: Callable[[Sequence[int]], dict[int, Value]],
    ) -> Value:
        """Return what belongs to a row, from the page of its neighbours if it is on it."""
        neighbours = None if self._neighbours is None else self._neighbours()
        stretch = None if neighbours is None else neighbours.stretch(slot, PAGE)
        if neighbours is not None and stretch is not None:
            rows = partial(neighbours.rows, stretch, PAGE)
            found = pages.of(stretch, row, lambda: read(rows()))
            if found is not None:
                return found
        return pages.of(-1 - row, row, lambda: read([row]))  # type: ignore[return-value]  # it is

    def _read_texts(self, rows: Sequence[int]) -> dict[int, str]:
        digests = {row: self.said[row] for row in rows}
        table = schema.text
        wanted = sorted({digest for digest in digests.values() if digest})
        query = select(table.c.sha, table.c.compressed, table.c.body).where(table.c.sha.in_(wanted))
        with self._engine.connect() as connection:
            found = {bytes(sha): text_of(*text) for sha, *text in connection.execute(query)}
        return {row: found.get(digest or b"", "") for row, digest in digests.items()}

    def _read_tellings(self, rows: Sequence[int]) -> dict[int, Told]:
        table = schema.generation
        of_ids = {self.ids[row]: row for row in rows}
        query = select(table.c.chat_id, table.c.request_id, *REASONING).select_from(REASONINGS)
        with self._engine.connect() as connection:
            found = connection.execute(query.where(table.c.chat_id.in_(of_ids)))
            known = {
                of_ids[chat_id]: Told(text_of(*text), request_id)
                for chat_id, request_id, *text in found
            }
        return dict.fromkeys(rows, Told()) | known

    def length(self, row: int, slot: AnswerSlot) -> int:
        """Return how many characters a call said; they are counted once."""
        length = self._lengths[row]
        if length == _UNKNOWN_LENGTH:
            length = self._lengths[row] = len(self.text(row, slot))
        return length

    def _clear(
        self,
        said: Sequence[Any],
        sources: Sequence[Any],
        reused: Sequence[Any],
        failed: Collection[int],
    ) -> None:
        start = len(self.clear)
        lags = (self.numbers[name].since(start) for name in ("lag", "stream_lag"))
        self.clear += bytes(
            text is not None
            and source == "measured"
            and (open_ is None or bool(open_))
            and not (lag > LAG or stream_lag > LAG)  # which NaN, for unknown, is not either
            for text, source, open_, lag, stream_lag in zip(
                said, sources, reused, *lags, strict=True
            )
        )
        for row in failed:
            self.clear[row] = False

    def _failed(
        self, finishes: Sequence[Any], failures: Sequence[Sequence[Any]]
    ) -> dict[int, Failure]:
        """Return the failures of the next rows, and the ends that the plan calls so."""
        found: dict[int, Failure] = {}
        ended = {finish: self._ended(finish) for finish in {*finishes} - {"stop"}}
        if any(ended.values()):
            for row, finish in enumerate(finishes, start=len(self)):
                if (failure := ended.get(finish)) is not None:
                    found[row] = failure
        if any(kind is not None for kind in failures[0]):
            for row, failed in enumerate(zip(*failures, strict=True), start=len(self)):
                if failed[0] is not None:
                    found[row] = _failure(*failed)
        return found

    @property
    def largest_lag(self) -> float:
        """No call came while our own event loop lagged by more: seconds."""
        return max(self.numbers[name].largest for name in ("lag", "stream_lag"))

    def _ended(self, finish: str | None) -> Failure | None:
        """Return the failure that the plan makes of an end, if it does."""
        return self._finishes.taken(Answer(finish=finish)).failure


def _clock(name: str) -> Any:
    return property(lambda self: self._calls.numbers[name][self._row])


class RowAnswered(Answered):
    """The placed answer of a row."""

    __slots__ = ("_calls", "_how", "_row", "_slot")
    _calls: Calls
    _row: int
    _how: int
    _slot: AnswerSlot

    def __new__(cls, **changed: Any) -> Any:
        """Return a whole value where one is made of this one by ``dataclasses.replace``."""
        return Answered(**changed)

    def __eq__(self, other: object) -> bool:
        return _equal(self, other, Answered)

    __hash__ = Answered.__hash__
    answer: Any = property(lambda self: _answer(self._calls, self._row, self._slot))
    chat_id: Any = property(lambda self: self._calls.ids[self._row])
    attempts: Any = property(lambda self: self._calls.hows[self._how][0])
    reused: Any = property(lambda self: self._calls.hows[self._how][1])
    level: Any = property(lambda self: self._calls.hows[self._how][2])
    cost: Any = property(lambda self: self._calls.numbers["cost"][self._row])
    started: Any = property(lambda self: self._calls.numbers["started"][self._row])


class RowAnswer(Answer):
    """The answer of a row."""

    __slots__ = ("_calls", "_row", "_slot")
    _calls: Calls
    _row: int
    _slot: AnswerSlot

    def __new__(cls, **changed: Any) -> Any:
        """Return a whole value, as above."""
        return Answer(**changed)

    def __eq__(self, other: object) -> bool:
        return _equal(self, other, Answer)

    __hash__ = Answer.__hash__
    text: Any = property(lambda self: self._calls.text(self._row, self._slot))
    reasoning: Any = property(lambda self: self._calls.told(self._row, self._slot).reasoning)
    finish: Any = property(lambda self: _cell(self._calls.words[self._row][0]))
    model: Any = property(lambda self: _cell(self._calls.words[self._row][1]))
    usage: Any = property(lambda self: _usage(self._calls, self._row))
    timing: Any = property(lambda self: _timing(self._calls, self._row))
    failure: Any = property(lambda self: self._calls.failures.get(self._row))
    request_id: Any = property(lambda self: self._calls.told(self._row, self._slot).request_id)
    response_id: Any = None
    length: Any = property(lambda self: self._calls.length(self._row, self._slot))
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


def answered_of(calls: Calls, row: int, how: int, slot: AnswerSlot) -> Answered:
    """Return the answer of a row, placed in a slot."""
    value: RowAnswered = object.__new__(RowAnswered)
    object.__setattr__(value, "_calls", calls)
    object.__setattr__(value, "_row", row)
    object.__setattr__(value, "_how", how)
    object.__setattr__(value, "_slot", slot)
    return value


def _answer(calls: Calls, row: int, slot: AnswerSlot) -> Answer:
    value: RowAnswer = object.__new__(RowAnswer)
    object.__setattr__(value, "_calls", calls)
    object.__setattr__(value, "_row", row)
    object.__setattr__(value, "_slot", slot)
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
