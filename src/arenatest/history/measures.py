"""What a run came to in one number, with its sampling error: what is followed over time."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import NormalDist, variance
from typing import Literal

from arenatest.errors import OptionError
from arenatest.history.noise import by_cluster
from arenatest.lock.flips import fought
from arenatest.model.metric import BUILT_IN
from arenatest.model.record import Answered, Ledger
from arenatest.report.latency import seconds_of, timed_calls
from arenatest.stats.percentile import lower_bound, nearest_rank, upper_bound
from arenatest.stats.proportions import wilson_interval

CONFIDENCE = 0.95
"""Coverage of the interval of one run's value, two-sided: for reading."""

DEFAULT = ("win_rate", "ttft-p95", "cost")

_CLOCK = re.compile(r"(ttft|ttfat|e2e|tpot)-p(50|90|95|99)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What one run came to.

    Attributes:
        value: In the unit of its measure.
        low, high: Two-sided interval of the run alone; None where there is none.
        n: Clusters or calls that it rests on.
        error: Standard error on the measure's scale; None where unknown.
        calls: Chat ids that it rests on: runs that share some are not independent.
        reused: Whether answers that it rests on were bought by an earlier run.
        least: Whether it is more than that, and nobody knows by how much.
    """

    value: float
    low: float | None = None
    high: float | None = None
    n: int
    error: float | None = None
    calls: frozenset[str] = frozenset()
    reused: bool = False
    least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A number that is followed over runs.

    Attributes:
        name: As gates are named: ``win_rate``, ``ttft-p95``, ``cost``.
        scale: ``log`` where values differ by factors rather than by amounts.
        read: Reads a run's record for a candidate; None where it has no value.
    """

    name: str
    unit: str
    better: Literal["higher", "lower"]
    scale: Literal["linear", "log"]
    read: Callable[[Ledger, str], Point | None]


def measure_of(name: str) -> Measure:
    """Return a measure by its name.

    Raises:
        OptionError: There is none of that name.
    """
    if name == "win_rate":
        return Measure(name=name, unit="fraction", better="higher", scale="linear", read=_win_rate)
    if name == "error_rate":
        return Measure(name=name, unit="fraction", better="lower", scale="linear", read=_errors)
    if name == "cost":
        return Measure(name=name, unit="USD", better="lower", scale="log", read=_cost)
    if match := _CLOCK.fullmatch(name.replace(" ", "-")):
        clock, share = match[1], int(match[2]) / 100
        read = partial(_clock, clock=clock, share=share)
        unit = BUILT_IN[clock].unit
        return Measure(name=match[0], unit=unit, better="lower", scale="log", read=read)
    known = "win_rate, error_rate, cost, or a clock with its percentile, such as ttft-p95"
    raise OptionError(f"--metric: got {name!r}, expected {known}")


def _win_rate(ledger: Ledger, candidate: str) -> Point | None:
    ended = fought(ledger, candidate)
    clusters = {prompt.id: prompt.cluster for prompt in ledger.plan.prompts}
    scores = by_cluster((clusters[prompt], one.score) for prompt, one in ended.items())
    if not scores:
        return None
    mine = _answers(ledger, candidate, ledger.plan.baseline.name)
    return _share(sum(scores), len(scores), _spread(scores), mine)


def _errors(ledger: Ledger, candidate: str) -> Point | None:
    """Return the share that failed, also where it was asked again since, as gates have it."""
    first = ledger.at_first
    clusters = {prompt.id: prompt.cluster for prompt in first.plan.prompts}
    failed = by_cluster(
        (clusters[slot.prompt], float(not answered.answer.ok))
        for slot, answered in first.answers.items()
        if slot.contestant == candidate
    )
    if not failed:
        return None
    return _share(sum(failed), len(failed), _spread(failed), _answers(first, candidate))


def _share(total: float, n: int, error: float, answers: Sequence[Answered]) -> Point:
    low, high = wilson_interval(total, n, confidence=CONFIDENCE)
    return Point(
        value=total / n,
        low=low,
        high=high,
        n=n,
        error=error,
        calls=_chats(answers),
        reused=_any_reused(answers),
    )


def _spread(values: Sequence[float]) -> float:
    """Return the standard error of a mean of values in [0, 1].

    Values without any spread are no certainty: half a value is added to each side, and the error
    is then what it would be if they were wins and losses.
    """
    n = len(values)
    error = variance(values) / n if n > 1 else 0.0
    if not error:
        middle = (sum(values) + 0.5) / (n + 1)
        error = middle * (1.0 - middle) / (n + 1)
    return math.sqrt(error)


def _cost(ledger: Ledger, candidate: str) -> Point | None:
    """Return what the whole run spent, on all who took part."""
    del candidate
    calls = sum(ledger.calls.values())
    if not calls or ledger.uncosted == calls:
        return None
    answers = list(ledger.answers.values())
    return Point(
        value=ledger.cost,
        n=calls,
        calls=_chats(answers),
        reused=_any_reused(answers),
        least=ledger.uncosted > 0,
    )


def _clock(ledger: Ledger, candidate: str, *, clock: str, share: float) -> Point | None:
    calls = timed_calls(ledger).get(candidate, {})
    found = seconds_of(ledger, calls, clock)
    if not found:
        return None
    values = sorted(found.values())
    alpha = (1.0 - CONFIDENCE) / 2
    low = lower_bound(values, share, alpha=alpha)
    high = upper_bound(values, share, alpha=alpha)
    error = None
    if low is not None and high is not None and low > 0.0:
        reach = NormalDist().inv_cdf(1.0 - alpha)
        error = (math.log(high) - math.log(low)) / (2.0 * reach)
    return Point(
        value=nearest_rank(values, share),
        low=low,
        high=high,
        n=len(values),
        error=error,
        calls=frozenset(calls[slot].chat_id for slot in found),
    )


def _answers(ledger: Ledger, *names: str) -> list[Answered]:
    return [answered for slot, answered in ledger.answers.items() if slot.contestant in names]


def _chats(answers: Sequence[Answered]) -> frozenset[str]:
    return frozenset(answered.chat_id for answered in answers)


def _any_reused(answers: Sequence[Answered]) -> bool:
    return any(answered.reused for answered in answers)
