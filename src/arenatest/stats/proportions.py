"""Shares of independent yes-or-no trials: intervals, and the sign test of wins against losses.

A trial is a cluster, never a game: games on one prompt are not independent. Gates decide by tests
of their own; these are for reading, for judge health and for release notes.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Literal

from arenatest.errors import InsufficientData
from arenatest.stats.beta import beta_quantile, incomplete_beta
from arenatest.stats.interval import Interval

Side = Literal["above", "below", "either"]
"""What is to be proven: more wins than losses, fewer, or a difference."""

_WHOLE_UP_TO = 1_000  # trials; sums of whole numbers are exact, but slow with many


def wilson_interval(successes: float, n: int, *, confidence: float = 0.95) -> Interval:
    """Return the two-sided Wilson score interval for a proportion.

    The centre is pulled towards one half and the interval never leaves [0, 1], so it stays usable
    for small ``n`` and for 0 or ``n`` successes, where the normal interval collapses. With ties
    that add one half it is too wide rather than too narrow: no variable in [0, 1] varies more than
    one that takes only 0 and 1.

    Args:
        successes: Number of successes, ``0 <= successes <= n``. May be fractional: a tie adds 0.5.
        n: Number of independent trials, at least 1. Games on one prompt are not independent.
        confidence: Coverage aimed at, in the open interval (0, 1).

    Returns:
        Lower and upper bound of the proportion: fractions, not percentages.

    Raises:
        InsufficientData: ``n`` is 0, or ``successes`` is no number from 0 to ``n``.
        ValueError: ``confidence`` is out of its range.

    Examples:
        >>> low, high = wilson_interval(8, 10)
        >>> f"{low:.4f} {high:.4f}"
        '0.4902 0.9433'

    Reference:
        E. B. Wilson, J. Amer. Stat. Assoc. 22 (1927) 209-212.
    """
    _check(successes, n, confidence)
    z = NormalDist().inv_cdf((1.0 + confidence) / 2.0)
    share, spread = successes / n, z * z / n
    centre = (share + spread / 2.0) / (1.0 + spread)
    half = z / (1.0 + spread) * math.sqrt((share * (1.0 - share) + spread / 4.0) / n)
    return Interval(
        low=max(0.0, centre - half) if successes > 0 else 0.0,
        high=min(1.0, centre + half) if successes < n else 1.0,
    )


def clopper_pearson_interval(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Return the two-sided exact interval for a proportion: it covers at least as often as it says.

    Each bound inverts a one-sided exact binomial test at half the error, so it is wider than
    Wilson's, for the cases where "at least" must be kept.

    Args:
        successes: Number of successes, whole, ``0 <= successes <= n``.
        n: Number of independent trials, at least 1.
        confidence: Coverage kept at least, in (0, 1).

    Returns:
        Lower and upper bound, fractions.

    Raises:
        InsufficientData: ``n`` is 0, or ``successes`` is no whole number from 0 to ``n``.
        ValueError: ``confidence`` is out of its range.

    Examples:
        >>> low, high = clopper_pearson_interval(8, 10)
        >>> f"{low:.4f} {high:.4f}"
        '0.4439 0.9748'

    Reference:
        C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404-413.
    """
    _check(successes, n, confidence)
    _check_whole("successes", successes)
    tail = (1.0 - confidence) / 2.0
    return Interval(
        low=beta_quantile(tail, successes, n - successes + 1) if successes > 0 else 0.0,
        high=1.0 - beta_quantile(tail, n - successes, successes + 1) if successes < n else 1.0,
    )


def sign_test(wins: int, losses: int, *, side: Side = "either") -> float:
    """Return the exact p-value of the sign test: wins and losses are a fair coin's, ties left out.

    Args:
        wins: Decisive trials won, whole, at least 0.
        losses: Decisive trials lost.
        side: ``above`` tests for more wins than losses, ``below`` for fewer, ``either`` for both.

    Returns:
        The p-value; 1 where nothing was decisive, which proves nothing.

    Raises:
        InsufficientData: A count is negative or not whole.

    Examples:
        >>> sign_test(5, 1, side="above")
        0.109375

    Reference:
        W. J. Conover, Practical Nonparametric Statistics, 3rd ed. (1999), 3.4.
    """
    for name, count in (("wins", wins), ("losses", losses)):
        _check_whole(name, count)
        if count < 0:
            raise InsufficientData(f"{name}: got {count!r}, expected at least 0")
    if side == "above":
        return _heads(wins, losses)
    if side == "below":
        return _heads(losses, wins)
    return min(2.0 * _heads(max(wins, losses), min(wins, losses)), 1.0)


def _heads(heads: int, tails: int) -> float:
    """Return the probability of ``heads`` or more from a fair coin."""
    n = heads + tails
    if n > _WHOLE_UP_TO:
        return incomplete_beta(0.5, heads, tails + 1) if heads > 0 else 1.0
    ways = total = math.comb(n, heads)
    for number in range(heads, n):  # each number of ways from the one before, exactly
        ways = ways * (n - number) // (number + 1)
        total += ways
    return total / (1 << n)


def _check(successes: float, n: int, confidence: float) -> None:
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence: got {confidence!r}, expected a number between 0 and 1")
    if n < 1:
        raise InsufficientData(f"an interval of a share needs at least one trial, got {n!r}")
    if not 0 <= successes <= n:
        raise InsufficientData(f"successes: got {successes!r}, expected a number from 0 to {n!r}")


def _check_whole(name: str, count: float) -> None:
    if not math.isfinite(count) or count != int(count):
        raise InsufficientData(f"{name}: got {count!r}, expected a whole number: a tie is neither")
