"""Holds each run against the runs before it: which of them depart from their history.

A run departs where it lies outside of what the runs before it predict, which takes in both the
sampling error of each run and the spread between runs (``stats.departure``). Runs that share
answers with an earlier one are left out: they would make the spread look small.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from arenatest.history.measures import Measure, Point
from arenatest.stats.departure import LEAST_RUNS, Estimate, Prediction, predict

EARLIER = 12
"""Earlier runs that a run is held against, at most: the latest independent ones."""

Departure = Literal["better", "worse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One number of one run.

    Attributes:
        value, low, high, n: As of ``Point``.
        reused: Whether it rests on answers that an earlier run bought: then it is no new evidence.
        expected: What the runs before predict: low and high; None where they are too few.
        runs: How many runs predict it.
        departs: Whether it lies outside, and to which side.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    reused: bool
    expected: tuple[float, float] | None
    runs: int
    departs: Departure | None


def readings(
    measure: Measure, points: Sequence[Point | None], *, level: float
) -> list[Reading | None]:
    """Return the numbers of successive runs, each held against those before it.

    Args:
        measure: What they measure.
        points: The earliest first; None where a run has no value.
        level: What a predicted interval covers, in (0, 1).
    """
    found: list[Reading | None] = []
    past: list[Point] = []
    seen: set[str] = set()
    for point in points:
        if point is None:
            found.append(None)
            continue
        reused = point.reused or not seen.isdisjoint(point.calls)
        seen |= point.calls
        prediction = None if reused else _predict(measure, past, point, level)
        found.append(_reading(measure, point, prediction, reused=reused))
        if not reused:
            past.append(point)
    return found


def _predict(
    measure: Measure, past: Sequence[Point], point: Point, level: float
) -> Prediction | None:
    """Return what independent earlier runs predict; None where they cannot."""
    recent = [one for one in past[-EARLIER:] if _scaled(measure, one.value) is not None]
    if len(recent) < LEAST_RUNS or _scaled(measure, point.value) is None:
        return None
    errors = [one.error for one in (*recent, point)]
    known = [error for error in errors if error is not None]
    if len(known) < len(errors):  # of some it is unknown: all of it then counts as spread
        known = [0.0] * len(errors)
    estimates = [
        Estimate(value=_scaled(measure, one.value) or 0.0, error=error)
        for one, error in zip(recent, known, strict=False)
    ]
    return predict(estimates, known[-1], confidence=level)


def _reading(
    measure: Measure, point: Point, prediction: Prediction | None, *, reused: bool
) -> Reading:
    expected, departs = None, None
    if prediction is not None:
        expected = _unscaled(measure, prediction.low), _unscaled(measure, prediction.high)
        side = prediction.side(_scaled(measure, point.value) or 0.0)
        departs = None if point.least and side < 0 else _departure(measure, side)
    return Reading(
        value=point.value,
        low=point.low,
        high=point.high,
        n=point.n,
        reused=reused,
        expected=expected,
        runs=0 if prediction is None else prediction.runs,
        departs=departs,
    )


def _scaled(measure: Measure, value: float) -> float | None:
    if measure.scale == "linear":
        return value
    return math.log(value) if value > 0.0 else None


def _unscaled(measure: Measure, value: float) -> float:
    return value if measure.scale == "linear" else math.exp(value)


def _departure(measure: Measure, side: int) -> Departure | None:
    if not side:
        return None
    return "better" if (side > 0) == (measure.better == "higher") else "worse"
