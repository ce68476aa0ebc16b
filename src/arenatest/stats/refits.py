"""Bootstrap refits of Bradley-Terry ratings: a cross-check of the sandwich covariance.

Votes are drawn again as counts (multinomial over the cells of the table), never one by one, and
each refit takes Newton's steps with the curvature of the original votes: it changes little, so a
handful of steps without an inversion lead to the same maximum.

Votes count as independent. Where several are on one prompt that flatters the ratings, and
``covariance_by_cluster`` is the one to trust.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from arenatest.errors import InsufficientData
from arenatest.stats.likelihood import Likelihood, product
from arenatest.stats.ratings import Ratings
from arenatest.stats.votes import PairCounts, is_connected

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]

_MOST_OMITTED = 0.01  # of the resamples: more would shift the bounds of a 95 % interval
_FIXED_STEPS = 30
_SMALL_STEP = 1e-9  # each is well under half of the one before, so no more than this is missing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Refits:
    """Ratings fitted again to resampled votes.

    Attributes:
        values: One row for each resample, in the order of the names; each sums to 0.
        omitted: Resamples without finite ratings, which are not among the rows.
    """

    values: Reals
    omitted: int


def refit(ratings: Ratings, *, resamples: int = 100, seed: int) -> Refits:
    """Return ratings of votes drawn with replacement, as many as there are.

    Args:
        ratings: What was fitted; its ridge is used again.
        resamples: How many, at least 1.
        seed: The same seed gives the same refits.

    Returns:
        Each row within 1e-8 of the exact maximum for its resample.

    Raises:
        InsufficientData: More than 1 % of the resamples have no finite ratings: give a ridge.
        ValueError: ``resamples`` is below 1.
    """
    import numpy as np

    if resamples < 1:
        raise ValueError(f"resamples: got {resamples!r}, expected at least 1")
    original = ratings.likelihood
    inverse = original.covariance(ratings.values)
    rows, omitted = [], 0
    for drawn in resampled(ratings.counts, resamples, seed=seed):
        hill = replace(original, games=drawn.games, points=drawn.points)
        values = _climb(hill, ratings.values, inverse)
        if values is None and (ratings.ridge > 0.0 or is_connected(drawn)):
            values = hill.maximum(ratings.values)
        if values is None:
            omitted += 1
        else:
            rows.append(values)
    if omitted > _MOST_OMITTED * resamples:
        raise InsufficientData(
            f"{omitted} of {resamples} resamples have no finite ratings: give a ridge"
        )
    return Refits(values=np.stack(rows), omitted=omitted)


def resampled(counts: PairCounts, resamples: int, *, seed: int) -> tuple[PairCounts, ...]:
    """Return counts of votes drawn with replacement from those counted, as many each time.

    Args:
        counts: At least one vote.
        resamples: How many.
        seed: The same seed gives the same counts.
    """
    import numpy as np

    cells = counts.outcomes.ravel()
    filled = np.flatnonzero(cells)
    generator = np.random.Generator(np.random.PCG64(seed))
    shares = cells[filled] / counts.n
    tables = np.zeros((resamples, len(cells)), dtype=np.int64)
    tables[:, filled] = generator.multinomial(counts.n, shares, size=resamples)
    shape = counts.outcomes.shape
    return tuple(replace(counts, outcomes=table.reshape(shape)) for table in tables)


def _climb(hill: Likelihood, start: Reals, inverse: Reals) -> Reals | None:
    """Return the maximum by steps with a fixed curvature; None where they do not settle."""
    values = start
    for _ in range(_FIXED_STEPS):
        step = product(inverse, hill.gradient(values))
        values = values + step
        if float(abs(step).max()) <= _SMALL_STEP:
            return values
    return None
