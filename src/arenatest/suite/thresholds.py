"""What one ``[[gates]]`` table compares: statistic, side and limit, by the metric's unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from arenatest.model.metric import MetricSpec
from arenatest.suite.mistakes import Mistake, near_name
from arenatest.suite.quantities import fraction, number_in, quotient, seconds
from arenatest.suite.schema import THRESHOLDS, GateTable

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?)", re.ASCII)
_TOTALLED = ("USD", "tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A statistic and its limit, in base units.

    Attributes:
        key: The key of the table that gave the limit.
        stat: ``rate``, ``mean``, ``pNN``, ``total``, ``ratio`` or ``losses``.
        side: Whether ``limit`` is the smallest or the largest acceptable value.
    """

    key: str
    stat: str
    side: Literal["min", "max"]
    limit: float


def read_threshold(gate: GateTable, metric: MetricSpec) -> Threshold:
    """Return what a gate on ``metric`` compares.

    Raises:
        Mistake: None or two thresholds, a wrong unit, or a statistic where none belongs; its
            ``place`` is the key.
    """
    given = [key for key in THRESHOLDS if getattr(gate, key) is not None]
    if len(given) != 1:
        found = " and ".join(given) or "none"
        hint = "write a gate for each: all of them must pass" if given else ""
        raise Mistake(f"got {found}, expected exactly one of {', '.join(THRESHOLDS)}", hint=hint)
    key = given[0]
    try:
        if key == "never_regress":
            return _never_regress(gate, metric)
        return _read(key, getattr(gate, key), gate.stat, metric)
    except Mistake as mistake:
        place = mistake.place or (key,)
        raise Mistake(mistake.problem, hint=mistake.hint, place=place) from None


def _read(key: str, value: object, stat: str | None, metric: MetricSpec) -> Threshold:
    if key == "margin":
        return _margin(value, stat, metric)
    side: Literal["min", "max"] = "min" if key.startswith("min") else "max"
    if key.endswith("ratio"):
        _check_ratio(stat, metric)
        return Threshold(key=key, stat="ratio", side=side, limit=quotient(value))
    return Threshold(key=key, stat=_stat(stat, metric), side=side, limit=_limit(value, metric))


def _limit(value: object, metric: MetricSpec) -> float:
    if metric.unit == "s":
        return seconds(value)
    if metric.range == (0, 1):
        return fraction(value)
    if metric.source in {"answer", "load"}:
        return number_in(value, 0.0)  # nobody counts fewer tokens than none
    return number_in(value, *(metric.range or ()))


def _margin(value: object, stat: str | None, metric: MetricSpec) -> Threshold:
    loss = fraction(value)
    if metric.name == "win_rate":
        _stat(stat, metric)
        if loss >= 0.5:  # noqa: PLR2004 - a win rate of 0 is no limit
            raise Mistake(f"got {loss!r}, expected a fraction below 0.5: the limit is 0.5 - margin")
        return Threshold(key="margin", stat="rate", side="min", limit=round(0.5 - loss, 12))
    if metric.rate or metric.range is not None:
        raise Mistake(f"{metric.name} takes min or max: a margin is for win_rate and for ratios")
    _check_ratio(stat, metric)
    if metric.direction == "lower":
        return Threshold(key="margin", stat="ratio", side="max", limit=round(1 + loss, 12))
    if loss >= 1:
        raise Mistake(f"got {loss!r}, expected a fraction below 1: the limit is 1 - margin")
    return Threshold(key="margin", stat="ratio", side="min", limit=round(1 - loss, 12))


def _never_regress(gate: GateTable, metric: MetricSpec) -> Threshold:
    if gate.never_regress is not True:
        raise Mistake(f"got {gate.never_regress!r}, expected true, or no such key")
    if metric.name != "win_rate":
        raise Mistake(f"{metric.name} takes min or max: never_regress is for win_rate")
    for key in ("stat", "target", "confidence", "policy", "against"):
        if key in gate.model_fields_set:
            problem = "never_regress looks at exactly these prompts, one by one: it takes no"
            raise Mistake(f"{problem} {key}", place=(key,))
    return Threshold(key="never_regress", stat="losses", side="max", limit=0.0)


def _check_ratio(stat: str | None, metric: MetricSpec) -> None:
    if metric.rate or metric.range is not None:
        raise Mistake(f"{metric.name} takes min or max: a ratio is for metrics without a range")
    if stat is not None:
        problem = "a ratio is paired by prompt and takes no stat"
        raise Mistake(problem, place=("stat",))


def _stat(stat: str | None, metric: MetricSpec) -> str:
    if metric.rate:
        if stat is not None:
            problem = f"{metric.name} is a share of prompts and takes no stat"
            raise Mistake(problem, place=("stat",))
        return "rate"
    if metric.name == "tokens_per_second":
        if stat is not None:
            problem = f"{metric.name} is one number of a level and takes no stat"
            raise Mistake(problem, place=("stat",))
        return "mean"
    if stat is None:
        if metric.range is not None:
            return "mean"
        hint = 'write stat = "p95", "median" or "mean"'
        raise Mistake("required key is missing", hint=hint, place=("stat",))
    return _named_stat(stat, metric)


def _named_stat(stat: str, metric: MetricSpec) -> str:
    if stat == "mean":
        return stat
    if stat == "median":
        return "p50"
    if stat == "total":
        if metric.unit in _TOTALLED and metric.range is None:
            return stat
        raise Mistake("total is for cost and tokens", place=("stat",))
    match = _PERCENTILE.fullmatch(stat)
    if match is not None and 0 < float(match[1]) < 100:  # noqa: PLR2004 - per cent
        return f"p{float(match[1])!r}".removesuffix(".0")
    near = near_name(stat, ("mean", "median", "total"))
    expected = f"did you mean {near!r}?" if near else "expected mean, median, total or p95, p99.9"
    raise Mistake(f"unknown stat {stat!r}, {expected}", place=("stat",))
