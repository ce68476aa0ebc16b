"""A judge's mean corrected by human labels: many cheap verdicts, made honest by a few dear ones.

The judge is asked on all prompts and people on some of them. How far the judge is off on those is
taken off everywhere, so that the mean aims at what people would say, however biased the judge is;
the better the judge, the narrower the interval. A judge that is no use costs nothing but its calls.

Reference:
    A. N. Angelopoulos et al., Science 382 (2023) 669-674, arXiv 2301.09633; the choice of the
    trust: Angelopoulos, Duchi and Zrnic, arXiv 2311.01453 (2023), 6.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arenatest.errors import InsufficientData
from arenatest.stats.beta import t_reach

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

LEAST_LABELS = 2
GOOD_LABELS = 50
"""From so many human labels on the interval can be relied on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedMean:
    """What people would say on average, from their labels and a judge's.

    Attributes:
        value: The corrected mean.
        se: Its standard error.
        low, high: Two-sided interval; None where nothing varies, which is no certainty.
        level: What the interval aims to cover, in (0, 1).
        human: The mean of the human labels alone.
        judge: The mean of all of the judge's labels, uncorrected.
        trust: Weight given to the judge: 0 for none, 1 for full.
        labelled: Prompts with a human label.
        unlabelled: Prompts with the judge's only.
    """

    value: float
    se: float
    low: float | None
    high: float | None
    level: float
    human: float
    judge: float
    trust: float
    labelled: int
    unlabelled: int


def corrected_mean(
    human: Sequence[float],
    judge: Sequence[float],
    judge_alone: Sequence[float],
    *,
    trust: float | None = None,
    confidence: float = 0.95,
) -> CorrectedMean:
    """Return the judge's mean, corrected on the prompts that people labelled too.

    All values are means by cluster, for the clusters count as independent, and the labelled ones
    must be a random part of all: labels asked for where the judge seemed wrong would mislead.

    Args:
        human: What people said, such as 1 for a win, 0.5 for a tie and 0 for a loss.
        judge: What the judge said on the same prompts, in the same order.
        judge_alone: What the judge said on the other prompts.
        trust: Weight of the judge, in [0, 1]; None for the weight with the smallest error.
        confidence: Two-sided, in (0, 1).

    Returns:
        The mean with an interval by Student's t, for there are few labels.

    Raises:
        InsufficientData: There are fewer than two prompts of a kind, ``human`` and ``judge`` differ
            in length, or a value is not finite.
        ValueError: ``trust`` or ``confidence`` is out of its range.

    Examples:
        >>> mean = corrected_mean([1, 0, 1, 0], [1, 0, 1, 1], [1, 1, 0, 1, 1, 1, 0, 1], trust=1)
        >>> f"{mean.judge:.2f} {mean.value:.2f}"
        '0.75 0.50'
    """
    truth, seen, rest = (_column(values) for values in (human, judge, judge_alone))
    if len(truth) != len(seen):
        raise InsufficientData(f"got {len(truth)} human labels and {len(seen)} of the judge")
    weight = _best_trust(truth, seen, rest) if trust is None else trust
    if not 0.0 <= weight <= 1.0:
        raise ValueError(f"trust: got {trust!r}, expected a number from 0 to 1")
    off = truth - weight * seen
    value = float(weight * rest.mean() + off.mean())
    se = math.sqrt(float(weight**2 * rest.var(ddof=1) / len(rest) + off.var(ddof=1) / len(off)))
    reach = t_reach(confidence, len(truth) - 1) * se
    return CorrectedMean(
        value=value,
        se=se,
        low=value - reach if se else None,
        high=value + reach if se else None,
        level=confidence,
        human=float(truth.mean()),
        judge=float((seen.sum() + rest.sum()) / (len(seen) + len(rest))),
        trust=weight,
        labelled=len(truth),
        unlabelled=len(rest),
    )


def _best_trust(truth: Reals, seen: Reals, rest: Reals) -> float:
    """Return the weight of the judge that makes the error least, as these data have it."""
    import numpy as np

    spread = float(np.concatenate([seen, rest]).var(ddof=1))
    if spread == 0.0:
        return 0.0
    together = float(((truth - truth.mean()) * (seen - seen.mean())).sum()) / (len(truth) - 1)
    best = together / ((1.0 + len(seen) / len(rest)) * spread)
    return min(max(best, 0.0), 1.0)


def _column(values: Sequence[float]) -> Reals:
    import numpy as np

    column: Reals = np.asarray(values, dtype=float)
    if len(column) < LEAST_LABELS or not np.isfinite(column).all():
        raise InsufficientData(
            f"a correction needs at least {LEAST_LABELS} finite labels of each kind"
        )
    return column
