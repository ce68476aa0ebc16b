"""Slow on the way: connections, proxies that hold answers back, and this process itself."""

from __future__ import annotations

from arenatest.signs.slowness.arms import Arm
from arenatest.signs.slowness.suspects import Suspect, apart, mean, more_often, on_all_clocks

OFTEN = 0.1
"""Share of calls with connections of their own from which it is told."""
MOSTLY = 0.5
"""Share of answers in one piece from which it is told."""


def client_lag(ours: Arm) -> Suspect | None:
    """Suspect that this process was busy: calls of that time say nothing of a model.

    It is asked about where it left a gate undecided, and only there: some milliseconds here and
    there slow no call down.
    """
    lags = ours.lagged.values()
    if not lags:
        return None
    figures = {"calls": float(len(lags)), "of": float(ours.asked), "longest": max(lags)}
    return Suspect(cause="lag", figures=figures)


def own_queue(ours: Arm, theirs: Arm | None) -> Suspect | None:
    """Suspect our own limits; they delay calls, but are in no clock that starts with a request."""
    waits = ours["queue_wait"]
    if theirs is not None or not any(waits):
        return None
    figures = {"wait": mean(waits), "longest": max(waits)}
    return Suspect(cause="own_queue", seconds={"queue_wait": waits}, figures=figures)


def fresh_connections(ours: Arm, theirs: Arm | None) -> Suspect | None:
    """Suspect that calls had to connect first: DNS, TCP, TLS, all inside their TTFT."""
    mine = ours["connecting"]
    fresh = [seconds for seconds in mine if seconds > 0.0]
    if not fresh or len(fresh) < OFTEN * len(ours):
        return None
    figures = {"calls": float(len(fresh)), "of": float(len(ours)), "connect": mean(fresh)}
    if theirs is not None:
        other = theirs["connecting"]
        if not more_often(mine, other):
            return None
        figures["calls_other"] = float(sum(seconds > 0.0 for seconds in other))
        mine = apart(mine, other)
    return on_all_clocks("connections", mine, figures)


def buffering(ours: Arm, theirs: Arm | None) -> Suspect | None:
    """Suspect that something holds answers back until they are whole: they then have no TTFT.

    It is as much of the trouble as there are such answers.
    """
    whole = ours["whole"]
    share = mean(whole)
    if share < MOSTLY:
        return None
    figures = {"calls": sum(whole), "of": float(len(ours))}
    if theirs is not None:
        figures["calls_other"] = sum(theirs["whole"])
        if figures["calls_other"] * 2.0 > figures["calls"]:
            return None
    return Suspect(cause="buffering", share={"ttft": share, "ttfat": share}, figures=figures)
