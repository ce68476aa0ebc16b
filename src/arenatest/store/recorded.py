"""The calls of a record in columns: a tenth of the bytes that whole values take."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar
from weakref import ref

from sqlalchemy import Connection, select

from arenatest.model.answer import Answer, Failure
from arenatest.model.finish import Finishes
from arenatest.model.latency import LAG
from arenatest.model.microseconds import A_SECOND
from arenatest.model.record import AnswerSlot
from arenatest.store import schema
from arenatest.store.columns import Counts, Ids, Kinds, Numbers
from arenatest.store.joined import REASONING, REASONINGS, text_of
from arenatest.store.later import Later
from arenatest.store.texts import PAGE, Pages

Value = TypeVar("Value")

_CLOCKS = (
    *("queue_wait", "held", "connect", "ttft", "ttfat", "tpot", "e2e", "wall", "icl"),
    *("lag", "stream_lag", "server", "server_queue", "load"),
)
_OF_LAG = ("lag", "stream_lag")
_COUNTS = ("input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens", "reads")
_REST = {
    **dict.fromkeys(("model", "has_usage"), Kinds),
    **dict.fromkeys(("cost", "started", *_CLOCKS), Numbers),
    **dict.fromkeys(_COUNTS, Counts),
}
_OF_FAILURES = (
    *("failure", "failure_message", "failure_status", "failure_retryable", "failure_retry_after"),
)
_UNKNOWN_LENGTH = -1
_AT_ONCE = 500  # calls that one query names


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

    What gates ask for is read at once; the rest when somebody asks for any of it.

    Args:
        later: Reads what stays in the store, when somebody asks.
        finishes: What the plan makes of ends of answers.
        clocks: Those that its gates look at.

    Attributes:
        columns: What :meth:`add` takes of each call, in order and as the database holds it.
        hows: How calls were placed: at which attempt, whether reused, and from which level.
        failures: Failures by row; of what is not read yet, the kind alone.
        silent: How many said nothing.
        clear: Of each row, whether the call itself leaves its clocks clear: see ``Clocks``.
    """

    def __init__(self, later: Later, finishes: Finishes, clocks: Collection[str] = ()) -> None:
        self._later, self._finishes = later, finishes
        wanted = [name for name in _CLOCKS if name in clocks or name in _OF_LAG]
        self.columns = (
            *("chat_id", "text", "finish", "timing", "connection_reused", "failure", *wanted),
        )
        self.ids, self.said = Ids(), Counts()
        self.words: Kinds[tuple[Any, ...]] = Kinds()
        self.hows: list[tuple[int, bool, str]] = []
        self.failures: dict[int, Failure | Any] = {}
        self.clear = bytearray()
        self.silent = 0
        self._columns: dict[str, Any] = {name: Numbers() for name in wanted}
        self._lengths: array[int] = array("i")
        self._texts: Pages[int, str] = Pages()
        self._tellings: Pages[int, Told] = Pages()
        self._neighbours: ref[Neighbours] | None = None

    def __len__(self) -> int:
        return len(self._lengths)

    def add(self, rows: Sequence[Sequence[Any]], name_of: Callable[[Any], Any]) -> Sequence[bytes]:
        """Take calls by their ``columns``; return their ids as the database holds them.

        Args:
            rows: Of the calls.
            name_of: Returns a name by its number.
        """
        chats, said, *named = zip(*rows, strict=True)
        ends, timings, reused, failures, *clocks = named
        finishes, sources, kinds = ([*map(name_of, one)] for one in (ends, timings, failures))
        for name, counts in zip(self.columns[-len(clocks) :], clocks, strict=True):
            self._columns[name].extend(
                [None if count is None else count / A_SECOND for count in counts]
            )
        self.words.extend(zip(finishes, sources, reused, strict=True))
        self.ids.extend(chats)
        self.said.extend(said)
        failed = self._failed(finishes, kinds)
        self.failures.update(failed)
        self._clear(said, sources, reused, failed)
        self.silent += said.count(None)
        self._lengths.extend([_UNKNOWN_LENGTH] * len(rows))
        return chats

    def column(self, name: str) -> Any:
        """Return a column of ``generation`` by its name."""
        if name not in self._columns:
            self._columns |= self._read_rest()
        return self._columns[name]

    def failure(self, row: int) -> Failure | None:
        """Return why a call gave no answer, if so."""
        found = self.failures.get(row)
        if found is not None and not isinstance(found, Failure):
            self._read_failures()
            return self.failures[row]
        return found

    def settle(self, neighbours: Neighbours) -> None:
        """Learn which texts are asked for together."""
        self._neighbours = ref(neighbours)  # a circle would be freed late

    def complete(self) -> None:
        """Read all that is not read yet, but for texts."""
        self._columns |= self._read_rest()
        self._read_failures()

    def text(self, row: int, slot: AnswerSlot) -> str:
        """Return what the call in a place said; it is read from the store."""
        if self.said[row] is None:
            return ""
        return self._paged(self._texts, row, slot, self._read_texts)

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
        numbers = {row: self.said[row] for row in rows}
        table = schema.text
        wanted = sorted({number for number in numbers.values() if number is not None})
        columns = (table.c.number, table.c.compressed, table.c.body)
        query = select(*columns).where(table.c.number.in_(wanted))

        def read(connection: Connection) -> dict[int | None, str]:
            return {number: text_of(*text) for number, *text in connection.execute(query)}

        found = self._later.read(read)
        return {row: found.get(number, "") for row, number in numbers.items()}

    def _read_tellings(self, rows: Sequence[int]) -> dict[int, Told]:
        columns = (schema.generation.c.request_id, *REASONING)
        found = self._of_calls(rows, columns, REASONINGS)
        known = {row: Told(text_of(*text), told) for row, (told, *text) in found.items()}
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
        lags = (self._columns[name].since(start) for name in _OF_LAG)
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

    def _failed(self, finishes: Sequence[Any], kinds: Sequence[Any]) -> dict[int, Any]:
        """Return the failures of the next rows, and the ends that the plan calls so."""
        found: dict[int, Any] = {}
        ended = {finish: self._ended(finish) for finish in {*finishes} - {"stop"}}
        if any(ended.values()):
            for row, finish in enumerate(finishes, start=len(self)):
                if (failure := ended.get(finish)) is not None:
                    found[row] = failure
        if kinds.count(None) < len(kinds):
            known = enumerate(kinds, start=len(self))
            found |= {row: kind for row, kind in known if kind is not None}
        return found

    def _read_rest(self) -> dict[str, Any]:
        """Read what is not read yet of every call: by ids, so that each finds its row."""
        names = [name for name in _REST if name not in self._columns]
        columns: dict[str, Any] = {name: _REST[name]() for name in names}
        for rows in _pages(range(len(self))):
            found = self._of_calls(rows, [schema.generation.c[name] for name in names])
            unknown = (None,) * len(names)  # of a call that is gone
            page = zip(*(found.get(row, unknown) for row in rows), strict=True)
            for column, values in zip(columns.values(), page, strict=True):
                column.extend(values)
        return columns

    def _read_failures(self) -> None:
        columns = [schema.generation.c[name] for name in _OF_FAILURES]
        left = [row for row, found in self.failures.items() if not isinstance(found, Failure)]
        for rows in _pages(left):
            found = self._of_calls(rows, columns)
            for row in rows:
                kind, message, status, retryable, after = found.get(
                    row, (self.failures[row], "", None, False, None)
                )
                self.failures[row] = Failure(
                    kind=kind,
                    message=message,
                    status=status,
                    retryable=retryable,
                    retry_after=after,
                )

    def _of_calls(
        self, rows: Sequence[int], columns: Sequence[Any], source: Any = schema.generation
    ) -> dict[int, Any]:
        """Read some columns of some calls; those that are gone are left out."""
        chat_id = schema.generation.c.chat_id
        of_ids = {self.ids[row]: row for row in rows}
        query = select(chat_id, *columns).select_from(source).where(chat_id.in_(of_ids))

        def read(connection: Connection) -> dict[int, Any]:
            return {of_ids[found[0]]: found[1:] for found in connection.execute(query)}

        return self._later.read(read)

    @property
    def largest_lag(self) -> float:
        """No call came while our own event loop lagged by more: seconds."""
        lags: list[float] = [self._columns[name].largest for name in _OF_LAG]
        return max(lags)

    def _ended(self, finish: str | None) -> Failure | None:
        """Return the failure that the plan makes of an end, if it does."""
        return self._finishes.taken(Answer(finish=finish)).failure


def _pages(rows: Sequence[int]) -> Iterator[Sequence[int]]:
    return (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))
