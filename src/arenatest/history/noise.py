"""Two runs on the same prompts: what differs by more than noise, and what cannot be told apart.

Prompts are paired, so that hard ones do not count as a difference, and prompts of one cluster count
once. Several comparisons are read together: their error is shared out among them, so that of two
runs of the same models no more than one pair in twenty shows any difference at all.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from arenatest.stats.betting import BettingTest, can_prove
from arenatest.stats.paired import LEAST_PAIRS, hodges_lehmann, lower_bound, upper_bound

ERROR = 0.05
"""Chance that two runs of unchanged models show any difference."""

Finding = Literal["higher", "lower", "noise", "few"]
"""What a comparison proves: ``few`` where so few prompts could prove nothing."""

_EVEN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How a number differs between two runs, prompt by prompt.

    Attributes:
        value: Difference of scores, or ratio of times, after to before.
        low, high: Two-sided interval; None where there is no bound.
        level: What it covers, in (0, 1).
        n: Clusters of prompts that both runs have.
        finding: ``higher`` or ``lower`` where the interval leaves out "no change".
    """

    value: float
    low: float | None
    high: float | None
    level: float
    n: int
    finding: Finding


def shared_error(comparisons: int) -> float:
    """Return the error that each of several comparisons may make."""
    return ERROR / max(comparisons, 1)


def by_cluster(differences: Iterable[tuple[str, float]]) -> list[float]:
    """Return the mean difference of each cluster, in the order in which they come.

    Args:
        differences: Cluster and difference of each prompt.
    """
    clusters: dict[str, list[float]] = defaultdict(list)
    for cluster, difference in differences:
        clusters[cluster].append(difference)
    return [fmean(values) for values in clusters.values()]


def score_change(differences: Sequence[float], *, error: float) -> Change | None:
    """Return how scores changed, by the betting test that gates on win rates use.

    Args:
        differences: After less before, -1 to 1, one for each cluster, in an order that does not
            depend on them.
        error: Chance of a false finding, two-sided.

    Returns:
        The change of the mean; None without any difference.
    """
    n = len(differences)
    if not n:
        return None
    test = BettingTest(_EVEN, n, alpha_pass=error / 2, alpha_fail=error / 2)
    for difference in differences:
        test.update((difference + 1.0) / 2.0)
    low, high = (None if bound is None else 2.0 * bound - 1.0 for bound in test.bounds())
    enough = can_prove(_EVEN, n, alpha=error / 2)
    value = fmean(differences)
    return _change(value, (low, high), nothing=0.0, n=n, error=error, enough=enough)


def ratio_change(log_ratios: Sequence[float], *, error: float) -> Change | None:
    """Return how times changed, by signed ranks as gates on ratios have it.

    Args:
        log_ratios: log(after / before), finite, one for each cluster.
        error: Chance of a false finding, two-sided.

    Returns:
        The typical ratio; None without any pair.
    """
    n = len(log_ratios)
    if not n:
        return None
    enough = n >= LEAST_PAIRS and _EVEN**n <= error / 2
    bounds: tuple[float | None, float | None] = (None, None)
    if enough:
        low = lower_bound(log_ratios, alpha=error / 2)
        high = upper_bound(log_ratios, alpha=error / 2)
        bounds = (None if low is None else math.exp(low), None if high is None else math.exp(high))
    value = math.exp(hodges_lehmann(log_ratios))
    return _change(value, bounds, nothing=1.0, n=n, error=error, enough=enough)


def _change(
    value: float,
    bounds: tuple[float | None, float | None],
    *,
    nothing: float,
    n: int,
    error: float,
    enough: bool,
) -> Change:
    low, high = bounds
    finding: Finding = "noise" if enough else "few"
    if enough and low is not None and low > nothing and value > nothing:
        finding = "higher"
    elif enough and high is not None and high < nothing and value < nothing:
        finding = "lower"
    return Change(value=value, low=low, high=high, level=1.0 - error, n=n, finding=finding)
