"""Where the rows of a record stand in a plan: mappings by slot that hold a few bytes a place."""

from __future__ import annotations

from array import array
from collections.abc import (
    Callable,
    ItemsView,
    Iterator,
    MutableMapping,
    Sequence,
    ValuesView,
)
from itertools import product
from math import prod
from operator import getitem
from typing import Any, Generic, TypeVar

Slot = TypeVar("Slot", bound="tuple[Any, ...]")
Value = TypeVar("Value")

_NO_ROW, _HELD = -1, -2
_LOOSEST = 50  # places for each that is taken: a dictionary would be as large


class Grid(Generic[Slot]):
    """Numbers the places of a plan, in the order in which its slots are walked through.

    Args:
        slot: Makes a slot of its parts.
        axes: What each part of a slot may be.
        taken: How many places are taken, about; where these are few of many, none is numbered.
    """

    def __init__(
        self, slot: Callable[..., Slot], axes: Sequence[Sequence[Any]], taken: int
    ) -> None:
        sparse = not 0 < prod(map(len, axes)) <= _LOOSEST * taken
        self._slot = slot
        self._axes: list[list[Any]] = [[] if sparse else list(dict.fromkeys(axis)) for axis in axes]
        self._steps: list[dict[Any, int]] = []
        self.size = 1
        for axis in reversed(self._axes):
            self._steps.insert(0, {value: self.size * at for at, value in enumerate(axis)})
            self.size *= len(axis)

    def place(self, slot: Any) -> int | None:
        """Return the number of a slot; None for one that the plan does not have."""
        try:
            return sum(map(getitem, self._steps, slot))
        except KeyError:
            return None

    def slots(self) -> Iterator[Slot]:
        """Yield all slots in their order."""
        make = self._slot
        return (make(*parts) for parts in product(*self._axes))


class Places(MutableMapping[Slot, Value]):
    """A mapping by slot onto the rows of a record.

    It is iterated in the order of the plan, whatever the order in which rows came. What is put into
    it afterwards is held as it is.

    Args:
        grid: The places of the plan.
        value: Makes the value of a row.
    """

    def __init__(self, grid: Grid[Slot], value: Callable[[int], Value]) -> None:
        self._grid, self._value = grid, value
        self._rows = array("i", [_NO_ROW]) * grid.size
        self._of_rows = array("i")
        self._held: dict[Slot, Value] = {}
        self._placed = 0  # of the plan's places, those that are taken

    def put(self, slot: Slot, row: int) -> None:
        """Place a row, later ones later; no place is given twice."""
        place = self._grid.place(slot)
        missing = row + 1 - len(self._of_rows)
        self._of_rows.extend([_NO_ROW] * missing)
        if place is not None:
            self._of_rows[row] = place
        if place is None:
            self._held[slot] = self._value(row)
        else:
            self._placed += 1
            self._rows[place] = row

    def near(self, row: int, most: int) -> tuple[int, Sequence[int]]:
        """Return the number of a stretch of so many places that holds a row, and its rows."""
        place = self._placed_at(row)
        if place == _NO_ROW:  # it stands nowhere in the plan
            start = row - row % most
            strays = range(start, start + most)
            return -1 - start, [one for one in strays if one == row or self._is_stray(one)]
        number = place // most
        stretch = self._rows[number * most : (number + 1) * most]
        return number, [one for one in stretch if one >= 0]

    def _placed_at(self, row: int) -> int:
        """Return where a row still stands; ``_NO_ROW`` for one that does not."""
        place = self._of_rows[row] if row < len(self._of_rows) else _NO_ROW
        return place if place >= 0 and self._rows[place] == row else _NO_ROW

    def _is_stray(self, row: int) -> bool:
        return row < len(self._of_rows) and self._of_rows[row] == _NO_ROW

    def __getitem__(self, slot: Slot) -> Value:
        place = self._grid.place(slot)
        row = _HELD if place is None else self._rows[place]
        if row >= 0:
            return self._value(row)
        return self._held[slot]

    def get(self, slot: Slot, default: Any = None) -> Any:
        """Return the value of a slot: the way that everything is asked for."""
        place = self._grid.place(slot)
        row = _HELD if place is None else self._rows[place]
        if row >= 0:
            return self._value(row)
        return self._held.get(slot, default)

    def __contains__(self, slot: object) -> bool:
        place = self._grid.place(slot)
        return slot in self._held if place is None else self._rows[place] != _NO_ROW

    def __setitem__(self, slot: Slot, value: Value) -> None:
        place = self._grid.place(slot)
        if place is not None:
            self._placed += self._rows[place] == _NO_ROW
            self._rows[place] = _HELD
        self._held[slot] = value

    def __delitem__(self, slot: Slot) -> None:
        if slot not in self:
            raise KeyError(slot)
        place = self._grid.place(slot)
        if place is not None:
            self._placed -= 1
            self._rows[place] = _NO_ROW
        self._held.pop(slot, None)

    def __iter__(self) -> Iterator[Slot]:
        return (slot for slot, _ in self._pairs())

    def __len__(self) -> int:
        return self._placed + sum(self._grid.place(slot) is None for slot in self._held)

    def items(self) -> ItemsView[Slot, Value]:
        """Return the slots with their values, without a look for each."""
        return _Items(self)

    def values(self) -> ValuesView[Value]:
        """Return the values, likewise."""
        return _Values(self)

    def pairs(self) -> Iterator[tuple[Slot, Value]]:
        """Yield the slots with their values."""
        value, held = self._value, self._held
        return ((slot, held[slot] if row == _HELD else value(row)) for slot, row in self._pairs())

    def clear(self) -> None:
        """Forget everything."""
        self._rows = array("i", [_NO_ROW]) * self._grid.size
        self._held.clear()
        self._placed = 0

    def _pairs(self) -> Iterator[tuple[Slot, int]]:
        for slot, row in zip(self._grid.slots(), self._rows, strict=True):
            if row != _NO_ROW:
                yield slot, row
        yield from ((slot, _HELD) for slot in self._held if self._grid.place(slot) is None)


class _Items(ItemsView[Slot, Value]):
    _mapping: Places[Slot, Value]

    def __iter__(self) -> Iterator[tuple[Slot, Value]]:
        return self._mapping.pairs()


class _Values(ValuesView[Value]):
    _mapping: Places[Any, Value]

    def __iter__(self) -> Iterator[Value]:
        return (value for _, value in self._mapping.pairs())
