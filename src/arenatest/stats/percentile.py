"""Percentiles without assumptions on the distribution: order statistics and the binomial.

"The 95th percentile is at most L" says that a share of at least 0.95 of all values is at most L, so
counting values decides it exactly. Values may be infinite: a call that failed has no latency, and
is slower than every limit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from arenatest.errors import InsufficientData

_ROUNDING = 1e-12  # 1 - 0.95 is 0.050000000000000044


def nearest_rank(values: Sequence[float], q: float) -> float:
    """Return the smallest value that is not below a share ``q`` of the values.

    Args:
        values: At least one; may be infinite.
        q: The share, in (0, 1): 0.95 for the 95th percentile.

    Raises:
        InsufficientData: There are no values, or one is NaN.

    Examples:
        >>> nearest_rank([15, 20, 35, 40, 50], 0.4)
        20
    """
    return nearest_ranks(values, (q,))[0]


def nearest_ranks(values: Sequence[float], shares: Sequence[float]) -> tuple[float, ...]:
    """Return the same for several shares: values are looked through and sorted once.

    Examples:
        >>> nearest_ranks([15, 20, 35, 40, 50], (0.4, 1.0))
        (20, 50)
    """
    if not values:
        raise InsufficientData("a percentile needs at least one value")
    _check(values)
    ordered = sorted(values)
    # 0.07 * 100 is 7.000000000000001
    ranks = (math.ceil(share * len(values) - 1e-9) for share in shares)
    return tuple(ordered[max(rank, 1) - 1] for rank in ranks)


def lower_bound(values: Sequence[float], q: float, *, alpha: float) -> float | None:
    """Return what the ``q`` percentile is at least; wrong with probability ``alpha`` at most.

    It is the inverted binomial test: the percentile is proven not to lie below L exactly when the
    bound is L or more.

    Args:
        values: Independent; may be infinite.
        q: The share, in (0, 1).
        alpha: One-sided, in (0, 1).

    Returns:
        One of the values; None where there are too few for any bound.

    Raises:
        InsufficientData: A value is NaN.
    """
    _check(values)
    n = len(values)
    below = -1  # the most values under the percentile that would be a surprise
    for k, pmf_sum in enumerate(_cumulative(n, q)):
        if pmf_sum > alpha * (1.0 + _ROUNDING):
            break
        below = k
    # n values under it would have to be a surprise too, which they never are: the sum is then 1
    return None if below < 0 else sorted(values)[min(below, n - 1)]


def upper_bound(values: Sequence[float], q: float, *, alpha: float) -> float | None:
    """Return what the ``q`` percentile is at most; wrong with probability ``alpha`` at most.

    Arguments and result as in ``lower_bound``.

    Examples:
        >>> upper_bound(range(1, 60), 0.95, alpha=0.05)
        59
        >>> upper_bound(range(1, 59), 0.95, alpha=0.05) is None
        True
    """
    mirrored = lower_bound([-value for value in values], 1.0 - q, alpha=alpha)
    return None if mirrored is None else -mirrored


def at_least(successes: int, n: int, share: float) -> float:
    """Return the probability of ``successes`` or more of ``n`` at a true ``share``."""
    return at_most(n - successes, n, 1.0 - share)


def at_most(successes: int, n: int, share: float) -> float:
    """Return the probability of ``successes`` or fewer of ``n`` at a true ``share``.

    Examples:
        >>> f"{at_most(0, 59, 0.05):.4f}"
        '0.0485'
    """
    if successes < 0:
        return 0.0
    if successes >= n:
        return 1.0
    return _cumulative(n, share)[successes]


def samples_needed(q: float, *, confidence: float) -> int:
    """Return how many values there must be before an upper bound of a percentile exists.

    Below it not even values that are all under the limit prove the percentile to be. For a lower
    bound ask with ``1 - q``.

    Examples:
        >>> [samples_needed(q, confidence=0.95) for q in (0.5, 0.9, 0.95, 0.99)]
        [5, 29, 59, 299]
    """
    alpha = 1.0 - confidence
    n = max(1, math.floor(math.log(alpha) / math.log(q)) - 1)
    while q**n > alpha * (1.0 + _ROUNDING):
        n += 1
    return n


def _check(values: Sequence[float]) -> None:
    if any(map(math.isnan, values)):
        raise InsufficientData("a percentile needs values that are numbers, got NaN")


def _cumulative(n: int, share: float) -> list[float]:
    """Return P(X <= k) for k = 0..n of a binomial with ``n`` trials."""
    if not 0.0 < share < 1.0:
        raise ValueError(f"share: got {share!r}, expected a number between 0 and 1")
    hit, miss = math.log(share), math.log1p(-share)
    whole = math.lgamma(n + 1)
    sums, total = [], 0.0
    for k in range(n + 1):
        log_pmf = whole - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * hit + (n - k) * miss
        total += math.exp(log_pmf)
        sums.append(min(total, 1.0))
    return sums
