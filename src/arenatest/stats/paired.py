"""Paired differences by signed ranks: the typical shift, robust against a few wild pairs.

For latency the differences are log(candidate / baseline), one for each prompt, so a shift is a
slowdown. Pairs where one side failed enter as plus or minus infinity: the ranks do not mind.

All is one test and its inversion: the interval holds the shifts that the test does not reject.

Reference:
    M. Hollander, D. A. Wolfe and E. Chicken, Nonparametric Statistical Methods, 3rd ed. (2014),
    3.1-3.3; zeros: J. W. Pratt, J. Amer. Stat. Assoc. 54 (1959) 655-667.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

from arenatest.errors import InsufficientData

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_PAIRS = 6
_EXACT_UP_TO = 50
_WALSH_UP_TO = 2_000  # two million averages; beyond it the estimate is found by bisection
_ACCURACY = 1e-12  # of a bound, relative to the spread of the differences


def p_above(differences: Sequence[float], shift: float = 0.0) -> float:
    """Return the one-sided p-value against "the differences do not lie above ``shift``".

    Up to 50 pairs the distribution of the signed ranks is exact, given the ties (mid-ranks) and
    the zeros (ranked, then left out: Pratt); beyond, normal with the tie-corrected variance and a
    continuity correction.

    Args:
        differences: One for each pair, symmetric about their typical value if that is ``shift``;
            may be infinite, not NaN.
        shift: The limit, finite.

    Raises:
        InsufficientData: There are fewer than six pairs, or one is NaN.

    Examples:
        >>> p_above([1, 2, 3, 4, 5, 6])
        0.015625
    """
    if len(differences) < LEAST_PAIRS:
        raise InsufficientData(
            f"signed ranks need at least {LEAST_PAIRS} pairs, got {len(differences)}"
        )
    return _p_above(_known(differences), shift)


def p_below(differences: Sequence[float], shift: float = 0.0) -> float:
    """Return the one-sided p-value against "the differences do not lie below ``shift``"."""
    return p_above([-difference for difference in differences], -shift)


def lower_bound(differences: Sequence[float], *, alpha: float) -> float | None:
    """Return the smallest shift that ``p_above`` does not reject at ``alpha``.

    Returns:
        A shift, within 1e-12 of the differences' spread; None where no shift is rejected.

    Raises:
        InsufficientData: There are fewer than six pairs.
    """
    finite = [difference for difference in differences if math.isfinite(difference)]
    p_above(differences)  # for its errors
    if not finite:
        return None
    values = _known(differences)
    low, high = min(finite), max(finite)
    rejected, kept = low - (high - low) - 1.0, high + (high - low) + 1.0
    if _p_above(values, rejected) > alpha or _p_above(values, kept) <= alpha:
        return None
    closest = _ACCURACY * (kept - rejected)
    while kept - rejected > closest:
        middle = (rejected + kept) / 2.0
        if not rejected < middle < kept:
            break  # neighbouring floats
        if _p_above(values, middle) <= alpha:
            rejected = middle
        else:
            kept = middle
    return kept


def upper_bound(differences: Sequence[float], *, alpha: float) -> float | None:
    """Return the largest shift that ``p_below`` does not reject at ``alpha``."""
    mirrored = lower_bound([-difference for difference in differences], alpha=alpha)
    return None if mirrored is None else -mirrored


def hodges_lehmann(differences: Sequence[float]) -> float:
    """Return the Hodges-Lehmann estimate: the median of the averages of all pairs of differences.

    Args:
        differences: At least one; finite.

    Raises:
        InsufficientData: There are none, or one is not finite.

    Examples:
        >>> hodges_lehmann([1.0, 2.0, 9.0])
        3.5
    """
    if not differences:
        raise InsufficientData("an estimate of the typical difference needs at least one")
    import numpy as np

    if not all(map(math.isfinite, differences)):
        raise InsufficientData("an estimate of the typical difference needs finite ones")
    values = np.sort(np.asarray(differences, dtype=float))
    if len(values) > _WALSH_UP_TO:
        return _balance(values)
    first, second = np.triu_indices(len(values))
    return float(np.median((values[first] + values[second]) / 2.0))


def _known(differences: Sequence[float]) -> NDArray[np.float64]:
    import numpy as np

    values = np.asarray(differences, dtype=float)
    if np.isnan(values).any():
        raise InsufficientData("signed ranks need differences that are numbers, got NaN")
    return values


def _balance(values: NDArray[np.float64]) -> float:
    """Return the shift with as many averages of two values above as below, by bisection."""
    import numpy as np

    n = len(values)
    half = n * (n + 1) / 4.0
    low, high = float(values[0]), float(values[-1])
    closest = _ACCURACY * (high - low)
    while high - low > closest:
        middle = (low + high) / 2.0
        if not low < middle < high:
            break  # neighbouring floats
        # for each value the partners, itself included, whose average with it exceeds the middle
        partners = n - np.searchsorted(values, 2.0 * middle - values, side="right")
        above = (int(partners.sum()) + int((values > middle).sum())) / 2.0
        if above > half:
            low = middle
        else:
            high = middle
    return high


def _p_above(values: NDArray[np.float64], shift: float) -> float:
    away = values - shift
    doubled = _doubled_ranks(abs(away))
    positive = int(doubled[away > 0.0].sum())
    ranks = doubled[away != 0.0]
    if len(values) <= _EXACT_UP_TO:
        return _exact_tail(ranks, positive)
    if not len(ranks):
        return 1.0
    mean, sd = float(ranks.sum()) / 2.0, math.sqrt(float((ranks.astype(float) ** 2).sum())) / 2.0
    return NormalDist().cdf(-(positive - 1.0 - mean) / sd)  # 1 doubled rank is the usual half


def _doubled_ranks(sizes: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return twice the mid-rank of each size: whole numbers even with ties."""
    import numpy as np

    _, group, counts = np.unique(sizes, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    doubled: NDArray[np.int64] = (2 * last - counts + 1)[group]
    return doubled


def _exact_tail(ranks: NDArray[np.int64], positive: int) -> float:
    """Return P(sum of the ranks that get a plus >= ``positive``), each sign a fair coin."""
    import numpy as np

    chances = np.zeros(int(ranks.sum()) + 1)
    chances[0] = 1.0
    for rank in ranks:
        shifted = np.zeros_like(chances)
        shifted[rank:] = chances[: len(chances) - rank]
        chances = (chances + shifted) / 2.0
    return min(float(chances[positive:].sum()), 1.0)
