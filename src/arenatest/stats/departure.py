"""Whether a value departs from its history, which varies by more than its own sampling error.

Runs of an unchanged model differ: other answers are drawn, judges waver, and the day has its own
load. What the next one may come to is predicted from what the earlier ones came to, by random
effects: the spread between runs and the sampling error within each of them. Values must be of
independent runs; those that share answers would make the spread look small.

Reference:
    J. P. T. Higgins, S. G. Thompson and D. J. Spiegelhalter, J. R. Stat. Soc. A 172 (2009)
    137-159, 4.1; the spread by moments: L. V. Hedges and I. Olkin, Statistical Methods for
    Meta-Analysis (1985), 9.B.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean, variance

from arenatest.errors import InsufficientData
from arenatest.stats.beta import t_reach

LEAST_RUNS = 5
"""Earlier runs from which on the next one is predicted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What one run came to.

    Attributes:
        value: On a scale where differences mean the same everywhere.
        error: Its own sampling error, one standard deviation; 0 where nobody knows: then all of it
            counts as spread between runs.
    """

    value: float
    error: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Where the next run lies if nothing has changed.

    Attributes:
        centre: Mean of the earlier runs.
        low, high: Two-sided interval.
        level: What it covers, in (0, 1): 1 - level is the chance of a false alarm, at most.
        spread: Standard deviation between runs, beyond their sampling errors.
        runs: Earlier runs that it rests on.
    """

    centre: float
    low: float
    high: float
    level: float
    spread: float
    runs: int

    def side(self, value: float) -> int:
        """Return 1 where a value departs upwards, -1 where it departs downwards, else 0."""
        return (value > self.high) - (value < self.low)


def predict(
    earlier: Sequence[Estimate], error: float = 0.0, *, confidence: float = 0.95
) -> Prediction:
    """Return where the next run lies if nothing has changed.

    A run that is more exact than the earlier ones is given no narrower interval than they would
    be, for the spread between few runs is known too badly to bear that; and an interval is never
    narrower than sampling errors alone make it.

    Args:
        earlier: Independent runs, at least five.
        error: Sampling error of the run that is predicted, as in ``Estimate``.
        confidence: Two-sided, in (0, 1).

    Raises:
        InsufficientData: There are too few earlier runs, or a number is not finite.

    Examples:
        >>> found = predict([Estimate(value=v) for v in (0.50, 0.52, 0.49, 0.51, 0.48)])
        >>> f"{found.centre:.2f} [{found.low:.3f}, {found.high:.3f}]"
        '0.50 [0.452, 0.548]'
    """
    runs = len(earlier)
    if runs < LEAST_RUNS:
        raise InsufficientData(f"a prediction needs at least {LEAST_RUNS} runs, got {runs}")
    values = [one.value for one in earlier]
    errors = [one.error for one in earlier]
    if not all(map(math.isfinite, (*values, *errors, error))):
        raise InsufficientData("a prediction needs values and errors that are finite")
    within = fmean(error**2 for error in errors)
    observed = variance(values)
    between = max(observed - within, 0.0)
    total = between + max(error**2, within) + max(observed, within) / runs
    reach = _t_reach(confidence, runs - 1) * math.sqrt(total)
    centre = fmean(values)
    return Prediction(
        centre=centre,
        low=centre - reach,
        high=centre + reach,
        level=confidence,
        spread=math.sqrt(between),
        runs=runs,
    )


@lru_cache(maxsize=64)
def _t_reach(confidence: float, freedom: int) -> float:
    return t_reach(confidence, freedom)  # found by bisection, and asked for again for every run
