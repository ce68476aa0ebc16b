"""Slow because of the server: calls wait for each other, for a model to load, for their quota."""

from __future__ import annotations

from collections.abc import Collection
from math import ceil

from arenatest.signs.slowness.arms import Arm, Place, in_flight, known
from arenatest.signs.slowness.suspects import (
    CHANCE,
    ENOUGH,
    RARE,
    Cause,
    Suspect,
    Trend,
    apart,
    mean,
    median,
    more_often,
    on_all_clocks,
    trend,
)
from arenatest.stats.proportions import sign_test

BUSY = 1.15
"""From how many times the TTFT at few calls in flight that at many is told."""
COLD = 3.0
"""From how many times the later TTFT that of the first calls is told."""
FEW = 0.02
"""Share of the calls from which lost ones are told."""
TAIL = 0.05
"""Share of lost calls that is trouble enough alone: a p95 has no room for more."""

BROKEN = ("timeout", "stalled", "connection", "server", "cut", "stream", "malformed", "empty")
"""Kinds of failures that are about serving, not about what was asked."""
REFUSED = ("rate_limited", "spent")


def queueing(ours: Arm, theirs: Arm | None) -> Suspect | None:
    """Suspect that calls wait on the server for each other.

    Either the server says so, or TTFT grows with the number of calls in flight. In a run that keeps
    as many in flight all the time, only its beginning and its end can show that.
    """
    if not ours.tells("server_queue"):
        return _crowding(ours, theirs)
    mine, other = ours["server_queue"], None if theirs is None else theirs["server_queue"]
    if other is not None and not more_often(mine, other):
        return None
    figures = {"told": mean(mine), "ttft": mean(ours["first"])}
    return on_all_clocks("queueing", apart(mine, other), figures)


def cold_start(ours: Arm, theirs: Arm | None) -> Suspect | None:
    """Suspect that calls waited for a model to be loaded, or for the first calls to warm it up."""
    loads = _loads(ours)
    waited = [seconds for seconds in loads if seconds > 0.0]
    if waited:
        figures = {"calls": float(len(waited)), "of": float(len(ours)), "load": mean(waited)}
        more = apart(loads, None if theirs is None else _loads(theirs))
        return on_all_clocks("cold_start", more, figures)
    cold = _first_wave(ours)
    if cold is None:
        return None
    times = ours["ready"]
    usual = median([time for time, first in zip(times, cold, strict=True) if not first])
    slow = median([time for time, first in zip(times, cold, strict=True) if first])
    waits = [time - usual if first else 0.0 for time, first in zip(times, cold, strict=True)]
    figures = {"calls": float(sum(cold)), "of": float(len(cold)), "ttft": slow, "later": usual}
    return on_all_clocks("cold_start", waits, figures)


def throttling(ours: Arm, theirs: Arm | None) -> Suspect | None:
    """Suspect that calls were refused for their rate: they came late, or never."""
    refused = sum(ours.setbacks.get(kind, 0) for kind in REFUSED)
    kinds = ("retried", *REFUSED)
    if not refused or not _lost_enough(ours, theirs, kinds):
        return None
    lost = _lost(ours, kinds)
    figures = {"refusals": float(refused), "calls": float(len(lost)), "of": float(ours.asked)}
    if ours.delay is not None:
        figures["delay"] = ours.delay
    return _on_the_tail("throttling", len(lost) / ours.asked, figures)


def failures(ours: Arm, theirs: Arm | None) -> Suspect | None:
    """Suspect timeouts and broken calls: a gate takes each for slower than every limit.

    Retried calls count where no refusal explains them.
    """
    refused = any(ours.setbacks.get(kind) for kind in REFUSED)
    kinds = BROKEN if refused else (*BROKEN, "retried")
    if not _lost_enough(ours, theirs, kinds):
        return None
    lost = len(_lost(ours, kinds))
    figures = {kind: float(count) for kind, count in ours.losses.items() if kind in kinds}
    figures |= {"calls": float(lost), "of": float(ours.asked)}
    return _on_the_tail("failures", lost / ours.asked, figures)


def _crowding(ours: Arm, theirs: Arm | None) -> Suspect | None:
    """Suspect the calls in flight where TTFT goes along with them rather than with the hour."""
    flying = in_flight(ours)
    if flying is None:
        return None
    chance, times = RARE, ours["ready"]
    if theirs is not None:  # its calls on the same prompts take away what prompts differ by
        chance, times = CHANCE, apart(times, theirs["ready"])
    found, hour = trend(flying, times, chance=chance), trend(ours["started"], times, chance=1.0)
    if found is None or hour is None or found.correlation < abs(hour.correlation):
        return None
    shown = trend(flying, ours["ready"], chance=1.0)
    if shown is None or shown.low <= 0.0 or shown.high < BUSY * shown.low:
        return None
    waits = [others * found.slope for others in flying]
    return on_all_clocks("queueing", waits, _crowded(shown))


def _crowded(found: Trend) -> dict[str, float]:
    return {
        "ttft_few": found.low,
        "ttft_many": found.high,
        "few": found.at_low + 1.0,
        "many": found.at_high + 1.0,
    }


def _on_the_tail(cause: Cause, share: float, figures: dict[str, float]) -> Suspect:
    much = min(share / TAIL, 1.0)
    return Suspect(cause=cause, share={"ttft": much, "ttfat": much, "e2e": much}, figures=figures)


def _loads(arm: Arm) -> list[float]:
    """Return how long the server loaded the model for each call; some milliseconds are nothing."""
    return [
        seconds if seconds >= _LOADING * first else 0.0
        for seconds, first in zip(arm["load"], arm["first"], strict=True)
    ]


def _first_wave(arm: Arm) -> list[bool] | None:
    """Return which calls, of those that began before any was answered, were slow as no others were.

    One call of n is the slowest of all with chance 1/n, and seldom by a multiple.
    """
    if len(arm) < ENOUGH or not known(arm, "started"):
        return None
    starts, times = arm["started"], arm["ready"]
    earliest = min(map(sum, zip(starts, arm["e2e"], strict=True)))
    first = [start < earliest for start in starts]
    rest = sorted(time for time, early in zip(times, first, strict=True) if not early)
    if len(rest) < ENOUGH // 2:
        return None
    bound = max(COLD * median(rest), rest[ceil(_SLOWEST * len(rest)) - 1])
    cold = [early and time > bound for time, early in zip(times, first, strict=True)]
    return cold if sum(cold) * 2 > sum(first) else None


def _lost_enough(ours: Arm, theirs: Arm | None, kinds: Collection[str]) -> bool:
    mine = _lost(ours, kinds)
    if not mine or len(mine) < FEW * ours.asked:
        return False
    return theirs is None or lost_more(mine, _lost(theirs, kinds))


def lost_more(
    ours: Collection[Place], theirs: Collection[Place], *, chance: float = CHANCE
) -> bool:
    """Return whether one contestant lost more calls than the other, beyond chance."""
    alone, spared = len(set(ours) - set(theirs)), len(set(theirs) - set(ours))
    return sign_test(alone, spared, side="above") <= chance


def _lost(arm: Arm, kinds: Collection[str]) -> set[Place]:
    return {place for place, kind in arm.lost.items() if kind in kinds}


_LOADING = 0.05  # of the time to the first text: below it, a model that is there is looked up
_SLOWEST = 0.95
