"""The Bradley-Terry likelihood on pair counts, and its maximum by Newton's method.

It stands apart from the ratings because bootstrap refits climb the same hill from other counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from arenatest.errors import InsufficientData

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]

_SWEPT_UP_TO = 300  # models; beyond it threads are worth their while
_MOST_STEPS = 200
_MOST_HALVINGS = 40
_SMALL_STEP = 1e-10  # the next one of Newton's would be its square
_ROUNDING = 4e-15  # of a gradient, relative to the votes of the model that has most


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Likelihood:
    """The logarithm of the likelihood of ratings that sum to 0, less a ridge.

    Attributes:
        size: Number of models.
        first, second: The models of each pair.
        games: Votes on each pair.
        points: Score of each pair's first model, ties counting one half.
        ridge: Half of it times the sum of squared ratings is taken off; 0 or more.
    """

    size: int
    first: Numbers
    second: Numbers
    games: Reals
    points: Reals
    ridge: float

    def value(self, ratings: Reals) -> float:
        """Return the logarithm at these ratings."""
        import numpy as np

        gap = ratings[self.first] - ratings[self.second]
        # no dot products: BLAS starts threads for them, which cost more than they save
        fit = (self.points * gap - self.games * np.logaddexp(0.0, gap)).sum()
        return float(fit - self.ridge / 2.0 * (ratings**2).sum())

    def gradient(self, ratings: Reals) -> Reals:
        """Return its slope: points scored beyond those expected."""
        import numpy as np

        strengths = np.exp(ratings)  # of models, who are fewer than pairs
        odds = strengths[self.second] * (1.0 / strengths)[self.first]
        # wins and losses apart: points - games * p would lose the one loss of an almost unbeaten
        beyond = (self.points * odds - (self.games - self.points)) / (1.0 + odds)
        gained = np.bincount(self.first, beyond, self.size)
        lost = np.bincount(self.second, beyond, self.size)
        return np.subtract(gained, lost, dtype=float) - self.ridge * ratings

    def curvature(self, ratings: Reals) -> Reals:
        """Return minus the matrix of second derivatives, without the gauge."""
        import numpy as np

        p = win_probability(ratings[self.first] - ratings[self.second])
        return self.laplacian(self.games * p * (1.0 - p)) + self.ridge * np.eye(self.size)

    def laplacian(self, weights: Reals) -> Reals:
        """Return the sum over pairs of weight * (e_i - e_j) (e_i - e_j)'."""
        import numpy as np

        matrix: Reals = np.zeros((self.size, self.size))
        matrix[self.first, self.second] = matrix[self.second, self.first] = -weights
        matrix[np.diag_indices(self.size)] = -matrix.sum(axis=1)
        return matrix

    def covariance(self, ratings: Reals) -> Reals:
        """Return the inverse of the curvature among ratings that sum to 0."""
        inverse = _inverse(_with_gauge(self.curvature(ratings)))
        inverse = inverse - inverse.mean(axis=0)
        centred: Reals = inverse - inverse.mean(axis=1, keepdims=True)
        return centred

    def maximum(self, start: Reals | None = None) -> Reals:
        """Return the ratings at the maximum, to about 1e-10.

        Newton's steps, halved where they would go down: from 0 six or so are enough.

        Raises:
            InsufficientData: The steps do not end, as without a ridge where a model never lost.
        """
        import numpy as np

        ratings = np.zeros(self.size) if start is None else start
        most = float(np.bincount(self.first, self.games, self.size).max())
        most = max(most, float(np.bincount(self.second, self.games, self.size).max()))
        for _ in range(_MOST_STEPS):
            slope = self.gradient(ratings)
            step = product(_inverse(_with_gauge(self.curvature(ratings))), slope)
            step = step - step.mean()
            small = float(abs(step).max()) <= _SMALL_STEP
            if small or float(abs(slope).max()) <= _ROUNDING * most:
                final: Reals = ratings + step
                return final
            ratings = self._climb(ratings, step)
        raise InsufficientData("the ratings do not settle: give a ridge")

    def _climb(self, ratings: Reals, step: Reals) -> Reals:
        here = self.value(ratings)
        for _ in range(_MOST_HALVINGS):
            there = ratings + step
            if self.value(there) >= here - 1e-12 * abs(here):
                return there
            step = step / 2.0
        return ratings


def win_probability(gap: Reals) -> Reals:
    """Return the probability that the higher rated by ``gap`` wins, for each gap."""
    import numpy as np

    probability: Reals = 1.0 / (1.0 + np.exp(-gap))
    return probability


def product(matrix: Reals, vector: Reals) -> Reals:
    """Return ``matrix @ vector`` on one thread: see ``_inverse``."""
    import numpy as np

    result: Reals = np.einsum("ij,j->i", matrix, vector)
    return result


def _inverse(matrix: Reals) -> Reals:
    """Return the inverse of a positive definite matrix.

    LAPACK divides even a small matrix among threads, which wait for each other by spinning: on a
    busy machine that costs a hundred times what the work does. Sweeping needs no more than numpy's
    own loops, and no pivots, since the matrix is positive definite.
    """
    import numpy as np

    size = len(matrix)
    if size > _SWEPT_UP_TO:
        return np.linalg.inv(matrix).astype(float, copy=False)
    swept = matrix.copy()
    for k in range(size):
        pivot, column = swept[k, k], swept[:, k].copy()
        row = swept[k] / pivot
        swept -= column[:, None] * row
        swept[k], swept[:, k], swept[k, k] = row, column / -pivot, 1.0 / pivot
    return swept


def _with_gauge(curvature: Reals) -> Reals:
    """Return a matrix that also holds the sum of the ratings, which the votes leave open."""
    size = len(curvature)
    gauged: Reals = curvature + curvature.trace() / size**2
    return gauged
