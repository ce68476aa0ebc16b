"""Times of each contestant: quantiles, and the points of its cumulative curve."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from arenatest.gates.clocks import clock_of
from arenatest.model.record import Answered, AnswerSlot, Ledger
from arenatest.stats.percentile import nearest_ranks

QUANTILES = (0.50, 0.90, 0.95, 0.99)
POINTS = 256
"""Most points of one curve: more cannot be told apart at the width of a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """One clock of one contestant, in seconds.

    Attributes:
        metric: ``ttft`` or ``e2e``.
        n: Calls with this clock.
        left_out: Calls that failed, were retried, came while our own loop lagged, or lack it.
        source: ``measured``, ``recorded`` or ``unfit``; ``mixed`` where they differ.
        quantiles: At ``QUANTILES``, by nearest rank.
        curve: (seconds, share of calls that took no longer), rising.
    """

    contestant: str
    metric: str
    n: int
    left_out: int
    source: str
    quantiles: tuple[float, ...]
    largest: float | None
    curve: tuple[tuple[float, float], ...]


def latencies(ledger: Ledger) -> tuple[Latency, ...]:
    """Return TTFT, then E2E, of every contestant that was called in this run, baseline first."""
    timed = timed_calls(ledger)
    return tuple(
        _latency(contestant.name, metric, list(calls.values()), apart=_is_apart(ledger, calls))
        for metric in ("ttft", "e2e")
        for contestant in ledger.plan.contestants
        if (calls := timed.get(contestant.name))
    )


def timed_calls(ledger: Ledger) -> dict[str, dict[AnswerSlot, Answered]]:
    """Return the calls whose clocks count, by contestant and place.

    They are those that gates look at; and, where no gate does, those that bought an answer.
    """
    timed: dict[str, dict[AnswerSlot, Answered]] = defaultdict(dict)
    for slot, answered in ledger.timings.items():
        timed[slot.contestant][slot] = answered
    apart = set(timed) if ledger.plan.latency.dedicated else set()
    for slot, answered in ledger.answers.items():
        if slot not in ledger.timings and not answered.reused and slot.contestant not in apart:
            timed[slot.contestant][slot] = answered
    return timed


def seconds_of(
    ledger: Ledger, calls: Mapping[AnswerSlot, Answered], clock: str
) -> dict[AnswerSlot, float]:
    """Return the times that may be used of one contestant's calls; no gate's limit is looked at."""
    apart = _is_apart(ledger, calls)
    found = ((slot, _clock(call, clock, apart=apart)) for slot, call in calls.items())
    return {slot: seconds for slot, seconds in found if seconds is not None}


def _is_apart(ledger: Ledger, calls: Mapping[AnswerSlot, Answered]) -> bool:
    """Return whether calls were made for their clocks alone: then all of a contestant's were."""
    return ledger.plan.latency.dedicated and any(slot in ledger.timings for slot in calls)


def _latency(contestant: str, metric: str, calls: list[Answered], *, apart: bool) -> Latency:
    found = (_clock(call, metric, apart=apart) for call in calls)
    values = sorted(value for value in found if value is not None)
    sources = {call.answer.timing.source for call in calls if call.answer.timing is not None}
    return Latency(
        contestant=contestant,
        metric=metric,
        n=len(values),
        left_out=len(calls) - len(values),
        source=next(iter(sources)) if len(sources) == 1 else "mixed" if sources else "none",
        quantiles=nearest_ranks(values, QUANTILES) if values else (),
        largest=values[-1] if values else None,
        curve=_curve(values),
    )


def _clock(call: Answered, metric: str, *, apart: bool) -> float | None:
    timing = call.answer.timing
    if timing is None or not call.answer.ok or call.attempts != 1:
        return None
    return clock_of(timing, metric, apart=apart)


def _curve(values: list[float]) -> tuple[tuple[float, float], ...]:
    n = len(values)
    if n <= POINTS:
        return tuple((value, (place + 1) / n) for place, value in enumerate(values))
    shares = [(point + 1) / POINTS for point in range(POINTS)]
    return tuple(zip(nearest_ranks(values, shares), shares, strict=True))
