"""Where the rows of a record stand in a plan: mappings by slot that hold a few bytes a place."""

from __future__ import annotations

from array import array
from collections.abc import (
    Callable,
    ItemsView,
    Iterable,
    Iterator,
    MutableMapping,
    Sequence,
    ValuesView,
)
from itertools import product, starmap
from math import prod
from operator import getitem
from typing import Any, Generic, TypeVar

Slot = TypeVar("Slot", bound="tuple[Any, ...]")
Value = TypeVar("Value")

NOTHING, _HELD = -1, -2
_LOOSEST = 50  # places for each that is taken: a dictionary would be as large


class Grid(Generic[Slot]):
    """Numbers the places of a plan, in the order in which its slots are walked through.

    Args:
        slot: Makes a slot of its parts.
        axes: What each part of a slot may be: of whom, on which prompt, and the rest.
        taken: How many places are taken, about; where these are few of many, none is numbered.
    """

    def __init__(
        self, slot: Callable[..., Slot], axes: Sequence[Sequence[Any]], taken: int
    ) -> None:
        sparse = not 0 < prod(map(len, axes)) <= _LOOSEST * taken
        self._make = slot
        self._axes: list[list[Any]] = [[] if sparse else list(dict.fromkeys(axis)) for axis in axes]
        self._steps: list[dict[Any, int]] = []
        self.size = 1
        for axis in reversed(self._axes):
            self._steps.insert(0, {value: self.size * at for at, value in enumerate(axis)})
            self.size *= len(axis)

    @property
    def depth(self) -> int:
        """How many places lie side by side that differ in the last part of their slots alone."""
        return len(self._axes[-1])

    def place(self, slot: Any) -> int | None:
        """Return the number of a slot, or of the first that begins so; None where none does."""
        try:
            return sum(map(getitem, self._steps, slot))
        except KeyError:
            return None

    def steps(self, first: int, parts: Iterable[Any]) -> int:
        """Return what some parts of a slot, from a first one on, add to its number.

        Raises:
            KeyError: The plan does not have one of them.
        """
        return sum(map(getitem, self._steps[first:], parts))

    def slots(self) -> Iterator[Slot]:
        """Yield all slots in their order."""
        return starmap(self._make, product(*self._axes))

    def slot(self, parts: Iterable[Any]) -> Slot:
        """Return the slot of some parts."""
        return self._make(*parts)

    def near(self, slot: Slot, most: int) -> Sequence[Any]:
        """Return some prompts that stand side by side in the plan, the one of a slot among them.

        Args:
            slot: The slot; where the plan does not have it, its prompt is alone.
            most: Places to which the prompts come at most, for whom the slot is about.
        """
        if self.place(slot) is None:
            return (slot[1],)
        prompts = self._axes[1]
        step = prod(map(len, self._axes[2:]))
        several = max(1, most // step)
        start = self._steps[1][slot[1]] // step // several * several
        return prompts[start : start + several]


class Places(MutableMapping[Slot, Value]):
    """A mapping by slot onto the rows of a record.

    It is iterated in the order of the plan, whatever the order in which rows came. What is put into
    it afterwards is held as it is.

    Args:
        grid: The places of the plan.
        value: Makes the value of a slot, and of the number that was put there: a row, or what else
            stands for it, from 0.
    """

    def __init__(self, grid: Grid[Slot], value: Callable[[Slot, int], Value]) -> None:
        self.grid, self._value = grid, value
        self.numbers = array("q", [NOTHING]) * grid.size
        self._held: dict[Slot, Value] = {}
        self._placed = 0  # of the plan's places, those that are taken

    def fill(self, places: Sequence[int], numbers: Sequence[int]) -> None:
        """Put a number into each of some places of the plan; the latest stays."""
        here, taken = self.numbers, 0
        for place, number in zip(places, numbers, strict=True):
            taken += here[place] == NOTHING
            here[place] = number
        self._placed += taken

    def take(self, place: int, number: int) -> None:
        """Put a number into one place of the plan, which is free."""
        self.numbers[place] = number
        self._placed += 1

    def hold(self, slot: Slot, number: int) -> None:
        """Put a number into a slot that the plan does not have."""
        self._held[slot] = self._value(slot, number)

    def __getitem__(self, slot: Slot) -> Value:
        place = self.grid.place(slot)
        number = _HELD if place is None else self.numbers[place]
        if number >= 0:
            return self._value(slot, number)
        return self._held[slot]

    def get(self, slot: Slot, default: Any = None) -> Any:
        """Return the value of a slot: the way that everything is asked for."""
        place = self.grid.place(slot)
        number = _HELD if place is None else self.numbers[place]
        if number >= 0:
            return self._value(slot, number)
        return self._held.get(slot, default)

    def __contains__(self, slot: object) -> bool:
        place = self.grid.place(slot)
        return slot in self._held if place is None else self.numbers[place] != NOTHING

    def __setitem__(self, slot: Slot, value: Value) -> None:
        place = self.grid.place(slot)
        if place is not None:
            self._placed += self.numbers[place] == NOTHING
            self.numbers[place] = _HELD
        self._held[slot] = value

    def __delitem__(self, slot: Slot) -> None:
        if slot not in self:
            raise KeyError(slot)
        place = self.grid.place(slot)
        if place is not None:
            self._placed -= 1
            self.numbers[place] = NOTHING
        self._held.pop(slot, None)

    def __iter__(self) -> Iterator[Slot]:
        for slot, number in zip(self.grid.slots(), self.numbers, strict=True):
            if number != NOTHING:
                yield slot
        yield from self._strays()

    def __len__(self) -> int:
        return self._placed + len(self._strays())

    def items(self) -> ItemsView[Slot, Value]:
        """Return the slots with their values, without a look for each."""
        return _Items(self)

    def values(self) -> ValuesView[Value]:
        """Return the values, likewise."""
        return _Values(self)

    def pairs(
        self, value: Callable[[Slot, int], Value] | None = None
    ) -> Iterator[tuple[Slot, Value]]:
        """Yield the slots with their values.

        Args:
            value: Makes these in another way than the mapping does.
        """
        value, held = value or self._value, self._held
        for slot, number in zip(self.grid.slots(), self.numbers, strict=True):
            if number >= 0:
                yield slot, value(slot, number)
            elif number == _HELD:
                yield slot, held[slot]
        for slot in self._strays():
            yield slot, held[slot]

    def __reduce__(self) -> Any:
        """Return a plain dictionary where this mapping is copied, or sent elsewhere."""
        return dict, (dict(self.items()),)

    def clear(self) -> None:
        """Forget everything."""
        self.numbers = array("q", [NOTHING]) * self.grid.size
        self._held.clear()
        self._placed = 0

    def _strays(self) -> list[Slot]:
        """Return the slots that the plan does not have."""
        return [slot for slot in self._held if self.grid.place(slot) is None]


class _Items(ItemsView[Slot, Value]):
    _mapping: Places[Slot, Value]

    def __iter__(self) -> Iterator[tuple[Slot, Value]]:
        return self._mapping.pairs()


class _Values(ValuesView[Value]):
    _mapping: Places[Any, Value]

    def __iter__(self) -> Iterator[Value]:
        return (value for _, value in self._mapping.pairs())
