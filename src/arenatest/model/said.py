"""What was said of battles, without the calls that it came of: all that counting needs.

A record holds equal judgments once, and makes a value with its call of each that is asked for.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from typing import NamedTuple

from arenatest.model.judgment import Judgment, Order
from arenatest.model.plan import JudgeSeat
from arenatest.model.record import GameSlot, Ledger

Look = Callable[[str, str, int], list[Judgment | None]]
"""Returns the judgments of a battle, given by candidate, prompt and repeat, as its chairs stand."""

_ORDERS = tuple(Order)


class Chair(NamedTuple):
    """One of the games of every battle: the rest of their slots."""

    judge: str
    judge_repeat: int
    order: Order


class Said(MutableMapping[GameSlot, Judgment]):
    """Judgments in their places, which tell what was said without a look at the call."""

    @abstractmethod
    def said(self, slot: GameSlot) -> Judgment | None:
        """Return the judgment in a place, perhaps without its call; None where there is none."""

    @abstractmethod
    def all_said(self) -> Iterator[tuple[GameSlot, Judgment]]:
        """Yield all judgments with their places, perhaps without their calls."""

    @abstractmethod
    def of_battles(self, chairs: Sequence[Chair], *, calls: bool) -> Look:
        """Return what looks up all judgments of a battle at once, as :func:`said_in` does."""


def chairs_of(seats: Iterable[JudgeSeat]) -> tuple[Chair, ...]:
    """Return the games of each battle that some judges sit over, by judge, repeat and order."""
    return tuple(
        Chair(seat.name, again, order)
        for seat in seats
        for again in range(seat.repeats)
        for order in _ORDERS
    )


def said_in(ledger: Ledger, chairs: Sequence[Chair], *, calls: bool = False) -> Look:
    """Return what looks up a record's judgments, perhaps without their calls unless these count."""
    judgments = ledger.judgments
    if isinstance(judgments, Said):
        return judgments.of_battles(chairs, calls=calls)
    return slot_by_slot(judgments.get, chairs)


def all_said(ledger: Ledger) -> Iterable[tuple[GameSlot, Judgment]]:
    """Return a record's judgments with their places, perhaps without their calls."""
    judgments = ledger.judgments
    return judgments.all_said() if isinstance(judgments, Said) else judgments.items()


def slot_by_slot(get: Callable[[GameSlot], Judgment | None], chairs: Sequence[Chair]) -> Look:
    """Return what looks up each judgment of a battle by itself."""

    def look(candidate: str, prompt: str, repeat: int) -> list[Judgment | None]:
        return [get(GameSlot(candidate, prompt, repeat, *chair)) for chair in chairs]

    return look
