"""How many clusters would probably decide, and what so many can: said before a run is paid for."""

from __future__ import annotations

import math
from bisect import bisect_right
from statistics import NormalDist

from arenatest.errors import InsufficientData
from arenatest.stats.percentile import at_most

POWER = 0.8  # what "probably" means
_BEYOND_REACH = 100_000  # nobody has so many prompts: the mean lies on the limit for all purposes
_MANY = 1_000  # trials from which on the normal distribution is near enough
_NEAR = 1e-5


def clusters_needed(*, sd: float, delta: float, alpha: float, power: float = POWER) -> int | None:
    """Return how many clusters would probably decide a one-sided test of a mean.

    Args:
        sd: Standard deviation of the clusters' values.
        delta: Distance of the true mean from the limit; its sign does not matter.
        alpha: One-sided, in (0, 1).
        power: The probability wanted.

    Returns:
        ``((z_alpha + z_power) * sd / delta) ** 2`` rounded up, at least 1; None where the mean
        lies on the limit, or so near that 100,000 would not do.

    Examples:
        >>> clusters_needed(sd=0.33, delta=0.05, alpha=0.05)
        270
        >>> clusters_needed(sd=0.33, delta=0.0, alpha=0.05) is None
        True
    """
    if delta == 0.0 or not math.isfinite(delta) or not math.isfinite(sd):
        return None
    normal = NormalDist()
    reach = normal.inv_cdf(1.0 - alpha) + normal.inv_cdf(power)
    root = abs(reach * sd / delta)
    return max(1, math.ceil(root**2)) if root < math.sqrt(_BEYOND_REACH) else None


def detectable_effect(*, sd: float, clusters: int, alpha: float, power: float = POWER) -> float:
    """Return how far a mean must lie from its limit for a one-sided test to probably prove it.

    It is the inverse of ``clusters_needed``, and like it a normal approximation of a test at a
    fixed number of clusters: a sequential test needs a little more.

    Args:
        sd: Standard deviation of the clusters' values, at least 0.
        clusters: How many there are, at least 1.
        alpha: One-sided, in (0, 1).
        power: The probability wanted, in (0, 1).

    Returns:
        ``(z_alpha + z_power) * sd / sqrt(clusters)``, in the unit of the values.

    Raises:
        InsufficientData: There are no clusters, or ``sd`` is no number from 0.
        ValueError: ``alpha`` or ``power`` is out of its range.

    Examples:
        >>> f"{detectable_effect(sd=0.33, clusters=200, alpha=0.05):.3f}"
        '0.058'
    """
    for name, share in (("alpha", alpha), ("power", power)):
        if not 0.0 < share < 1.0:
            raise ValueError(f"{name}: got {share!r}, expected a number between 0 and 1")
    if clusters < 1 or not 0.0 <= sd < math.inf:
        raise InsufficientData(f"a detectable effect: got {clusters!r} clusters and sd {sd!r}")
    normal = NormalDist()
    reach = normal.inv_cdf(1.0 - alpha) + normal.inv_cdf(power)
    return reach * sd / math.sqrt(clusters)


def detectable_share(share: float, *, n: int, alpha: float, power: float = POWER) -> float | None:
    """Return how small a true share must be for ``n`` trials to probably prove it below ``share``.

    The test is the exact binomial one, which is that of a percentile: the share of values beyond
    a limit. Ask with ``1 - share`` for the other side, and take the result from 1.

    Args:
        share: The share to be undercut, in (0, 1).
        n: Number of independent trials.
        alpha: One-sided, in (0, 1).
        power: The probability wanted, in (0, 1).

    Returns:
        The largest such share, within 1e-5; None where not even ``n`` misses prove it.

    Examples:
        >>> f"{detectable_share(0.05, n=200, alpha=0.05):.4f}"
        '0.0155'
        >>> detectable_share(0.05, n=58, alpha=0.05) is None
        True
    """
    if at_most(0, n, share) > alpha:
        return None
    if n > _MANY:
        away = detectable_effect(
            sd=math.sqrt(share * (1.0 - share)), clusters=n, alpha=alpha, power=power
        )
        return max(share - away, 0.0)
    refuted = bisect_right(range(n + 1), alpha, key=lambda k: at_most(k, n, share))
    most = refuted - 1  # successes that still prove it
    low, high = 0.0, share
    while high - low > _NEAR:
        middle = (low + high) / 2.0
        if at_most(most, n, middle) >= power:
            low = middle
        else:
            high = middle
    return low
