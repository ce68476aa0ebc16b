"""Whether two contestants were timed under the same conditions, from what is kept of each call.

A gate on latency compares models. Where one of them had its connections opened anew, its calls
made again, its prompts found in a cache, or a longer way to its server, it compares that as well.
Each condition is compared on the prompts that both were timed on, by the sign test: nothing is
assumed of how it is spread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean, median
from typing import Literal, get_args

from arenatest.gates.clocks import is_ours
from arenatest.model.latency import LAG, LAG_SHARE
from arenatest.model.record import Answered, AnswerSlot, Ledger
from arenatest.stats.proportions import sign_test

Condition = Literal["fresh", "retried", "lagging", "cached", "outside"]
"""A new connection; more attempts than one; too much lag of our own; the share of the prompt that
came from the server's cache; seconds that the server does not say it took."""

CONDITIONS: tuple[Condition, ...] = get_args(Condition)
ALPHA = 0.01
"""Largest p-value that is told: there are several conditions, and nothing is gated by them."""
CACHED = 0.05
"""Smallest difference between shares from a cache that is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Under which conditions a contestant was timed.

    Attributes:
        calls: Calls whose clocks count, failed ones included.
        failed: Those without an answer.
        retried: Those that were made more than once.
        fresh: Those on a connection that was opened for them; None where nobody told.
        lagging: Those whose time to the first token came while our own loop lagged too much.
        largest_lag: The largest lag of our own loop until the first token, in seconds; None where
            nobody watched.
        cached: The mean share of the prompt that came from the server's cache; None where nobody
            told.
        server: Median of the seconds that the server says it took; None where it does not.
        outside: Median of the seconds of a call that the server does not say it took; None also
            where it says that it took more than the whole call.
    """

    contestant: str
    calls: int
    failed: int
    retried: int
    fresh: int | None
    lagging: int
    largest_lag: float | None
    cached: float | None
    server: float | None
    outside: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imbalance:
    """A condition that two contestants were not timed under alike.

    Attributes:
        candidate, against: The two.
        condition: Which.
        ours, theirs: Share of the calls, or of the prompt for ``cached``; for ``outside`` the
            median in seconds. Of the candidate, and of the other one.
        prompts: On which both are known.
        p_value: Of the sign test.
    """

    candidate: str
    against: str
    condition: Condition
    ours: float
    theirs: float
    prompts: int
    p_value: float


def conditions(ledger: Ledger) -> tuple[Conditions, ...]:
    """Return the conditions of every contestant whose clocks were taken, the baseline first."""
    timed: dict[str, list[Answered]] = {}
    for slot, answered in ledger.timings.items():
        timed.setdefault(slot.contestant, []).append(answered)
    return tuple(
        _conditions(one.name, timed[one.name])
        for one in ledger.plan.contestants
        if one.name in timed
    )


def imbalances(ledger: Ledger) -> tuple[Imbalance, ...]:
    """Return what differs between each candidate and the baseline; nothing where chance may do."""
    baseline = ledger.plan.baseline.name
    found = (
        _imbalance(ledger, candidate.name, baseline, condition)
        for candidate in ledger.plan.candidates
        for condition in CONDITIONS
    )
    return tuple(one for one in found if one is not None)


def _conditions(name: str, calls: list[Answered]) -> Conditions:
    timings = [call.answer.timing for call in calls if call.answer.timing is not None]
    reused = [timing.connection_reused for timing in timings]
    told = [one for one in reused if one is not None]
    lags = [timing.lag for timing in timings if timing.lag is not None]
    return Conditions(
        contestant=name,
        calls=len(calls),
        failed=sum(not call.answer.ok for call in calls),
        retried=sum(call.attempts > 1 for call in calls),
        fresh=told.count(False) if told else None,
        lagging=sum(is_ours(timing, "ttft") for timing in timings),
        largest_lag=max(lags, default=None),
        cached=_mean(map(_cached, calls)),
        server=_median(timing.server for timing in timings),
        outside=_comparable(_median(map(_outside, calls))),
    )


def _imbalance(
    ledger: Ledger, candidate: str, baseline: str, condition: Condition
) -> Imbalance | None:
    read = _READ[condition]
    pairs = []
    for prompt in ledger.plan.prompts:
        ours, theirs = (
            _mean(_readings(ledger, name, prompt.id, read)) for name in (candidate, baseline)
        )
        if ours is not None and theirs is not None:
            pairs.append((ours, theirs))
    wins, losses = (sum(s * (a - b) > 0.0 for a, b in pairs) for s in (1.0, -1.0))
    p_value = sign_test(wins, losses)
    if p_value > ALPHA:
        return None
    middle = median if condition == "outside" else fmean
    ours, theirs = (middle(side) for side in zip(*pairs, strict=True))
    if min(ours, theirs) < 0.0:  # a server says that it took longer than the whole call
        return None
    if abs(ours - theirs) < _worth(ledger, candidate, condition):
        return None
    return Imbalance(
        candidate=candidate,
        against=baseline,
        condition=condition,
        ours=ours,
        theirs=theirs,
        prompts=len(pairs),
        p_value=p_value,
    )


def _worth(ledger: Ledger, name: str, condition: Condition) -> float:
    """Return how large a difference must be to be told."""
    if condition == "cached":
        return CACHED
    if condition != "outside":
        return 0.0
    taken = _median(
        None if found.answer.timing is None else found.answer.timing.e2e
        for slot, found in ledger.timings.items()
        if slot.contestant == name
    )
    return max(LAG, LAG_SHARE * (taken or 0.0))


def _readings(
    ledger: Ledger, name: str, prompt: str, read: Callable[[Answered], float | None]
) -> Iterable[float | None]:
    for repeat in range(ledger.plan.timed_repeats):
        found = ledger.timings.get(AnswerSlot(name, prompt, repeat))
        if found is not None and not found.reused:
            yield read(found)


def _fresh(call: Answered) -> float | None:
    reused = None if call.answer.timing is None else call.answer.timing.connection_reused
    return None if reused is None else float(not reused)


def _retried(call: Answered) -> float:
    return float(call.attempts > 1)


def _lagging(call: Answered) -> float | None:
    timing = call.answer.timing
    return None if timing is None or timing.lag is None else float(is_ours(timing, "ttft"))


def _cached(call: Answered) -> float | None:
    usage = call.answer.usage
    if usage is None or usage.cached_tokens is None or not usage.input_tokens:
        return None
    return usage.cached_tokens / usage.input_tokens


def _outside(call: Answered) -> float | None:
    """Return the seconds of a call that the server does not account for.

    A server counts until it has found the end of the answer, which takes it a step after the last
    text. So the whole call is compared, to the end of its stream: ``e2e`` ends too early.
    """
    timing = call.answer.timing
    if timing is None or timing.server is None or timing.e2e is None:
        return None
    whole = timing.e2e if timing.wall is None else timing.wall
    return whole - timing.server


def _comparable(seconds: float | None) -> float | None:
    """Return what is outside of a server's time; None where it says that it took even longer."""
    return None if seconds is None or seconds < 0.0 else seconds


_READ: dict[Condition, Callable[[Answered], float | None]] = {
    "fresh": _fresh,
    "retried": _retried,
    "lagging": _lagging,
    "cached": _cached,
    "outside": _outside,
}


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
