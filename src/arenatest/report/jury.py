"""How several judges decided together: what rule they voted by, and how far they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from arenatest.errors import InsufficientData
from arenatest.gates.voting import TIE
from arenatest.model.plan import Plan, Voting
from arenatest.report.battles import Battle
from arenatest.stats.agreement import krippendorff_alpha

_TWO = 2  # votes: fewer can neither agree nor differ

Vote = Literal["won", "tied", "lost", "no vote"]

_WORDS: dict[float | None, Vote] = {1.0: "won", TIE: "tied", 0.0: "lost", None: "no vote"}


@dataclass(frozen=True, slots=True, kw_only=True)
class JuryReport:
    """A jury of two judges or more, over the judged battles of all candidates.

    Attributes:
        battles: Judged: with two different answers, and all judges heard.
        short: Those with fewer votes than the quorum, which are void.
        single: Of the others, those with one vote only.
        agreed: Those on which two judges or more take the same side, and none another.
        divided: Those on which they take different sides.
        alpha: Krippendorff's alpha of the sides, which are ordered: lost, tied, won. 1 is full
            agreement, 0 what chance brings. None where it is undefined: nothing to compare, or
            all sides are the same.
        compared: Battles with two votes or more, which ``alpha`` is of.
    """

    voting: Voting
    quorum: int
    judges: int
    battles: int
    short: int
    single: int
    agreed: int
    divided: int
    alpha: float | None
    compared: int


def jury_report(plan: Plan, battles: Sequence[Battle]) -> JuryReport | None:
    """Return how the judges of a suite voted; None where it has no two."""
    if len(plan.judges) < _TWO:
        return None
    sides = [[_side(vote) for vote in battle.votes] for battle in battles if battle.votes]
    votes = [[side for side in one if side is not None] for one in sides]
    counted = [cast for cast in votes if len(cast) >= plan.quorum and cast]
    agreed = sum(len(cast) >= _TWO and len(set(cast)) == 1 for cast in counted)
    single = sum(len(cast) == 1 for cast in counted)
    return JuryReport(
        voting=plan.voting,
        quorum=plan.quorum,
        judges=len(plan.judges),
        battles=len(votes),
        short=len(votes) - len(counted),
        single=single,
        agreed=agreed,
        divided=len(counted) - single - agreed,
        alpha=_alpha(sides),
        compared=sum(len(cast) >= _TWO for cast in votes),
    )


def named_votes(battle: Battle) -> list[tuple[str, Vote]]:
    """Return each judge's name with its vote, as seen from the candidate."""
    judges = dict.fromkeys(chair.judge for chair, _ in battle.said)
    return [(name, _WORDS[_side(vote)]) for name, vote in zip(judges, battle.votes, strict=True)]


def _side(vote: float | None) -> float | None:
    """Return whose side a judge took: 1 the candidate's, 0 the baseline's, 0.5 neither."""
    return None if vote is None else 1.0 if vote > TIE else 0.0 if vote < TIE else TIE


def _alpha(sides: Sequence[Sequence[float | None]]) -> float | None:
    try:
        return krippendorff_alpha(sides, scale="ordinal")
    except InsufficientData:
        return None
