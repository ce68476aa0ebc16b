"""The answers of a record in their places: the rows of their calls, and how these were placed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import inf

from arenatest.model.record import Answered, AnswerSlot, Clocks
from arenatest.store.answered import answered_of
from arenatest.store.columns import Numbers
from arenatest.store.places import Grid, Places
from arenatest.store.recorded import Calls

_BITS = 32  # of a number that tell the row; those above tell how it was placed
_ROW = (1 << _BITS) - 1


class PlacedCalls(Places[AnswerSlot, Answered], Clocks):
    """Calls in their places, by slot.

    Args:
        grid: The places of the plan.
        calls: The calls, row by row.
    """

    def __init__(self, grid: Grid[AnswerSlot], calls: Calls) -> None:
        super().__init__(grid, partial(_answered, calls))
        self._calls = calls
        self._clear = bytearray(grid.size)

    def place(self, places: Sequence[int], rows: Sequence[int], hows: Sequence[int]) -> None:
        """Place calls; the latest in a place stays.

        Args:
            places: Of the plan.
            rows: Of the calls.
            hows: How they were placed, each by its place in ``Calls.hows``.
        """
        fresh = [(attempts, reused) == (1, False) for attempts, reused, _ in self._calls.hows]
        clear, ours = self._calls.clear, self._clear
        for place, row, how in zip(places, rows, hows, strict=True):
            ours[place] = clear[row] and fresh[how]
        self.fill(places, [how << _BITS | row for how, row in zip(hows, rows, strict=True)])

    def place_beside(self, slot: AnswerSlot, row: int, how: int) -> None:
        """Place a call where the plan has no place."""
        self.hold(slot, how << _BITS | row)

    def clear_clocks(self, slot: AnswerSlot, repeats: int, clock: str) -> Sequence[float] | None:
        """Return a clock of a place and its next repeats, where all of them are clear."""
        place = self.grid.place(slot)
        if place is None or slot.repeat + repeats > self.grid.depth:
            return None
        if not all(self._clear[place : place + repeats]):
            return None
        column: Numbers = self._calls.column(clock)
        seconds = column.at([number & _ROW for number in self.numbers[place : place + repeats]])
        known = min(seconds, default=-1.0) >= 0.0 and sum(seconds) < inf  # nor is any NaN
        return seconds if known else None

    def stretch(self, slot: AnswerSlot, most: int) -> int | None:
        """Return the number of the stretch of so many places that a slot lies in, if it does."""
        place = self.grid.place(slot)
        return None if place is None else place // most

    def rows(self, stretch: int, most: int) -> Sequence[int]:
        """Return the rows of the calls in a stretch."""
        numbers = self.numbers[stretch * most : (stretch + 1) * most]
        return [number & _ROW for number in numbers if number >= 0]

    def __setitem__(self, slot: AnswerSlot, value: Answered) -> None:
        super().__setitem__(slot, value)
        self._cloud(slot)

    def __delitem__(self, slot: AnswerSlot) -> None:
        super().__delitem__(slot)
        self._cloud(slot)

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        self._clear = bytearray(self.grid.size)

    def _cloud(self, slot: AnswerSlot) -> None:
        if (place := self.grid.place(slot)) is not None:
            self._clear[place] = False


def _answered(calls: Calls, slot: AnswerSlot, number: int) -> Answered:
    return answered_of(calls, number & _ROW, number >> _BITS, slot)
