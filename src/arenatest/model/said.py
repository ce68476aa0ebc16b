"""What was said of games, without the calls that it came of: all that counting needs.

A record holds equal judgments once, and makes a value with its call of each that is asked for.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, MutableMapping

from arenatest.model.judgment import Judgment
from arenatest.model.record import GameSlot, Ledger

Look = Callable[[GameSlot], Judgment | None]
"""Returns the judgment in a place, None where there is none."""


class Said(MutableMapping[GameSlot, Judgment]):
    """Judgments in their places, which tell what was said without a look at the call."""

    @abstractmethod
    def said(self, slot: GameSlot) -> Judgment | None:
        """Return the judgment in a place, perhaps without its call; None where there is none."""


def said_in(ledger: Ledger) -> Look:
    """Return what looks up a record's judgments, perhaps without their calls."""
    judgments = ledger.judgments
    return judgments.said if isinstance(judgments, Said) else judgments.get
