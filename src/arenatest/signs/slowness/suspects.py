"""A suspected cause, and what it takes to suspect one: significance, and seconds that it added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Literal, get_args

from arenatest.errors import InsufficientData
from arenatest.signs.slowness.arms import Clock
from arenatest.stats.agreement import rank_correlation
from arenatest.stats.proportions import sign_test

Cause = Literal[
    "answers",  # they are longer
    "tokens",  # each takes longer
    "reasoning",  # thoughts come before the answer, streamed or not
    "prompts",  # they are longer
    "cache",  # the other contestant's prompts were cached
    "queueing",  # calls wait on the server for each other
    "cold_start",  # the first calls, or calls for which the server loads the model
    "throttling",  # refused for their rate at first
    "failures",  # timeouts, and whatever else ended calls
    "lag",  # this process was busy
    "own_queue",  # calls waited for a place in our own lane
    "connections",  # they had to be made first
    "buffering",  # the whole answer comes in one read
    "drift",  # it becomes slower, or faster, during the run
    "two_kinds",  # some calls take a multiple of the others
]
CAUSES: tuple[Cause, ...] = get_args(Cause)

CHANCE = 0.01
"""Largest p-value at which a difference between two contestants is taken for one.

There is only a question where a clock differs already, so that this is the second hurdle.
"""
RARE = 0.001
"""The same for trends inside one contestant's calls, of which nobody compares two."""
ENOUGH = 20
"""Calls from which trends inside one contestant are looked for."""

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A cause that may be at work.

    Attributes:
        seconds: What it added to each call's clock, in the order of the calls, beyond what it added
            to the other contestant's call; clocks that it does not touch are missing.
        share: How much of the trouble it is, where seconds do not tell: calls without a clock.
        figures: What it was read from, in base units, by name.
    """

    cause: Cause
    seconds: Mapping[Clock, Sequence[float]] = field(default_factory=dict)
    share: Mapping[Clock, float] = field(default_factory=dict)
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """How one figure of calls grows with another: by ``slope`` for each unit of it.

    Attributes:
        correlation: Spearman's.
        low, high: Medians of the lower and the upper third of the calls, by the other figure.
        at_low, at_high: Means of the other figure there.
    """

    correlation: float
    low: float
    high: float
    at_low: float
    at_high: float

    @property
    def slope(self) -> float:
        """Growth for each unit."""
        return (self.high - self.low) / (self.at_high - self.at_low)


def on_all_clocks(cause: Cause, seconds: Sequence[float], figures: Mapping[str, float]) -> Suspect:
    """Return a suspect that holds back the first text, and with it all that follows."""
    return Suspect(
        cause=cause,
        seconds={"ttft": seconds, "ttfat": seconds, "e2e": seconds},
        figures=figures,
    )


def more_often(ours: Sequence[float], theirs: Sequence[float]) -> bool:
    """Return whether the first of two paired columns is the greater one beyond chance."""
    above = sum(our > their for our, their in zip(ours, theirs, strict=True))
    below = sum(our < their for our, their in zip(ours, theirs, strict=True))
    return sign_test(above, below, side="above") <= CHANCE


def trend(along: Sequence[float], values: Sequence[float], *, chance: float = RARE) -> Trend | None:
    """Return how values go along something else; None where it may be chance, or no matter.

    Spearman's correlation tells whether (its square root of n - 1 fold is normal without a
    trend), medians of the outer thirds how far: spikes, which latencies have, move neither.

    Args:
        along: Such as calls in flight.
        values: As many, such as times to the first token.
        chance: Largest two-sided p-value.
    """
    n = len(along)
    if n < ENOUGH:
        return None
    try:
        correlation = rank_correlation(along, values)
    except InsufficientData:
        return None
    if 2.0 * (1.0 - _NORMAL.cdf(abs(correlation) * (n - 1) ** 0.5)) > chance:
        return None
    order = sorted(range(n), key=along.__getitem__)
    third = n // 3
    first, last = order[:third], order[-third:]
    found = Trend(
        correlation=correlation,
        low=median([values[place] for place in first]),
        high=median([values[place] for place in last]),
        at_low=mean([along[place] for place in first]),
        at_high=mean([along[place] for place in last]),
    )
    return found if found.at_high > found.at_low else None


def median(values: Sequence[float]) -> float:
    """Return the middle of values, of which there is at least one."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2.0


def mean(values: Sequence[float]) -> float:
    """Return the mean of values; 0 without any."""
    return sum(values) / len(values) if values else 0.0


def quotient(part: float, whole: float) -> float:
    """Return how many times as large something is; 0 where there is nothing to compare with."""
    return part / whole if whole > 0.0 else 0.0


def apart(ours: Sequence[float], theirs: Sequence[float] | None) -> Sequence[float]:
    """Return by how much the first of two paired columns is greater, one by one."""
    if theirs is None:
        return ours
    return [our - their for our, their in zip(ours, theirs, strict=True)]
