"""Agreement between judges, or between a judge and people, beyond what chance would bring.

Raw agreement flatters: two judges that nearly always say "tie" agree nearly always.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from arenatest.errors import InsufficientData

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

Scale = Literal["nominal", "ordinal", "interval"]
"""How far apart two different labels are: all alike, by ranks, or by their values."""

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Kappa:
    """Agreement of two judges on the same battles.

    Attributes:
        value: Cohen's kappa: 1 for full agreement, 0 for what chance brings, negative below it.
        se: Its standard error, if the battles are independent; good for some tens of them.
        observed: Share of the battles on which they agree.
        expected: Share on which they would by chance, each keeping its own habits.
        n: Battles.
    """

    value: float
    se: float
    observed: float
    expected: float
    n: int


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> Kappa:
    """Return Cohen's kappa of two judges that labelled the same battles.

    Args:
        first: One judge's labels.
        second: The other's, of the same battles in the same order.

    Raises:
        InsufficientData: There are none, the lengths differ, a label is None or NaN, or both
            judges always gave one and the same label: chance alone explains that.

    Examples:
        >>> kappa = cohen_kappa("AABBA", "ABBBA")
        >>> f"{kappa.value:.3f} {kappa.observed:.1f}"
        '0.615 0.8'

    Reference:
        J. Cohen, Educ. Psychol. Meas. 20 (1960) 37-46; the error: J. L. Fleiss, J. Cohen and B. S.
        Everitt, Psychol. Bull. 72 (1969) 323-327.
    """
    import numpy as np

    if len(first) != len(second) or not first:
        raise InsufficientData(
            f"kappa: got {len(first)} and {len(second)} labels of one battle each"
        )
    place: dict[Hashable, int] = {}
    for label in (*first, *second):
        if label is None or label != label:  # noqa: PLR0124 - only NaN differs from itself
            raise InsufficientData(f"kappa: got the label {label!r}; leave the battle out instead")
        place.setdefault(label, len(place))
    shares = np.zeros((len(place), len(place)))
    np.add.at(shares, ([place[label] for label in first], [place[label] for label in second]), 1.0)
    shares /= len(first)
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    observed, expected = float(np.trace(shares)), float((rows * columns).sum())
    if expected >= 1.0 - _ROUNDING:
        raise InsufficientData(f"kappa: both judges always said {first[0]!r}")
    value = (observed - expected) / (1.0 - expected)
    se = math.sqrt(_kappa_variance(shares, value, expected) / len(first))
    return Kappa(value=value, se=se, observed=observed, expected=expected, n=len(first))


def krippendorff_alpha(
    units: Sequence[Sequence[float | str | None]], *, scale: Scale = "nominal"
) -> float:
    """Return Krippendorff's alpha of any number of judges, some of whom may be missing.

    Args:
        units: For each battle the labels that it got, in any order; None where a judge is missing.
            Battles with fewer than two labels say nothing and are left out.
        scale: ``nominal`` for names; ``ordinal`` for labels whose order alone means something, such
            as the five verdicts as numbers; ``interval`` for numbers.

    Returns:
        1 for full agreement, 0 for what chance brings, negative below it.

    Raises:
        InsufficientData: No battle has two labels, all labels are the same, or one is NaN.

    Examples:
        >>> f"{krippendorff_alpha([['A', 'A'], ['B', 'B'], ['A', 'B'], ['B', None]]):.3f}"
        '0.444'

    Reference:
        K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), University of
        Pennsylvania, ScholarlyCommons.
    """
    import numpy as np

    compared = [[label for label in unit if label is not None] for unit in units]
    compared = [unit for unit in compared if len(unit) > 1]
    if not compared:
        raise InsufficientData("alpha: no battle has labels of two judges")
    labels = _labels(compared, scale)
    place = {label: number for number, label in enumerate(labels)}
    table = np.zeros((len(compared), len(labels)))
    for row, unit in enumerate(compared):
        for label in unit:
            table[row, place[label]] += 1.0
    pairable = table / (table.sum(axis=1, keepdims=True) - 1.0)
    coincidences = pairable.T @ table - np.diag(pairable.sum(axis=0))
    totals = table.sum(axis=0)
    far = _distances(labels, totals, scale)
    by_chance = float((np.outer(totals, totals) * far).sum()) / (totals.sum() - 1.0)
    if by_chance == 0.0:
        raise InsufficientData(f"alpha: every label is {labels[0]!r}")
    return float(1.0 - (coincidences * far).sum() / by_chance)


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float:
    """Return Spearman's correlation of two rankings of the same things; ties share a mid-rank.

    Raises:
        InsufficientData: There are fewer than two things, the lengths differ, one is NaN, or one
            of the rankings ranks all alike.

    Examples:
        >>> rank_correlation([1, 2, 3, 4], [10, 40, 20, 80])
        0.8

    Reference:
        C. Spearman, Amer. J. Psychol. 15 (1904) 72-101.
    """
    import numpy as np

    if len(first) != len(second):
        raise InsufficientData(f"ranks: got {len(first)} and {len(second)} of them")
    one, other = _centred_ranks(first), _centred_ranks(second)
    return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()))


def _kappa_variance(shares: Reals, kappa: float, expected: float) -> float:
    """Return n times the variance of kappa by the delta method."""
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    agreed = shares.diagonal()
    missing = 1.0 - kappa
    on = (agreed * (1.0 - (rows + columns) * missing) ** 2).sum()
    cross = shares * (columns[:, None] + rows[None, :]) ** 2
    off = missing**2 * (cross.sum() - cross.trace())
    mean = (kappa - expected * missing) ** 2
    return max(float(on + off - mean), 0.0) / (1.0 - expected) ** 2


def _labels(units: list[list[float | str]], scale: Scale) -> list[float | str]:
    found = {label for unit in units for label in unit}
    if any(label != label for label in found):  # noqa: PLR0124 - only NaN differs from itself
        raise InsufficientData("alpha: got the label nan; give None where a judge is missing")
    if scale != "nominal" and not all(isinstance(label, int | float) for label in found):
        raise InsufficientData(f"alpha: labels on an {scale} scale must be numbers")
    return sorted(
        found, key=lambda label: (str(type(label)), label) if scale == "nominal" else label
    )


def _distances(labels: list[float | str], totals: Reals, scale: Scale) -> Reals:
    """Return the squared distance of each label from each."""
    import numpy as np

    if scale == "nominal":
        return 1.0 - np.eye(len(labels))
    middles = np.cumsum(totals) - totals / 2.0 if scale == "ordinal" else np.array(labels)
    squares: Reals = (middles[:, None] - middles[None, :]).astype(float) ** 2
    return squares


def _centred_ranks(values: Sequence[float]) -> Reals:
    import numpy as np

    if len(values) <= 1 or any(math.isnan(value) for value in values):
        raise InsufficientData("ranks need at least two values, none of them NaN")
    _, group, counts = np.unique(np.asarray(values, float), return_inverse=True, return_counts=True)
    ranks: Reals = (np.cumsum(counts) - (counts - 1) / 2.0)[group]
    if len(counts) == 1:
        raise InsufficientData("ranks: all values are the same")
    centred: Reals = ranks - ranks.mean()
    return centred
