"""Numbers that follow each other in time are not independent: how many they are worth.

Requests that queue at one server wait for each other: a slow one makes the next ones slow. As many
independent values as have a mean of the same variance are their effective number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

from arenatest.errors import InsufficientData
from arenatest.stats.beta import beta_quantile, incomplete_beta
from arenatest.stats.interval import Interval

if TYPE_CHECKING:
    import numpy as np

_ROUNDING = 1e-12
_LEAST = 4  # values below which nothing is told of their order


def effective_size(values: Sequence[float]) -> float:
    """Return how many independent values a series is worth: at least 1, at most its length.

    It is n / (1 + 2 * the sum of the autocorrelations), summed up to where neighbouring pairs of
    them are no longer positive; the smaller of what the values themselves and their normal ranks
    give. A series that alternates gets no credit for it.

    Args:
        values: In the order of time. Infinite ones count as the largest finite one.

    Raises:
        InsufficientData: A value is NaN.

    Examples:
        >>> effective_size([1.0] * 10 + [2.0] * 10) < 5
        True
        >>> effective_size([1.0, 2.0] * 10)
        20.0

    Reference:
        C. J. Geyer, Statist. Sci. 7 (1992) 473-483 (initial monotone sequence); A. Vehtari et al.,
        Bayesian Anal. 16 (2021) 667-718 (of ranks).
    """
    import numpy as np

    if any(map(math.isnan, values)):
        raise InsufficientData("an effective size needs values that are numbers, got NaN")
    n = len(values)
    if n < _LEAST:
        return float(n)
    series = np.asarray(values, dtype=float)
    finite = series[np.isfinite(series)]
    highest, lowest = (finite.max(), finite.min()) if len(finite) else (0.0, 0.0)
    series = np.clip(series, lowest, highest)
    return min(_worth(series), _worth(_normal_ranks(series)))


def share_bounds(
    hits: float, n: int, *, worth: float, alpha_low: float, alpha_high: float
) -> Interval:
    """Return one-sided bounds of a share of n trials that are worth fewer independent ones.

    It is Clopper and Pearson's exact interval at the effective number, with as large a share of
    hits; with ``worth`` = n it is theirs.

    Args:
        hits: From 0 to ``n``.
        n: Trials, at least 1.
        worth: Effective number of trials, above 0 and at most ``n``.
        alpha_low: Error of the lower bound.
        alpha_high: Error of the upper bound.

    Examples:
        >>> low, high = share_bounds(59, 59, worth=59, alpha_low=0.05, alpha_high=0.05)
        >>> f"{low:.4f} {high:.4f}"
        '0.9505 1.0000'

    Reference:
        E. L. Korn and B. I. Graubard, Survey Methodology 24 (1998) 193-201.
    """
    if n < 1:
        raise InsufficientData(f"a share needs at least one trial, got {n!r}")
    k, m = hits * worth / n, worth
    low = beta_quantile(alpha_low, k, m - k + 1.0) if hits > 0 else 0.0
    high = 1.0 - beta_quantile(alpha_high, m - k, k + 1.0) if hits < n else 1.0
    return Interval(low=low, high=high)


def percentile_upper_bound(
    values: Sequence[float], q: float, *, worth: float, alpha: float
) -> float | None:
    """Return what the ``q`` percentile is at most, of values that are worth fewer.

    As ``percentile.upper_bound``, at the effective number and with as large a share beyond.

    Args:
        values: At least one; may be infinite.
        q: The share, in (0, 1).
        worth: Effective number of the values, at most as many as they are.
        alpha: One-sided, in (0, 1).

    Returns:
        One of the values; None where they are worth too few for any bound.
    """
    n = len(values)
    ordered = sorted(values)
    bound = None
    for beyond in range(n):
        if _at_most(beyond * worth / n, worth, 1.0 - q) > alpha * (1.0 + _ROUNDING):
            break
        bound = ordered[n - 1 - beyond]
    return bound


def percentile_lower_bound(
    values: Sequence[float], q: float, *, worth: float, alpha: float
) -> float | None:
    """Return what the ``q`` percentile is at least; as ``percentile_upper_bound``."""
    mirrored = percentile_upper_bound(
        [-value for value in values], 1.0 - q, worth=worth, alpha=alpha
    )
    return None if mirrored is None else -mirrored


def _at_most(k: float, n: float, share: float) -> float:
    """Return P(X <= k) of a binomial whose counts need not be whole."""
    return 1.0 if k >= n else incomplete_beta(1.0 - share, n - k, k + 1.0)


def _worth(series: np.ndarray) -> float:
    import numpy as np

    n = len(series)
    centred = series - series.mean()
    spectrum = np.fft.rfft(centred, 2 * n)
    products = np.fft.irfft(spectrum * np.conj(spectrum))[:n]
    if products[0] <= _ROUNDING * max(1.0, float(np.square(series).sum())):
        return float(n)  # all alike: nothing depends on anything
    correlations = products / products[0]
    total, before = -1.0, math.inf
    for lag in range(0, n - 1, 2):
        pair = min(float(correlations[lag] + correlations[lag + 1]), before)
        if pair < 0.0:
            break
        total, before = total + 2.0 * pair, pair
    return min(max(n / max(total, 1.0), 1.0), float(n))


def _normal_ranks(series: np.ndarray) -> np.ndarray:
    """Return normal scores of the ranks, with equal values at their middle rank."""
    import numpy as np

    _, place, counts = np.unique(series, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2.0
    normal = NormalDist()
    scores = [normal.inv_cdf((rank - 0.375) / (len(series) + 0.25)) for rank in middle]
    ranked: np.ndarray = np.asarray(scores)[place]
    return ranked
