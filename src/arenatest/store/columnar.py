"""Reads the answers and judgments of a large run into columns, a page of rows at a time.

What is read comes as the database holds it, and is decoded here: names and orders, each once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import compress
from operator import add
from typing import Any, Generic

from sqlalchemy import Connection, select

from arenatest.model.judgment import Order
from arenatest.model.record import JUDGED, TIMED, AnswerSlot, ClockFacts, GameSlot, Ledger
from arenatest.store import said, schema
from arenatest.store.grids import answer_grid, game_grid
from arenatest.store.later import Later
from arenatest.store.placed import PlacedCalls
from arenatest.store.places import Grid, Places, Slot
from arenatest.store.raw import Names, pages, raw
from arenatest.store.recorded import Calls
from arenatest.store.said import Judgments, judgment_of

_PAGE = 900  # rows held beside the ledger, and ids in a statement: SQLite may take 999 variables
_CHAT = 4  # where the id stands in how a call was placed
_ORDERS = {str(order): order for order in Order}


def read_answers(connection: Connection, ledger: Ledger, later: Later, count: int) -> None:
    """Put every placed answer into the ledger.

    Calls are read in the order in which they lie there, and then find their places by their ids:
    to look each of them up would take twice as long.

    Args:
        connection: The store's.
        ledger: Of the run.
        later: Reads what stays in the store.
        count: How many placed answers there are.
    """
    plan = ledger.plan
    clocks = {rule.metric.name for rule in plan.rules if rule.metric.source == "timing"}
    calls, names = Calls(later, plan.finishes, clocks), Names(connection)
    placing = _Placing(answer_grid(plan, count), calls, names)
    table, rows = schema.generation, _Rows(calls, names)
    query = select(*(raw(table.c[name]) for name in calls.columns))
    own = (table.c.run == ledger.run.id, table.c.role.in_(("answer", "timing")), table.c.final)
    for page in pages(connection, query.where(*own), _PAGE):
        rows.add(page)
    for page in _placed(connection, ledger.run.id):
        # of other calls, such as what an earlier run bought
        if elsewhere := {row[_CHAT] for row in page if row[_CHAT] not in rows.known}:
            for found in pages(connection, query.where(raw(table.c.chat_id).in_(elsewhere)), _PAGE):
                rows.add(found)
        placing.place(page, rows)
    ledger.answers, ledger.timings = placing.answers, placing.timings
    calls.settle(placing.answers)
    if ledger.run.finished is None:  # it may go on, on an event loop that must not wait for a look
        calls.complete()
    if not plan.finishes.failing:  # else more may come to be failures
        ledger.facts = placing.facts


def read_judgments(connection: Connection, ledger: Ledger, later: Later, count: int) -> None:
    """Put every judgment into the ledger; arguments as above."""
    table, names = schema.judgment, Names(connection)
    name = names.__getitem__
    decode = (*(name, name, _same, name, _same), lambda order: _ORDERS[names[order]])
    grid = game_grid(ledger.plan, count)
    judgments = Judgments(later, ledger.run, ledger.plan, grid, name)
    ledger.judgments = places = Places(grid, partial(judgment_of, judgments))
    finder = _Finder(grid, decode)
    columns = [table.c[name] for name in (*GameSlot._fields, *said.COLUMNS)]
    query = select(*map(raw, columns)).where(table.c.run == ledger.run.id)
    for page in pages(connection, query, _PAGE):
        parts = [*zip(*page, strict=True)]
        slots, kinds = parts[: len(GameSlot._fields)], parts[len(GameSlot._fields) :]
        numbers = judgments.numbers(kinds)
        at = finder.places(slots)
        if None in at:
            for place, number, *slot in zip(at, numbers, *slots, strict=True):
                if place is None:
                    places.hold(finder.slot(slot), number)
            known = [place is not None for place in at]
            at, numbers = [*compress(at, known)], [*compress(numbers, known)]
        places.fill(at, numbers)


class _Rows:
    """The rows of calls by their ids, as the database holds these."""

    def __init__(self, calls: Calls, names: Names) -> None:
        self._calls, self._names = calls, names
        self.known: dict[Any, int] = {}

    def add(self, page: Sequence[Sequence[Any]]) -> None:
        """Take calls."""
        if page:
            rows = range(len(self._calls), len(self._calls) + len(page))
            self.known.update(
                zip(self._calls.add(page, self._names.__getitem__), rows, strict=True)
            )


class _Placing:
    """Puts calls into their places."""

    def __init__(self, grid: Grid[AnswerSlot], calls: Calls, names: Names) -> None:
        decode = (names.__getitem__, names.__getitem__, _same)
        self._calls, self._names, self._finder = calls, names, _Finder(grid, decode)
        self._hows: dict[tuple[Any, ...], int] = {}
        self.answers, self.timings = PlacedCalls(grid, calls), PlacedCalls(grid, calls)

    def place(self, page: Sequence[Sequence[Any]], rows: _Rows) -> None:
        """Place calls, in the order of their rows; what is not known is gone."""
        found = [*map(rows.known.get, [row[_CHAT] for row in page])]
        if None in found:
            page = [row for row, at in zip(page, found, strict=True) if at is not None]
            found = [at for at in found if at is not None]
        if page:
            self._place(page, found)

    def _place(self, page: Sequence[Sequence[Any]], rows: Sequence[Any]) -> None:
        *slots, purposes, _, attempts, reused, levels = zip(*page, strict=True)
        at = self._finder.places(slots)
        hows = self._how([*zip(attempts, reused, levels, strict=True)])
        for wanted, places in ((JUDGED, self.answers), (TIMED, self.timings)):
            mine = {one for one in {*purposes} if self._names[one] in wanted}
            chosen = [*map(mine.__contains__, purposes)]
            if None in at:
                for *slot, place, row, how in compress(
                    zip(*slots, at, rows, hows, strict=True), chosen
                ):
                    if place is None:
                        places.place_beside(self._finder.slot(slot), row, how)
                chosen = [yes and one is not None for yes, one in zip(chosen, at, strict=True)]
            places.place(*([*compress(column, chosen)] for column in (at, rows, hows)))

    def _how(self, hows: Sequence[tuple[Any, ...]]) -> list[int]:
        for attempts, reused, level in {*hows} - self._hows.keys():
            self._hows[attempts, reused, level] = len(self._calls.hows)
            self._calls.hows.append((attempts, bool(reused), self._names[level] or ""))
        return [self._hows[how] for how in hows]

    @property
    def facts(self) -> ClockFacts:
        """What is known of all clocks at once."""
        calls = self._calls
        again = any(attempts != 1 for attempts, _, _ in calls.hows)
        return ClockFacts(
            largest_lag=calls.largest_lag,
            lost=again or bool(calls.failures) or calls.silent > 0,
        )


class _Finder(Generic[Slot]):
    """Finds the places of rows: of each part of a slot it is known what it adds.

    Args:
        grid: The places.
        decode: Makes each part of a slot of what the database holds.
    """

    def __init__(self, grid: Grid[Slot], decode: Sequence[Callable[[Any], Any]]) -> None:
        self._grid, self._decode = grid, decode
        self._of_whom, self._rest = _Steps(grid, 0, decode[:2]), _Steps(grid, 2, decode[2:])

    def places(self, parts: Sequence[Sequence[Any]]) -> list[Any]:
        """Return the places of slots, given as a column of each part; None for strays."""
        whom, rest = zip(*parts[:2], strict=True), zip(*parts[2:], strict=True)
        steps = map(self._of_whom.__getitem__, whom), map(self._rest.__getitem__, rest)
        try:
            return [*map(add, *steps)]
        except KeyError:
            return [self._grid.place(self.slot(slot)) for slot in zip(*parts, strict=True)]

    def slot(self, cells: Iterable[Any]) -> Slot:
        """Return a slot of what the database holds of it."""
        return self._grid.slot(
            decode(cell) for decode, cell in zip(self._decode, cells, strict=True)
        )


class _Steps(dict[tuple[Any, ...], int]):
    """What parts of slots add to the numbers of their places, by how the database holds them."""

    def __init__(self, grid: Grid[Any], first: int, decode: Sequence[Callable[[Any], Any]]) -> None:
        super().__init__()
        self._grid, self._first, self._decode = grid, first, decode

    def __missing__(self, cells: tuple[Any, ...]) -> int:
        parts = [decode(cell) for decode, cell in zip(self._decode, cells, strict=True)]
        self[cells] = steps = self._grid.steps(self._first, parts)
        return steps


def _same(part: Any) -> Any:
    return part


def _placed(connection: Connection, run_id: str) -> Iterator[Sequence[Any]]:
    """Yield how calls are placed: at last those for one purpose, for these count."""
    table = schema.placed_answer
    both = table.c.purpose == "both"
    slot = [table.c[name] for name in (*AnswerSlot._fields, "purpose")]
    how = [table.c[name] for name in ("chat_id", "attempts", "reused", "level")]
    query = select(*map(raw, slot + how)).where(table.c.run == run_id)
    for chosen in (both, ~both):
        yield from pages(connection, query.where(chosen), _PAGE)
