"""Votes between many models, and their counts by pair: all that ratings need, in any order.

A vote has a left and a right model and the left one's score: 1, 0.5 for a tie, or 0. Which side a
model stood on is forgotten when votes are counted; a judge's liking for a side is measured apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arenatest.errors import InsufficientData

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]
    Truths = NDArray[np.bool_]

SCORES = (0.0, 0.5, 1.0)
"""What a vote may be worth to a model; the columns of ``PairCounts.outcomes``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Votes:
    """Votes as columns, in the order in which they were cast.

    Attributes:
        names: The models, each once.
        left, right: Place in ``names`` of each vote's models, never the same twice.
        scores: Of the left model: one of ``SCORES``.
    """

    names: tuple[str, ...]
    left: Numbers
    right: Numbers
    scores: Reals


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairCounts:
    """Votes counted by pair of models that met and by outcome.

    Attributes:
        names: The models, each once.
        first, second: Place in ``names`` of each pair's models, ``first < second``.
        outcomes: Number of votes with a loss, a tie and a win of the first; one row for each pair.
    """

    names: tuple[str, ...]
    first: Numbers
    second: Numbers
    outcomes: Numbers

    @property
    def games(self) -> Reals:
        """Votes on each pair."""
        losses, ties, wins = self.outcomes.T
        games: Reals = (losses + ties + wins).astype(float)
        return games

    @property
    def points(self) -> Reals:
        """Score of each pair's first model: wins and half of the ties."""
        _, ties, wins = self.outcomes.T
        points: Reals = wins + 0.5 * ties
        return points

    @property
    def n(self) -> int:
        """Votes in all."""
        return int(self.outcomes.sum())


def read_votes(left: Sequence[str], right: Sequence[str], scores: Sequence[float]) -> Votes:
    """Return votes given by name; the models come in alphabetical order.

    Args:
        left: The first model of each vote.
        right: The other, as long.
        scores: Of the left model: 1, 0.5 or 0.

    Raises:
        InsufficientData: There are none, the lengths differ, a model meets itself, or a score is
            none of the three: a vote that could not be read is no vote.
    """
    import numpy as np

    if not len(left) == len(right) == len(scores):
        raise InsufficientData(
            f"votes: got {len(left)} left, {len(right)} right models and {len(scores)} scores"
        )
    names = tuple(sorted({*left, *right}))
    place = {name: number for number, name in enumerate(names)}
    votes = Votes(
        names=names,
        left=np.fromiter((place[name] for name in left), dtype=np.int64, count=len(left)),
        right=np.fromiter((place[name] for name in right), dtype=np.int64, count=len(right)),
        scores=np.asarray(scores, dtype=float),
    )
    _outcomes(votes)  # for its errors
    return votes


def count_votes(votes: Votes) -> PairCounts:
    """Return the votes counted; a vote and its mirror image count as the same.

    Raises:
        InsufficientData: As in ``read_votes``.
    """
    import numpy as np

    outcomes, size = _outcomes(votes), len(votes.names)
    cells = (votes.left * size + votes.right) * len(SCORES) + outcomes
    table = np.bincount(cells, minlength=size * size * len(SCORES))
    table = table.reshape(size, size, len(SCORES))
    first, second = np.triu_indices(size, 1)
    both = table[first, second] + table[second, first, ::-1]
    met = both.any(axis=1)
    return PairCounts(names=votes.names, first=first[met], second=second[met], outcomes=both[met])


def connected_parts(counts: PairCounts, *, both_ways: bool) -> tuple[tuple[str, ...], ...]:
    """Return the groups of models that the votes connect, largest first.

    Args:
        counts: The votes.
        both_ways: Whether to ask that points flow from each model of a group to every other and
            back. Only within such a group are ratings by maximum likelihood finite. Otherwise it
            is enough to have met, over others too.

    Reference:
        L. R. Ford, Amer. Math. Monthly 64 (1957) 28-33.
    """
    import numpy as np

    beats = _scored(counts)
    if not both_ways:
        beats |= beats.T
    left = set(range(len(counts.names)))
    parts: list[tuple[str, ...]] = []
    while left:
        start = min(left)
        group = np.flatnonzero(_reached(beats, start) & _reached(beats.T, start))
        parts.append(tuple(counts.names[number] for number in group))
        left.difference_update(group.tolist())
    return tuple(sorted(parts, key=lambda part: (-len(part), part)))


def is_connected(counts: PairCounts) -> bool:
    """Return whether points flow both ways between all models."""
    beats = _scored(counts)
    return bool(_reached(beats, 0).all() and _reached(beats.T, 0).all())


def _scored(counts: PairCounts) -> Truths:
    """Return the matrix that says which model (row) ever scored against which (column)."""
    import numpy as np

    size, points = len(counts.names), counts.points
    beats: Truths = np.zeros((size, size), dtype=bool)
    beats[counts.first, counts.second] = points > 0.0
    beats[counts.second, counts.first] = points < counts.games
    return beats


def _reached(beats: Truths, start: int) -> Truths:
    """Return which models are reached from ``start`` along the true cells of the matrix."""
    import numpy as np

    seen: Truths = np.zeros(len(beats), dtype=bool)
    seen[start] = True
    front = seen
    while front.any():
        front = beats[front].any(axis=0) & ~seen
        seen = seen | front
    return seen


def _outcomes(votes: Votes) -> Numbers:
    """Return the column of each vote's outcome, after a look at what was given."""
    import numpy as np

    size = len(votes.names)
    if not len(votes.scores):
        raise InsufficientData("there are no votes")
    for side in (votes.left, votes.right):
        if len(side) != len(votes.scores) or side.min() < 0 or side.max() >= size:
            raise InsufficientData(f"votes: expected one of {size} models on each side of a vote")
    if bool((votes.left == votes.right).any()):
        raise InsufficientData("votes: a model does not meet itself")
    twice = votes.scores * 2.0
    with np.errstate(invalid="ignore"):
        outcomes: Numbers = twice.astype(np.int64)
    wrong = (outcomes != twice) | (outcomes < 0) | (outcomes > len(SCORES) - 1)
    if bool(wrong.any()):
        found = float(votes.scores[int(wrong.argmax())])
        raise InsufficientData(f"votes: got the score {found!r}, expected 0, 0.5 or 1")
    return outcomes
