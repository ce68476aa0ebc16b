"""Bootstrap-t bounds where nothing exact exists: means without a range, ratios of totals.

They are approximate, and called so in reports: good from some tens of clusters, too narrow for a
handful of skewed ones. The studentised form corrects for skew where the percentile form does not.

Reference:
    B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), 12.5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from arenatest.errors import InsufficientData
from arenatest.stats.percentile import samples_needed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_CLUSTERS = 10
_RESAMPLES = 4_000
_CELLS_AT_ONCE = 1_000_000
_COMMON = 0.95  # a share that values without any spread must be shown to have


def mean_bounds(
    values: Sequence[float], *, alpha_low: float, alpha_high: float, seed: int
) -> tuple[float, float]:
    """Return approximate one-sided bounds of an unbounded mean.

    Values that are all equal show no spread, which is not certainty: they need as many values as
    prove that at least 95 % of all values are equal (59 at one-sided 5 %).

    Args:
        values: Finite, one for each independent cluster.
        alpha_low: Chance that the mean is below the lower bound, about.
        alpha_high: Chance that the mean is above the upper bound, about.
        seed: The same seed gives the same bounds.

    Returns:
        The lower and the upper bound.

    Raises:
        InsufficientData: There are fewer than ten values or too few equal ones, or one is not
            finite.
    """
    import numpy as np

    sample = _sample(values)
    needed = equal_values_needed(min(alpha_low, alpha_high))
    if float(np.ptp(sample)) == 0.0 and len(sample) < needed:
        raise InsufficientData(
            f"{len(sample)} equal values do not show how far others may lie; {needed} would"
        )

    def studentise(rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        drawn = sample[rows]
        return drawn.mean(axis=-1), drawn.std(axis=-1, ddof=1) / math.sqrt(len(sample))

    return _bounds(studentise, len(sample), alpha_low=alpha_low, alpha_high=alpha_high, seed=seed)


def equal_values_needed(alpha: float) -> int:
    """Return how many equal values prove that at least 95 % of all values are equal.

    Examples:
        >>> equal_values_needed(0.05)
        59
    """
    return samples_needed(_COMMON, confidence=1.0 - alpha)


def ratio_bounds(
    numerators: Sequence[float],
    denominators: Sequence[float],
    *,
    alpha_low: float,
    alpha_high: float,
    seed: int,
) -> tuple[float, float]:
    """Return approximate one-sided bounds of a ratio of two totals over the same clusters.

    Clusters are drawn as pairs, on the scale of the logarithm; the rest is as in ``mean_bounds``.

    Args:
        numerators: Finite and not negative, one for each cluster.
        denominators: Likewise, of the same clusters.
        alpha_low: Chance that the ratio lies below the lower bound, about.
        alpha_high: Chance that it lies above the upper bound, about.
        seed: The same seed gives the same bounds.

    Returns:
        The lower and the upper bound; 0 and infinity where the amounts are so rare that a total
        of 0 is among what might as well have been drawn.

    Raises:
        InsufficientData: There are fewer than ten clusters, an amount is negative or not finite,
            or a total is 0.
    """
    import numpy as np

    above, below = _sample(numerators), _sample(denominators)
    if above.min() < 0.0 or below.min() < 0.0:
        raise InsufficientData("a ratio of totals needs amounts that are not negative")
    if above.sum() <= 0.0 or below.sum() <= 0.0:
        raise InsufficientData("a ratio of totals needs totals above 0")

    def studentise(rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        over, under = above[rows], below[rows]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = over.sum(axis=-1) / under.sum(axis=-1)
            residuals = over - ratio[..., None] * under
            error = residuals.std(axis=-1, ddof=1) * math.sqrt(len(above)) / over.sum(axis=-1)
            return np.log(ratio), error

    low, high = _bounds(
        studentise, len(above), alpha_low=alpha_low, alpha_high=alpha_high, seed=seed
    )
    return _exp(low), _exp(high)


def _exp(exponent: float) -> float:
    try:
        return math.exp(exponent)
    except OverflowError:
        return math.inf


def _sample(values: Sequence[float]) -> NDArray[np.float64]:
    import numpy as np

    if len(values) < LEAST_CLUSTERS:
        raise InsufficientData(
            f"a bootstrap needs at least {LEAST_CLUSTERS} clusters, got {len(values)}"
        )
    sample = np.asarray(values, dtype=float)
    if not np.isfinite(sample).all():
        raise InsufficientData("a bootstrap needs values that are finite")
    return sample


def _bounds(
    studentise: Callable[[NDArray[np.int64]], tuple[NDArray[np.float64], NDArray[np.float64]]],
    n: int,
    *,
    alpha_low: float,
    alpha_high: float,
    seed: int,
) -> tuple[float, float]:
    import numpy as np

    estimates, errors = studentise(np.arange(n)[None, :])
    estimate, error = float(estimates[0]), float(errors[0])
    generator = np.random.Generator(np.random.PCG64(seed))
    chunks = []
    unknown = 0  # estimates of 0 / 0, which may lie anywhere: they count in both tails
    rows = max(1, _CELLS_AT_ONCE // n)
    for start in range(0, _RESAMPLES, rows):
        drawn = generator.integers(0, n, size=(min(rows, _RESAMPLES - start), n))
        centres, spreads = studentise(drawn)
        with np.errstate(divide="ignore", invalid="ignore"):
            steps = np.where(np.isinf(centres), centres, (centres - estimate) / spreads)
        nowhere = np.isnan(centres)
        unknown += int(nowhere.sum())
        steps = steps[~nowhere]
        steps[np.isnan(steps)] = 0.0  # 0 / 0: the estimate itself, without spread
        chunks.append(steps)
    if error == 0.0:
        return estimate, estimate
    steps = np.sort(np.concatenate(chunks))
    high_at = min(math.ceil((1.0 - alpha_low) * _RESAMPLES), _RESAMPLES - 1)
    low_at = max(math.floor(alpha_high * _RESAMPLES) - 1, 0) - unknown
    high_step = float(steps[high_at]) if high_at < len(steps) else math.inf
    low_step = float(steps[low_at]) if low_at >= 0 else -math.inf
    return estimate - high_step * error, estimate - low_step * error
