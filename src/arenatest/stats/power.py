"""How many clusters would probably decide: said before a run, and where one was not enough."""

from __future__ import annotations

import math
from statistics import NormalDist

POWER = 0.8  # what "probably" means
_BEYOND_REACH = 100_000  # nobody has so many prompts: the mean lies on the limit for all purposes


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
