"""The incomplete beta function, and the quantiles of the beta and t distributions that rest on it.

The standard library knows the normal distribution only, and scipy is too heavy a door for two
quantiles.
"""

from __future__ import annotations

import math
from collections.abc import Callable

_TINY = 1e-300
_EPSILON = 1e-16
_CONVERGED = 1e-15
_HALF = 0.5


def incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function: P(X <= ``x``) for X ~ Beta(``a``, ``b``).

    A binomial's upper tail is one of its values: P(X >= k of n at share p) is
    ``incomplete_beta(p, k, n - k + 1)``. The relative error stays under 1e-9 up to a
    million trials.

    Args:
        x: In [0, 1].
        a: Above 0.
        b: Above 0.

    Raises:
        ValueError: An argument is out of its range.

    Examples:
        >>> f"{incomplete_beta(0.5, 2, 2):.4f}"
        '0.5000'

    Reference:
        W. H. Press et al., Numerical Recipes, 3rd ed. (2007), 6.4; DLMF 8.17.22.
    """
    if not (0.0 <= x <= 1.0 and 0.0 < a < math.inf and 0.0 < b < math.inf):
        raise ValueError(f"incomplete beta: got x={x!r}, a={a!r}, b={b!r}, expected 0 <= x <= 1")
    if x in (0.0, 1.0):
        return x
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(log_front + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1.0) / (a + b + 2.0):
        return min(front * _continued_fraction(x, a, b) / a, 1.0)
    return max(1.0 - front * _continued_fraction(1.0 - x, b, a) / b, 0.0)


def beta_quantile(q: float, a: float, b: float) -> float:
    """Return the value that a Beta(``a``, ``b``) variable does not exceed with probability ``q``.

    Args:
        q: In [0, 1].
        a: Above 0.
        b: Above 0.

    Examples:
        >>> f"{beta_quantile(0.025, 8, 3):.4f}"
        '0.4439'
    """
    return _crossing(lambda x: incomplete_beta(x, a, b), q)


def t_quantile(q: float, freedom: float) -> float:
    """Return the quantile of Student's t distribution.

    Args:
        q: In (0, 1).
        freedom: Degrees of freedom, above 0.

    Raises:
        ValueError: An argument is out of its range.

    Examples:
        >>> f"{t_quantile(0.975, 9):.4f}"
        '2.2622'
    """
    if not (0.0 < q < 1.0 and freedom > 0.0):
        raise ValueError(f"t quantile: got q={q!r}, freedom={freedom!r}")
    tails = 2.0 * min(q, 1.0 - q)
    if tails < _HALF:
        x = beta_quantile(tails, freedom / 2.0, 0.5)  # of freedom / (freedom + t**2)
        t = math.sqrt(freedom * (1.0 - x) / x)
    else:
        y = beta_quantile(1.0 - tails, 0.5, freedom / 2.0)  # the rest: accurate in the middle
        t = math.sqrt(freedom * y / (1.0 - y))
    return math.copysign(t, q - _HALF)


def t_reach(confidence: float, freedom: float) -> float:
    """Return how many standard errors a two-sided t interval reaches to either side.

    Args:
        confidence: Coverage aimed at, in (0, 1).
        freedom: Degrees of freedom, above 0.

    Raises:
        ValueError: An argument is out of its range.

    Examples:
        >>> f"{t_reach(0.95, 9):.4f}"
        '2.2622'
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence: got {confidence!r}, expected a number between 0 and 1")
    return t_quantile((1.0 + confidence) / 2.0, freedom)


def _crossing(rising: Callable[[float], float], level: float) -> float:
    """Return where a function that rises from 0 to 1 on [0, 1] crosses ``level``, by bisection."""
    if not 0.0 <= level <= 1.0:
        raise ValueError(f"quantile: got q={level!r}, expected a number from 0 to 1")
    low, high = 0.0, 1.0
    while True:
        middle = (low + high) / 2.0
        if not low < middle < high or high - low < _EPSILON * high:
            return middle
        if rising(middle) < level:
            low = middle
        else:
            high = middle


def _continued_fraction(x: float, a: float, b: float) -> float:
    """Return the fraction of DLMF 8.17.22 by Lentz's method; quick for x below a / (a + b)."""
    c, d = 1.0, 1.0 / _away_from_zero(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, 1_000 + 20 * math.isqrt(math.ceil(a + b))):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        for term in (even, odd):
            d = 1.0 / _away_from_zero(1.0 + term * d)
            c = _away_from_zero(1.0 + term / c)
            value *= c * d
        if abs(c * d - 1.0) < _CONVERGED:
            break
    return value


def _away_from_zero(number: float) -> float:
    return _TINY if abs(number) < _TINY else number
