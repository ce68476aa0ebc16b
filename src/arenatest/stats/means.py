"""Means of values that come in clusters: prompts of one family, games on one prompt.

Values of one cluster resemble each other, so the error of the mean is that between clusters. Every
value weighs the same; to let every cluster weigh the same give one value for each.

Reference:
    E. Miller, Adding Error Bars to Evals, arXiv 2411.00640 (2024), 2.2; strata: W. G. Cochran,
    Sampling Techniques, 3rd ed. (1977), 6.11 and 9A.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arenatest.errors import InsufficientData
from arenatest.stats.beta import t_reach

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]

LEAST_CLUSTERS = 2
_WEIGHTS_AT_ONCE = 1_000_000
_ROUNDING = 1e-12  # of a mean, relative to the largest value


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteredMean:
    """A mean with its interval.

    Attributes:
        value: The mean of all values.
        se: Its standard error.
        low, high: Two-sided interval; None where the clusters show no spread at all: that is no
            certainty, and an interval of no width would claim it.
        level: What the interval aims to cover, in (0, 1).
        n: Values.
        clusters: Independent clusters.
    """

    value: float
    se: float
    low: float | None
    high: float | None
    level: float
    n: int
    clusters: int


def clustered_mean(
    values: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    *,
    strata: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
) -> ClusteredMean:
    """Return the mean with an interval by Student's t on as many clusters as there are.

    Scores near 0 or 1 are too skewed for it (20 of them with a true mean of 0.95 would pass a limit
    of 0.95 in 36 % of samples, not in 5 %): gates use the betting test instead.

    Args:
        values: Finite.
        clusters: The cluster of each value; None where each is on its own.
        strata: The subset that each value was drawn from, where the size of the subsets was chosen
            and not left to chance: their differences then are no error. No cluster in two of them.
        confidence: Two-sided, in (0, 1).

    Raises:
        InsufficientData: A stratum has fewer than two clusters, a cluster lies in two strata, or a
            value is missing or not finite.
        ValueError: ``confidence`` is out of its range.

    Examples:
        >>> mean = clustered_mean([1, 1, 0, 0.5, 0, 1], ["a", "a", "b", "b", "c", "c"])
        >>> f"{mean.value:.3f} {mean.se:.3f} [{mean.low:.2f}, {mean.high:.2f}]"
        '0.583 0.220 [-0.37, 1.53]'
    """
    sums = _sums(values, clusters, strata)
    reach = t_reach(confidence, len(sums.totals) - len(sums.strata))
    value, variance = _studentise(sums)
    se = math.sqrt(float(variance[0]))
    return _result(sums, float(value[0]), se, (-reach, reach), confidence)


def bootstrapped_mean(
    values: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    *,
    strata: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
    seed: int,
    resamples: int = 4_000,
) -> ClusteredMean:
    """Return the mean with an interval by the bootstrap of whole clusters, within their strata.

    It is the studentised bootstrap: where values are skewed to one side, so is the interval.

    Args:
        values: As in ``clustered_mean``.
        clusters: Likewise.
        strata: Likewise.
        confidence: Likewise.
        seed: The same seed gives the same interval.
        resamples: How often clusters are drawn; more make the interval steadier.

    Raises:
        InsufficientData: As in ``clustered_mean``.
        ValueError: ``confidence`` or ``resamples`` is out of its range.

    Reference:
        B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), 12.5.
    """
    import numpy as np

    if not 0.0 < confidence < 1.0 or resamples < 2.0 / (1.0 - confidence):
        raise ValueError(f"got {resamples!r} resamples, too few for a confidence of {confidence!r}")
    upper = (1.0 + confidence) / 2.0
    sums = _sums(values, clusters, strata)
    value, variance = _studentise(sums)
    se = math.sqrt(float(variance[0]))
    steps = []
    generator = np.random.Generator(np.random.PCG64(seed))
    for weights in _weights(sums, resamples, generator):
        drawn, spread = _studentise(sums, weights)
        with np.errstate(divide="ignore", invalid="ignore"):
            steps.append((drawn - value) / np.sqrt(spread))
    ordered = np.sort(np.nan_to_num(np.concatenate(steps), nan=0.0, posinf=np.inf, neginf=-np.inf))
    high_step = float(ordered[min(math.ceil(upper * resamples), resamples - 1)])
    low_step = float(ordered[max(math.floor((1.0 - upper) * resamples) - 1, 0)])
    return _result(sums, float(value[0]), se, (-high_step, -low_step), confidence)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sums:
    """What clusters amount to, measured from the mean of all values for accuracy."""

    centre: float
    totals: Reals
    sizes: Reals
    strata: tuple[Numbers, ...]  # the clusters of each
    largest: float  # value, without its sign


def _sums(
    values: Sequence[float],
    clusters: Sequence[Hashable] | None,
    strata: Sequence[Hashable] | None,
) -> _Sums:
    import numpy as np

    sample = np.asarray(values, dtype=float)
    clusters = range(len(sample)) if clusters is None else clusters
    strata = [None] * len(sample) if strata is None else strata
    if not len(sample) or not np.isfinite(sample).all():
        raise InsufficientData("a mean needs values, all of them finite")
    if not len(sample) == len(clusters) == len(strata):
        raise InsufficientData(
            f"got {len(sample)} values, {len(clusters)} clusters and {len(strata)} strata"
        )
    place: dict[Hashable, int] = {}
    label = [place.setdefault(cluster, len(place)) for cluster in clusters]
    centre = float(sample.mean())
    sizes = np.bincount(label).astype(float)
    return _Sums(
        centre=centre,
        totals=np.bincount(label, sample - centre, len(sizes)).astype(float),
        sizes=sizes,
        strata=_members(label, strata),
        largest=float(abs(sample).max()),
    )


def _members(label: Sequence[int], strata: Sequence[Hashable]) -> tuple[Numbers, ...]:
    """Return the clusters of each stratum."""
    import numpy as np

    home: dict[int, Hashable] = {}
    members: dict[Hashable, list[int]] = {}
    for cluster, stratum in zip(label, strata, strict=True):
        if cluster not in home:
            home[cluster] = stratum
            members.setdefault(stratum, []).append(cluster)
        elif home[cluster] != stratum:
            raise InsufficientData(
                f"a cluster lies in the strata {home[cluster]!r} and {stratum!r}"
            )
    for stratum, inside in members.items():
        if len(inside) < LEAST_CLUSTERS:
            where = "" if stratum is None else f" in the stratum {stratum!r}"
            raise InsufficientData(f"one cluster{where} does not show how others may differ")
    return tuple(np.array(inside) for inside in members.values())


def _studentise(sums: _Sums, weights: Reals | None = None) -> tuple[Reals, Reals]:
    """Return mean and squared error, for each row of weights of the clusters."""
    import numpy as np

    totals, sizes = sums.totals, sums.sizes
    rows = np.ones((1, len(totals))) if weights is None else weights
    n = rows @ sizes
    mean = (rows @ totals) / n
    squares = np.zeros(len(rows))
    for inside in sums.strata:
        drawn, count = rows[:, inside], len(inside)
        total, size = totals[inside], sizes[inside]
        spread = drawn @ total**2 - 2.0 * mean * (drawn @ (total * size))
        spread += mean**2 * (drawn @ size**2)
        spread -= (drawn @ total - mean * (drawn @ size)) ** 2 / count
        squares += np.maximum(spread, 0.0) * count / (count - 1.0)
    return sums.centre + mean, squares / n**2


def _weights(sums: _Sums, resamples: int, generator: np.random.Generator) -> Iterator[Reals]:
    """Yield how often each cluster is drawn, in blocks of resamples."""
    import numpy as np

    block = max(1, _WEIGHTS_AT_ONCE // len(sums.totals))
    for start in range(0, resamples, block):
        rows = np.zeros((min(block, resamples - start), len(sums.totals)))
        for inside in sums.strata:
            even = np.full(len(inside), 1.0 / len(inside))
            rows[:, inside] = generator.multinomial(len(inside), even, size=len(rows))
        yield rows


def _result(
    sums: _Sums, value: float, se: float, steps: tuple[float, float], confidence: float
) -> ClusteredMean:
    flat = se <= _ROUNDING * sums.largest
    low, high = (value + step * se if not flat and math.isfinite(step) else None for step in steps)
    return ClusteredMean(
        value=value,
        se=0.0 if flat else se,
        low=low,
        high=high,
        level=confidence,
        n=int(sums.sizes.sum()),
        clusters=len(sums.totals),
    )
