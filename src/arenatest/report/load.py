"""What each level of load came to: for a table, a picture, and other programs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from arenatest.gates.load import counted
from arenatest.gates.load_values import BLOCKS, client_problem, good, lag, rates, times, worth
from arenatest.model.load import Load, Loaded
from arenatest.model.record import Ledger
from arenatest.stats.interval import Interval
from arenatest.stats.percentile import nearest_rank
from arenatest.stats.serial import effective_size, share_bounds

ALPHA = 0.025
"""Of each side of the intervals that are shown: 95 % in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelReport:
    """One level of one contestant; times in seconds, None where there is none.

    Attributes:
        n: Requests that count.
        failed: Those of them without an answer.
        worth: How many independent requests they are worth.
        goodput: The share of good ones; None without an SLO.
        tokens_per_second: Of all requests together; None where nobody told tokens.
        lag: By how much later than due they were sent or seen, but for one in a hundred.
        problem: Why its times do not count; empty where they do.
    """

    contestant: str
    level: float
    n: int
    failed: int
    worth: float
    user_latency_p50: float | None
    user_latency_p95: float | None
    user_latency_p99: float | None
    ttft_p50: float | None
    ttft_p95: float | None
    tpot_p50: float | None
    goodput: float | None
    goodput_low: float | None
    goodput_high: float | None
    tokens_per_second: float | None
    lag: float
    problem: str


def levels(ledger: Ledger) -> tuple[LevelReport, ...]:
    """Return every level that was measured whole: of the baseline first, rising."""
    load = ledger.plan.load
    if load is None:
        return ()
    places = {one.name: place for place, one in enumerate(ledger.plan.contestants)}
    found = sorted(ledger.loads, key=lambda slot: (places.get(slot.contestant, 0), slot.level))
    return tuple(
        _level(slot.contestant, slot.level, load, ledger.loads[slot], ledger) for slot in found
    )


def _level(
    name: str, level: float, load: Load, requests: Sequence[Loaded], ledger: Ledger
) -> LevelReport:
    kept = counted(requests, ledger.plan)
    verdicts = [good(one, load.slo) for one in kept] if load.slo.limits else []
    known = [float(one) for one in verdicts if one is not None]
    bounds = _bounds(known, worth(kept))
    return LevelReport(
        contestant=name,
        level=level,
        n=len(kept),
        failed=sum(one.failure is not None for one in kept),
        worth=worth(kept),
        user_latency_p50=_at(kept, "user_latency", 0.50),
        user_latency_p95=_at(kept, "user_latency", 0.95),
        user_latency_p99=_at(kept, "user_latency", 0.99),
        ttft_p50=_at(kept, "ttft", 0.50),
        ttft_p95=_at(kept, "ttft", 0.95),
        tpot_p50=_at(kept, "tpot", 0.50),
        goodput=sum(known) / len(known) if known else None,
        goodput_low=bounds.low,
        goodput_high=bounds.high,
        tokens_per_second=_throughput(requests, load.warmup),
        lag=lag(kept),
        problem=client_problem(kept),
    )


def _bounds(known: Sequence[float], size: float) -> Interval:
    if not known:
        return Interval(low=None, high=None)
    size = min(size, effective_size(known), len(known))
    return share_bounds(sum(known), len(known), worth=size, alpha_low=ALPHA, alpha_high=ALPHA)


def _at(requests: Sequence[Loaded], clock: str, share: float) -> float | None:
    values = times(requests, clock)
    value = nearest_rank(values, share) if values else math.inf
    return value if math.isfinite(value) else None


def _throughput(requests: Sequence[Loaded], warmup: int) -> float | None:
    if any(one.tokens is None for one in requests):
        return None
    found = rates(requests, warmup, BLOCKS)
    return math.fsum(found) / len(found) if found else None
