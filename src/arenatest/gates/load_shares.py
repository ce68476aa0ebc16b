"""Percentiles and goodput under load: both are shares of requests that depend on each other."""

from __future__ import annotations

import math
from collections.abc import Sequence

from arenatest.gates.fixed import finite
from arenatest.gates.load_values import good, times, worth
from arenatest.gates.measure import Measure, Risks, compare, obstacle, risks_of
from arenatest.model.decision import Outcome
from arenatest.model.load import Loaded
from arenatest.model.plan import Plan, Rule
from arenatest.stats.interval import Interval
from arenatest.stats.percentile import nearest_rank, samples_needed
from arenatest.stats.power import clusters_needed
from arenatest.stats.serial import (
    effective_size,
    percentile_lower_bound,
    percentile_upper_bound,
    share_bounds,
)

NOUN = "requests"

_LIKE_NEW = 0.67  # of them: independent ones are estimated to be worth as few now and then


def percentile_of(rule: Rule, requests: Sequence[Loaded]) -> tuple[Outcome, Measure]:
    """Decide a percentile of one clock, at the number of requests that these are worth."""
    q, risks = float(rule.stat[1:]) / 100.0, risks_of(rule)
    values = times(requests, rule.metric.name)
    if not values:
        return "inconclusive", Measure()
    n = len(values)
    size = min(worth(requests), effective_size(values))
    low = percentile_lower_bound(values, q, worth=size, alpha=risks.low)
    high = percentile_upper_bound(values, q, worth=size, alpha=risks.high)
    within = sum(value <= rule.limit for value in values) / n
    goal = q if rule.side == "max" else 1.0 - q
    measure = Measure(
        value=finite(nearest_rank(values, q)),
        low=None if low is None else finite(low),
        high=None if high is None else finite(high),
        n=n,
        needed=_needed(rule, (within - q) * (1 if rule.side == "max" else -1), goal, n / size),
        obstacle=shortage(rule, n),
        approximate=True,
        remark=_remark(n, size),
    )
    return compare(rule.side, rule.limit, low, high), measure


def goodput(rule: Rule, plan: Plan, requests: Sequence[Loaded]) -> tuple[Outcome, Measure]:
    """Decide the share of good requests.

    One of which that cannot be told is bad for passing and good for failing.
    """
    assert plan.load is not None  # noqa: S101 - or there would be no request
    risks, n = risks_of(rule), len(requests)
    kept = [good(one, plan.load.slo) for one in requests]
    known = [float(one) for one in kept if one is not None]
    sure, open_ = sum(map(bool, kept)), n - len(known)
    size = min(worth(requests), effective_size([float(bool(one)) for one in kept]))
    worst, best = (_bounds(hits, n, size, risks) for hits in (sure, sure + open_))
    low, high = worst.low, best.high
    share = sum(known) / len(known) if known else None
    goal = rule.limit if rule.side == "min" else 1.0 - rule.limit
    signed = 0.0 if share is None else share - rule.limit
    gain = signed if rule.side == "min" else -signed
    measure = Measure(
        value=share,
        low=low,
        high=high,
        n=len(known),
        needed=_needed(rule, gain, goal, n / size),
        obstacle=shortage(rule, n),
        approximate=True,
        remark=_remark(n, size),
    )
    return compare(rule.side, rule.limit, low, high), measure


def least_requests(rule: Rule) -> float:
    """Return the fewest independent requests that could pass; infinite where none could."""
    if rule.stat == "rate":
        goal = rule.limit if rule.side == "min" else 1.0 - rule.limit
    else:
        q = float(rule.stat[1:]) / 100.0
        goal = q if rule.side == "max" else 1.0 - q
    if goal >= 1.0:
        return math.inf
    return samples_needed(goal, confidence=rule.confidence) if goal > 0.0 else 1


def shortage(rule: Rule, n: int) -> str:
    """Return why so many requests cannot pass at any record; empty where they could."""
    least = least_requests(rule)
    if n >= least:
        return ""
    if not math.isfinite(least):
        return "no number of requests passes this gate: that of all there may be cannot be proven"
    what = "it" if rule.stat == "rate" else rule.stat
    return obstacle(n, can_pass=False, can_fail=True, least=least, what=what, noun=NOUN)


def _bounds(hits: float, n: int, size: float, risks: Risks) -> Interval:
    return share_bounds(hits, n, worth=size, alpha_low=risks.low, alpha_high=risks.high)


def _needed(rule: Rule, gain: float, goal: float, inflation: float) -> int | None:
    """Return how many requests would probably decide at this share and this dependence.

    Args:
        rule: The gate.
        gain: How far the share of good ones lies above what is asked for.
        goal: The share that is asked for.
        inflation: Requests that are worth one independent one.
    """
    least = least_requests(rule)
    if not gain or not math.isfinite(least):
        return None
    share = goal + gain
    sd = math.sqrt(max(share * (1.0 - share), 0.0))
    probable = clusters_needed(sd=sd, delta=abs(gain), alpha=1.0 - rule.confidence)
    if probable is None:
        return None
    return math.ceil(max(probable, least if gain > 0.0 else 0) * inflation)


def _remark(n: int, size: float) -> str:
    """Return what the dependence costs, where it costs much."""
    if size > _LIKE_NEW * n:
        return ""
    return f"requests that waited for each other: {n:,} are worth {size:,.0f} independent ones"
