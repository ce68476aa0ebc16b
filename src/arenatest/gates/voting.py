"""How the judges of a battle come to one score: their mean, or a vote. Pure.

Each judge comes with one score of its own, its repeats and both orders already reduced, so that a
judge asked five times has no more to say than one asked once. No rule lets a battle's score fall
when a judge's rises.
"""

from __future__ import annotations

from collections.abc import Sequence

from arenatest.model.plan import Voting

TIE = 0.5


def jury_score(scores: Sequence[float | None], *, voting: Voting, quorum: int) -> float | None:
    """Return the candidate's score of a battle, or None where too few judges have one.

    Args:
        scores: Each judge's, 0 to 1; None for a judge without one.
        voting: ``mean`` keeps the judges' scores. The others take each judge's side only:
            ``majority`` is the side of more than half of the judges with a score, ``unanimous``
            that of all of them; where there is none the battle is a tie. A tie is a side too.
        quorum: Judges with a score that it takes, at least 1.

    Examples:
        >>> jury_score([1.0, 0.75, 0.5], voting="mean", quorum=1)
        0.75
        >>> jury_score([1.0, 0.75, 0.0], voting="majority", quorum=1)
        1.0
        >>> jury_score([1.0, 0.75, 0.0], voting="unanimous", quorum=1)
        0.5
        >>> jury_score([1.0, None, None], voting="mean", quorum=2) is None
        True
    """
    cast = [score for score in scores if score is not None]
    if len(cast) < max(quorum, 1):
        return None
    if voting == "mean":
        return sum(cast) / len(cast)
    needed = len(cast) if voting == "unanimous" else len(cast) // 2 + 1
    if sum(score > TIE for score in cast) >= needed:
        return 1.0
    return 0.0 if sum(score < TIE for score in cast) >= needed else TIE
