"""Simple standings for display: points, average win rate and online Elo. No gate may use them.

Points reward those who play often, the average win rate those who meet the weak, and Elo depends on
the order of the votes: at K = 30 the order alone moves a rating by some 34 points. Bradley-Terry
ratings (``arenatest.stats.ratings``) have none of these faults.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from arenatest.stats.votes import PairCounts, Votes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]


def points(counts: PairCounts) -> dict[str, float]:
    """Return each model's wins and half of its ties.

    Examples:
        >>> from arenatest.stats.votes import count_votes, read_votes
        >>> points(count_votes(read_votes(["a", "a"], ["b", "b"], [1, 0.5])))
        {'a': 1.5, 'b': 0.5}
    """
    return dict(zip(counts.names, _scored(counts).sum(axis=1).tolist(), strict=True))


def average_win_rates(counts: PairCounts) -> dict[str, float | None]:
    """Return each model's win rate against each opponent that it met, averaged over opponents.

    An opponent met once weighs as much as one met a thousand times. None for a model without votes.

    Examples:
        >>> from arenatest.stats.votes import count_votes, read_votes
        >>> average_win_rates(count_votes(read_votes(["a", "a"], ["b", "b"], [1, 0.5])))
        {'a': 0.75, 'b': 0.25}
    """
    import numpy as np

    scored = _scored(counts)
    games = scored + scored.T
    opponents = (games > 0.0).sum(axis=1)
    rates = np.divide(scored, games, out=np.zeros_like(scored), where=games > 0.0).sum(axis=1)
    return {
        name: float(rate / met) if met else None
        for name, rate, met in zip(counts.names, rates, opponents, strict=True)
    }


def places(scores: Mapping[str, float], *, tolerance: float = 1e-9) -> dict[str, int]:
    """Return each model's place: 1 for the highest score; equals share the best of their places.

    Args:
        scores: By model, finite.
        tolerance: Relative difference up to which scores are equal: an iteration ends in rounding,
            and equal records must not be told apart by it.

    Examples:
        >>> places({"a": 0.2, "b": 0.5, "c": 0.2, "d": 0.1})
        {'b': 1, 'a': 2, 'c': 2, 'd': 4}
    """
    found: dict[str, int] = {}
    place, best = 1, math.inf
    for number, name in enumerate(sorted(scores, key=lambda name: (-scores[name], name)), 1):
        if not math.isclose(scores[name], best, rel_tol=tolerance):
            place, best = number, scores[name]
        found[name] = place
    return found


def elo(votes: Votes, *, initial: float = 1000.0, k: float = 4.0) -> dict[str, float]:
    """Return the online Elo ratings after the votes in their order.

    Args:
        votes: In the order in which they were cast: another order gives other ratings.
        initial: Where every model starts.
        k: The most that one vote can move a rating, in points.

    Examples:
        >>> from arenatest.stats.votes import read_votes
        >>> elo(read_votes(["a"], ["b"], [1]), k=32)
        {'a': 1016.0, 'b': 984.0}

    Reference:
        A. E. Elo, The Rating of Chessplayers (1978), 8.
    """
    ratings = [initial] * len(votes.names)
    columns = (votes.left.tolist(), votes.right.tolist(), votes.scores.tolist())
    for left, right, score in zip(*columns, strict=True):
        expected = 1.0 / (1.0 + 10.0 ** ((ratings[right] - ratings[left]) / 400.0))
        ratings[left] += k * (score - expected)
        ratings[right] -= k * (score - expected)
    return dict(zip(votes.names, ratings, strict=True))


def _scored(counts: PairCounts) -> Reals:
    """Return the points of each model (row) against each other one (column)."""
    import numpy as np

    matrix: Reals = np.zeros((len(counts.names), len(counts.names)))
    matrix[counts.first, counts.second] = counts.points
    matrix[counts.second, counts.first] = counts.games - counts.points
    return matrix
