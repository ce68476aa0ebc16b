"""Bootstrap refits of Bradley-Terry ratings: a cross-check of the sandwich covariance.

Votes are drawn again as counts (multinomial over the cells of the table), never one by one, and
each refit takes Newton's steps with the curvature of the original votes: it changes little, so a
handful of steps without an inversion lead to the same maximum.

Votes count as independent. Where several are on one prompt that flatters the ratings, and
``covariance_by_cluster`` is the one to trust.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
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
_SPARE = 3.0  # standard deviations of the sum: more than all are rarely drawn
_FIXED_STEPS = 30
_LARGEST_FACTOR = 0.5  # of a step to the one before: then as much again is missing at most
_MISSING = 2e-9
_NOTHING = 1e-12


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

    Raises:
        InsufficientData: More than 1 % of the resamples have no finite ratings: give a ridge.
        ValueError: ``resamples`` is below 1.
    """
    if resamples < 1:
        raise ValueError(f"resamples: got {resamples!r}, expected at least 1")
    return refit_to(ratings, resampled(ratings.counts, resamples, seed=seed))


def refit_to(ratings: Ratings, drawn: Iterable[PairCounts]) -> Refits:
    """Return ratings of counts that are much like those that were rated.

    Args:
        ratings: Where to start from; its ridge is used again.
        drawn: Counts on the same pairs, such as ``resampled`` gives; at least one.

    Returns:
        Each row within 1e-8 of the exact maximum for its counts.

    Raises:
        InsufficientData: More than 1 % of the counts have no finite ratings: give a ridge.
    """
    import numpy as np

    original = ratings.likelihood
    inverse = original.covariance(ratings.values)
    rows, omitted = [], 0
    for counts in drawn:
        hill = replace(original, games=counts.games, points=counts.points)
        values = _climb(hill, ratings.values, inverse)
        if values is None and (ratings.ridge > 0.0 or is_connected(counts)):
            values = hill.maximum(ratings.values)
        if values is None:
            omitted += 1
        else:
            rows.append(values)
    tried = len(rows) + omitted
    if omitted > _MOST_OMITTED * tried:
        raise InsufficientData(
            f"{omitted} of {tried} resamples have no finite ratings: give a ridge"
        )
    return Refits(values=np.stack(rows), omitted=omitted)


def resampled(counts: PairCounts, resamples: int, *, seed: int) -> Iterator[PairCounts]:
    """Yield counts of votes drawn with replacement from those counted, as many each time.

    Args:
        counts: At least one vote.
        resamples: How many.
        seed: The same seed gives the same counts.
    """
    import numpy as np

    cells = counts.outcomes.ravel()
    filled = np.flatnonzero(cells)
    generator = np.random.Generator(np.random.PCG64(seed))
    for _ in range(resamples):
        table = np.zeros_like(cells)
        table[filled] = _multinomial(cells[filled], counts.n, generator)
        yield replace(counts, outcomes=table.reshape(counts.outcomes.shape))


def _multinomial(cells: Numbers, n: int, generator: np.random.Generator) -> Numbers:
    """Return ``n`` votes drawn in proportion to ``cells``.

    Independent Poisson numbers are multinomial given their sum, and so is their sum with a few
    votes drawn one by one: nearly all votes can be drawn by the quicker Poisson.
    """
    import numpy as np

    aimed_at = max(n - _SPARE * math.sqrt(n), 0.0)
    while True:
        drawn: Numbers = generator.poisson(cells * (aimed_at / n))
        missing = n - int(drawn.sum())
        if missing >= 0:
            break
    upto = np.cumsum(cells)
    single = np.searchsorted(upto, generator.integers(0, n, size=missing), side="right")
    return drawn + np.bincount(single, minlength=len(cells))


def _climb(hill: Likelihood, start: Reals, inverse: Reals) -> Reals | None:
    """Return the maximum by steps with a fixed curvature; None where they do not settle.

    Steps shrink by a constant factor, so the last two foretell what is missing.
    """
    values, last = start, 0.0
    for _ in range(_FIXED_STEPS):
        step = product(inverse, hill.gradient(values))
        values = values + step
        size = float(abs(step).max())
        shrunk = size / last if last else 1.0
        if size <= _NOTHING or (shrunk <= _LARGEST_FACTOR and size * shrunk <= _MISSING):
            return values
        last = size
    return None
