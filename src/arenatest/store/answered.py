"""The values that are made of a row of calls when somebody asks: each equals what was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from arenatest.model.answer import Answer, Timing, Usage
from arenatest.model.record import Answered, AnswerSlot
from arenatest.store.recorded import Calls


def _column(name: str) -> Any:
    return property(lambda self: self._calls.column(name)[self._row])


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
        return equal(self, other, Answered)

    def __reduce__(self) -> Any:
        """Return a whole value where this one is copied, or sent elsewhere."""
        return reduced(self, Answered)

    __hash__ = Answered.__hash__
    answer: Any = property(lambda self: _answer(self._calls, self._row, self._slot))
    chat_id: Any = property(lambda self: self._calls.ids[self._row])
    attempts: Any = property(lambda self: self._calls.hows[self._how][0])
    reused: Any = property(lambda self: self._calls.hows[self._how][1])
    level: Any = property(lambda self: self._calls.hows[self._how][2])
    cost: Any = _column("cost")
    started: Any = _column("started")


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
        return equal(self, other, Answer)

    def __reduce__(self) -> Any:
        """Return a whole value, as above."""
        return reduced(self, Answer)

    __hash__ = Answer.__hash__
    text: Any = property(lambda self: self._calls.text(self._row, self._slot))
    reasoning: Any = property(lambda self: self._calls.told(self._row, self._slot).reasoning)
    finish: Any = property(lambda self: self._calls.words[self._row][0])
    model: Any = _column("model")
    usage: Any = property(lambda self: _usage(self._calls, self._row))
    timing: Any = property(lambda self: _timing(self._calls, self._row))
    failure: Any = property(lambda self: self._calls.failure(self._row))
    request_id: Any = property(lambda self: self._calls.told(self._row, self._slot).request_id)
    response_id: Any = None
    length: Any = property(lambda self: self._calls.length(self._row, self._slot))
    silent: Any = property(lambda self: self._calls.said[self._row] is None)

    def says(self, other: Answer) -> bool:
        """Return whether both texts are equal; of two rows their numbers are compared."""
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
        return equal(self, other, Timing)

    def __reduce__(self) -> Any:
        """Return a whole value, as above."""
        return reduced(self, Timing)

    __hash__ = Timing.__hash__
    source: Any = property(lambda self: self._calls.words[self._row][1])
    connection_reused: Any = property(lambda self: _bool(self._calls.words[self._row][2]))
    reads: Any = _column("reads")
    ttfb: Any = None
    gaps: Any = ()
    queue_wait: Any = _column("queue_wait")
    held: Any = _column("held")
    connect: Any = _column("connect")
    ttft: Any = _column("ttft")
    ttfat: Any = _column("ttfat")
    tpot: Any = _column("tpot")
    e2e: Any = _column("e2e")
    wall: Any = _column("wall")
    icl: Any = _column("icl")
    lag: Any = _column("lag")
    stream_lag: Any = _column("stream_lag")
    server: Any = _column("server")
    load: Any = _column("load")
    server_queue: Any = _column("server_queue")


def answered_of(calls: Calls, row: int, how: int, slot: AnswerSlot) -> Answered:
    """Return the answer of a row, placed in a slot."""
    value: RowAnswered = object.__new__(RowAnswered)
    object.__setattr__(value, "_calls", calls)
    object.__setattr__(value, "_row", row)
    object.__setattr__(value, "_how", how)
    object.__setattr__(value, "_slot", slot)
    return value


def equal(ours: Any, theirs: object, kind: type[Any]) -> bool:
    """Return whether two values of a kind are alike; ids of a server's own are looked up last."""
    if not isinstance(theirs, kind):
        return False
    return all(getattr(ours, one.name) == getattr(theirs, one.name) for one in fields(kind))


def reduced(value: Any, kind: type[Any]) -> tuple[Any, ...]:
    """Return how ``copy`` and ``pickle`` are to make a value again: whole, without a store."""
    return _made, (kind, {one.name: getattr(value, one.name) for one in fields(kind)})


def _made(kind: type[Any], values: Mapping[str, Any]) -> Any:
    return kind(**values)


def _answer(calls: Calls, row: int, slot: AnswerSlot) -> Answer:
    value: RowAnswer = object.__new__(RowAnswer)
    object.__setattr__(value, "_calls", calls)
    object.__setattr__(value, "_row", row)
    object.__setattr__(value, "_slot", slot)
    return value


def _timing(calls: Calls, row: int) -> Timing | None:
    if calls.words[row][1] is None:
        return None
    value: RowTiming = object.__new__(RowTiming)
    object.__setattr__(value, "_calls", calls)
    object.__setattr__(value, "_row", row)
    return value


def _usage(calls: Calls, row: int) -> Usage | None:
    if not calls.column("has_usage")[row]:
        return None
    return Usage(
        input_tokens=calls.column("input_tokens")[row],
        output_tokens=calls.column("output_tokens")[row],
        reasoning_tokens=calls.column("reasoning_tokens")[row],
        cached_tokens=calls.column("cached_tokens")[row],
    )


def _bool(value: int | None) -> bool | None:
    return None if value is None else bool(value)
