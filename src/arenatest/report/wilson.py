"""An interval for reading a slice's win rate; gates decide by tests of their own."""

from __future__ import annotations

from statistics import NormalDist


def wilson_interval(successes: float, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the two-sided Wilson score interval for a share.

    It never leaves [0, 1] and stays usable for small ``n`` and for 0 or ``n`` successes. With ties
    that add one half it is too wide rather than too narrow: no variable in [0, 1] varies more than
    one that takes only 0 and 1.

    Args:
        successes: Sum of scores in [0, 1], at most ``n``.
        n: Independent trials, at least 1: clusters, not games.
        confidence: Coverage aimed at, in (0, 1).

    Returns:
        The lower and the upper bound, fractions.

    Examples:
        >>> low, high = wilson_interval(8, 10)
        >>> f"{low:.4f} {high:.4f}"
        '0.4902 0.9433'

    Reference:
        E. B. Wilson, J. Amer. Stat. Assoc. 22 (1927) 209-212.
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, spread = successes / n, z * z / n
    centre = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * ((share * (1 - share) + spread / 4) / n) ** 0.5
    return max(0.0, centre - half), min(1.0, centre + half)
