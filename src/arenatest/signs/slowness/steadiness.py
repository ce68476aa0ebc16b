"""Slow by turns: what is seen in the times themselves, where nothing else explains them."""

from __future__ import annotations

from collections.abc import Sequence
from math import log, sqrt
from typing import NamedTuple

from arenatest.signs.slowness.arms import Arm, known
from arenatest.signs.slowness.suspects import (
    CHANCE,
    RARE,
    Suspect,
    apart,
    median,
    on_all_clocks,
    trend,
)

CHANGE = 1.5
"""From how many times the TTFT at one end of the run that at the other end is told."""
KINDS = 2.0
"""How many times as slow the slower kind of calls must be."""
RARER = 0.15
"""Share of the calls that the rarer kind must have."""
CROWD = 30
"""Calls from which two kinds are looked for: of 20, six in a hundred steady ones look cleft."""
CLEFT = 4.0
"""How far apart two kinds must lie, in standard deviations (Ashman's D).

The halves of one normal distribution lie 2.7 apart, those of a uniform one 3.5.
"""


class Cleft(NamedTuple):
    """Two kinds of times: the largest of the lower ones, both medians, share of the upper ones."""

    bound: float
    low: float
    high: float
    share: float


def drift(ours: Arm, theirs: Arm | None) -> Suspect | None:
    """Suspect that it becomes slower, or faster, in the course of the run.

    What both contestants' calls on the same prompts do alike is no difference between them.
    """
    if not known(ours, "started"):
        return None
    starts, times, chance = ours["started"], ours["first"], RARE
    if theirs is not None:
        times, chance = apart(times, theirs["first"]), CHANCE
    found, shown = trend(starts, times, chance=chance), trend(starts, ours["first"], chance=1.0)
    if found is None or shown is None:
        return None
    if max(shown.low, shown.high) < CHANGE * min(shown.low, shown.high):
        return None
    better = found.at_low if found.slope > 0.0 else found.at_high
    waits = [max((start - better) * found.slope, 0.0) for start in starts]
    return on_all_clocks("drift", waits, {"first": shown.low, "last": shown.high})


def two_kinds(ours: Arm, theirs: Arm | None) -> Suspect | None:
    """Suspect that calls are of two kinds: such as two data centres, or hits and misses.

    Prompts of two kinds would show in the other contestant's calls as well.
    """
    if theirs is not None and _cleft(theirs["first"]) is not None:
        return None
    found = _cleft(ours["first"])
    if found is None:
        return None
    waits = [time - found.low if time > found.bound else 0.0 for time in ours["first"]]
    figures = {"low": found.low, "high": found.high, "share": found.share}
    return on_all_clocks("two_kinds", waits, figures)


def _cleft(column: Sequence[float]) -> Cleft | None:
    """Return the two kinds that times are of; None where they are of one, or too few."""
    times = sorted(time for time in column if time > 0.0)
    n = len(times)
    if n < CROWD:
        return None
    logs = [log(time) for time in times]
    split = _best_split(logs)
    low, high = logs[:split], logs[split:]
    if min(len(low), len(high)) < RARER * n:
        return None
    (mean_low, varies_low), (mean_high, varies_high) = map(_moments, (low, high))
    spread = sqrt((varies_low + varies_high) / 2.0)
    if mean_high - mean_low < max(log(KINDS), CLEFT * spread):
        return None
    return Cleft(
        bound=times[split - 1],
        low=median(times[:split]),
        high=median(times[split:]),
        share=len(high) / n,
    )


def _best_split(values: list[float]) -> int:
    """Return where to part sorted values so that the parts vary least (Otsu's method)."""
    n, whole = len(values), sum(values)
    below, best, place = 0.0, -1.0, 1
    for count, value in enumerate(values[:-1], start=1):
        below += value
        between = (below * n - whole * count) ** 2 / (count * (n - count))
        if between > best:
            best, place = between, count
    return place


def _moments(values: list[float]) -> tuple[float, float]:
    middle = sum(values) / len(values)
    return middle, sum((value - middle) ** 2 for value in values) / len(values)
