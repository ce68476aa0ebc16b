"""The values of a record of ordinary size in the places of its plan: none has a key of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from arenatest.model.judgment import Judgment
from arenatest.model.record import GameSlot
from arenatest.model.said import Chair, Look, Said, slot_by_slot
from arenatest.store.columns import Ids
from arenatest.store.ids import id_from_bytes
from arenatest.store.joined import called
from arenatest.store.places import NOTHING, Grid, Places, Slot, Value

_BATTLE = 3  # parts of a slot that tell the battle; those after them tell the game
_ANY: Any = None  # a slot, for whom the number is all that counts


class Kept(Places[Slot, Value]):
    """Whole values by slot.

    Args:
        grid: The places of the plan.
    """

    def __init__(self, grid: Grid[Slot]) -> None:
        values: list[Value] = []  # which do not know this mapping: a circle would be freed late
        super().__init__(grid, lambda _, number: values[number])
        self._values = values

    def __setitem__(self, slot: Slot, value: Value) -> None:
        place = self.grid.place(slot)
        if place is None or self.numbers[place] != NOTHING:
            super().__setitem__(slot, value)
        else:
            self.take(place, len(self._values))
            self._values.append(value)


class KeptJudgments(Places[GameSlot, Judgment], Said):
    """Judgments by slot: what judges say is held once, and the id of each call as its bytes.

    Args:
        grid: The places of the plan.
    """

    def __init__(self, grid: Grid[GameSlot]) -> None:
        said: list[Judgment] = []
        calls = Ids()
        super().__init__(grid, lambda _, number: called(said[number], calls[number]))
        self._said, self._calls = said, calls

    def said(self, slot: GameSlot) -> Judgment | None:
        """Return the judgment in a place without its call; None where there is none."""
        place = self.grid.place(slot)
        number = NOTHING if place is None else self.numbers[place]
        return self._said[number] if number >= 0 else self._held.get(slot)

    def all_said(self) -> Iterator[tuple[GameSlot, Judgment]]:
        """Yield all judgments with their places, without the calls of those in the plan's."""
        said = self._said
        return self.pairs(lambda _, number: said[number])

    def of_battles(self, chairs: Sequence[Chair], *, calls: bool) -> Look:
        """Return what looks up all judgments of a battle: they lie at fixed steps from each other.

        Args:
            chairs: Which ones.
            calls: Whether they are to come with their calls.
        """
        one_by_one = slot_by_slot(self.get if calls else self.said, chairs)
        try:
            steps = [self.grid.steps(_BATTLE, chair) for chair in chairs]
        except KeyError:  # nothing is numbered, or not all of them are
            return one_by_one
        value = partial(self._value, _ANY) if calls else self._said.__getitem__

        def look(*battle: Any) -> list[Judgment | None]:
            start = self.grid.place(battle)
            if start is None or self._held:
                return one_by_one(*battle)
            numbers = [self.numbers[start + step] for step in steps]
            return [None if number == NOTHING else value(number) for number in numbers]

        return look

    def put(self, slot: GameSlot, said: Judgment, call: bytes | None) -> None:
        """Put a judgment into its place, which is free.

        Args:
            slot: Its place.
            said: What it says, without a call; equal ones may be one object.
            call: The id of its call, as the database holds it.
        """
        place = self.grid.place(slot)
        if place is None:
            self[slot] = called(said, None if call is None else id_from_bytes(call))
        else:
            self.take(place, len(self._said))
            self._said.append(said)
            self._calls.extend((call,))
