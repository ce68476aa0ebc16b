"""What the record says of each prompt, for one gate.

Every prompt speaks to two one-sided questions, and not always to both. A candidate that failed
where the baseline did not counts as the worst value on the passing side only, because candidates
fail on hard prompts and must not profit from it; yet it proves nothing about quality, so the
failing side and the value leave it out. A baseline's failure is the mirror image.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from arenatest.model.prompt import Prompt
from arenatest.model.record import Ledger

T = TypeVar("T")


class Games(NamedTuple):
    """Counts for the health of one judge, on one prompt or many.

    Attributes:
        played: Games between different texts, without those that the judge abstained from.
        read: Those with a verdict.
        pairs: Pairs of games, in both orders, with both verdicts.
        flips: Those where the two orders name different winners.
        prompts: Prompts with different texts and a score of this judge.
        decisive: Those whose score is not a tie.
    """

    played: int = 0
    read: int = 0
    pairs: int = 0
    flips: int = 0
    prompts: int = 0
    decisive: int = 0


NO_GAMES = Games()
"""Nothing was judged."""

Jury = tuple[Games, ...]
"""Counts of each judge, in the order of the plan; empty where nobody judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(Generic[T]):
    """What one settled prompt says: one item for each repeat that counts.

    Attributes:
        passing: What counts for passing.
        failing: What counts for failing.
        values: What enters the value that is shown.
        void: Whether a value was due and there is none.
        invalid: Whether that is because no clock of it may be used.
        games: What each judge did.
        jury: ``prompts`` and ``decisive`` of the judges together, as the suite has them vote.
    """

    passing: tuple[T, ...] = ()
    failing: tuple[T, ...] = ()
    values: tuple[T, ...] = ()
    void: bool = False
    invalid: bool = False
    games: Jury = ()
    jury: Games = NO_GAMES


class Fate(NamedTuple):
    """What became of one prompt that must not be lost: its id, and whether it was."""

    prompt: str
    lost: bool


Reader = Callable[[Ledger, Prompt], Evidence[T] | None]
"""Reads one prompt's evidence from a record; None while something of it is still missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """An amount of the candidate and of whom it is compared with, on the same prompt.

    Infinite where that side failed: the amount is then unknown.
    """

    candidate: float
    against: float
