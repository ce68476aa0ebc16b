"""Which clocks say something of a model: not those that our own lag, or a new connection, made.

A call that came while our event loop lagged is invalid, not slow: how late we looked says nothing
of the model. Dropping it favours nobody, since the loop does not know whose call it keeps waiting.
Where more than ``MOST`` of a gate's calls are invalid, the machine that measures is not fit to.
Lag only ever adds to a time. So a call that kept a limit in spite of it has kept it, and one that
broke it by more than the lag has broken it: for a percentile, only what lies between is invalid.
There such calls may not drop out, for all of them seem to have broken the limit: they count as
broken for passing, and as kept for failing.

Reference:
    Measured on streams of 25 ms a piece: what the loop lags is what the first token seems late.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from arenatest.gates.words import amount, counted
from arenatest.model.answer import Timing
from arenatest.model.latency import LAG, LAG_SHARE
from arenatest.model.plan import Rule
from arenatest.model.prompt import Prompt
from arenatest.model.record import Answered, AnswerSlot, Clocks, Ledger

MOST = 0.02
"""Largest share of invalid calls; a single one is always borne, for it says nothing of a share."""

_FROM_THE_START = ("ttft", "ttfat", "e2e")
_ONLY_LONGER = (*_FROM_THE_START, "icl")
"""Clocks that lag makes longer, by as much at most; a pace it may make either."""


class Bar(NamedTuple):
    """A limit on single calls, as a percentile has it."""

    limit: float
    side: Literal["min", "max"]

    def is_kept(self, seconds: float) -> bool:
        """Return whether a call of so many seconds is within the limit."""
        return seconds >= self.limit if self.side == "min" else seconds <= self.limit


def bar_of(rule: Rule) -> Bar | None:
    """Return the limit that a gate holds each single call against; None where it has none."""
    return Bar(rule.limit, rule.side) if rule.stat.startswith("p") else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lagging:
    """How many calls of one contestant came while our own event loop lagged too much.

    Attributes:
        calls: Those with the clock.
        invalid: Those of them whose clock may not be used.
        largest: The largest lag of the invalid ones, in seconds.
    """

    calls: int
    invalid: int
    largest: float


def clock_of(timing: Timing, clock: str, *, apart: bool, bar: Bar | None = None) -> float | None:
    """Return one clock in seconds; None where it is unknown, or may not be used.

    Args:
        timing: The clocks of a call.
        clock: Which one.
        apart: Whether the call was made for its clocks alone: then all contestants are compared on
            open connections, and the time to open one is taken off.
        bar: The only limit that it will be held against, where there is one.
    """
    seconds = _connected(timing, clock, apart=apart)
    if seconds is None or seconds < 0.0 or is_ours(timing, clock, bar, apart=apart):
        return None
    return seconds


def clear_clocks(ledger: Ledger, name: str, prompt: Prompt, clock: str) -> Sequence[float] | None:
    """Return one clock of a contestant on a prompt, all repeats, where nothing speaks against any.

    Looked at one by one, each would come to just this number, in seconds. None where the record
    does not say so much at once, which only one in columns does.
    """
    if not isinstance(ledger.timings, Clocks):
        return None
    repeats = ledger.plan.timed_repeats
    return ledger.timings.clear_clocks(AnswerSlot(name, prompt.id), repeats, clock)


def is_ours(timing: Timing, clock: str, bar: Bar | None = None, *, apart: bool = False) -> bool:
    """Return whether too much of a time may be our own event loop's lag.

    With a ``bar``, only where that leaves open on which side of it the call lies. Other arguments
    as of ``clock_of``.
    """
    if timing.source != "measured":
        return False
    lag, span = _lag_within(timing, clock)
    if lag <= max(LAG, LAG_SHARE * span):
        return False
    seconds = _connected(timing, clock, apart=apart)
    if bar is None or clock not in _ONLY_LONGER or seconds is None:
        return True
    return bar.is_kept(seconds) != bar.is_kept(seconds - lag)


def leeway(timing: Timing, clock: str, *, apart: bool) -> tuple[float, float] | None:
    """Return within which seconds a clock lies that our own lag made invalid; None without one.

    Arguments as of ``clock_of``.
    """
    seconds = _connected(timing, clock, apart=apart)
    if seconds is None or seconds < 0.0:
        return None
    if clock not in _ONLY_LONGER:
        return 0.0, math.inf
    return max(seconds - _lag_within(timing, clock)[0], 0.0), seconds


def lagging(
    ledger: Ledger, name: str, clock: str, prompts: Iterable[Prompt], bar: Bar | None = None
) -> Lagging:
    """Count a contestant's calls, and those that our own lag made invalid."""
    calls, lags = 0, []
    for prompt in prompts:
        if (clear := clear_clocks(ledger, name, prompt, clock)) is not None:
            calls += len(clear)
            continue
        for repeat in range(ledger.plan.timed_repeats):
            timing = _timing(ledger.timings.get(AnswerSlot(name, prompt.id, repeat)))
            if timing is None or getattr(timing, clock) is None:
                continue
            calls += 1
            if is_ours(timing, clock, bar, apart=ledger.plan.latency.dedicated):
                lags.append(_lag_within(timing, clock)[0])
    return Lagging(calls=calls, invalid=len(lags), largest=max(lags, default=0.0))


def unfit_machine(rule: Rule, ledger: Ledger, prompts: Iterable[Prompt]) -> str:
    """Return that too many of a gate's calls came while our own loop lagged; empty if few did.

    Args:
        rule: A gate on a clock.
        ledger: The record.
        prompts: Those that the gate looked at.
    """
    if ledger.facts is not None and ledger.facts.largest_lag <= LAG:
        return ""  # known without a look at every call
    asked = list(prompts)
    sides = (rule.candidate, rule.against) if rule.stat == "ratio" else (rule.candidate,)
    clock, bar = rule.metric.name, bar_of(rule)
    found = {name: lagging(ledger, name, clock, asked, bar) for name in sides}
    calls = sum(one.calls for one in found.values())
    invalid = sum(one.invalid for one in found.values())
    if invalid <= max(1.0, MOST * calls):
        return ""
    whose = ", ".join(f"{one.invalid:,} of {name}" for name, one in found.items())
    largest = amount(max(one.largest for one in found.values()), "s")
    dedicated = ledger.plan.latency.dedicated
    what = (
        "on a machine with less to do" if dedicated else 'or with lane = "dedicated" in [latency]'
    )
    return (
        f"{invalid:,} of {counted(calls, 'calls')} ({100 * invalid / calls:.3g} %: {whose}) came "
        f"while our own event loop lagged, by up to {largest}, which says nothing of a model: "
        f"more than {100 * MOST:g} %; measure with fewer calls at once, {what}"
    )


def too_many_lost(rule: Rule, ledger: Ledger, prompts: Iterable[Prompt]) -> str:
    """Return whose calls failed, or had to be made again, too often; empty for nobody's.

    A prompt that is timed several times has a clock if one call of it was answered, so what few
    calls were lost is no matter of prompts. Of a percentile lost calls are the slowest.

    Args:
        rule: A gate on a clock.
        ledger: The record.
        prompts: Those that the gate looked at.
    """
    if rule.stat not in ("ratio", "mean") or (ledger.facts is not None and not ledger.facts.lost):
        return ""
    asked, most = list(prompts), ledger.plan.max_void
    found = []
    for name in (rule.candidate, rule.against) if rule.stat == "ratio" else (rule.candidate,):
        calls, lost = _losses(ledger, name, asked, rule.metric.name)
        if lost > most * calls:
            told = f"{lost:,} of {counted(calls, 'calls')} of {name}"
            found.append(f"{told} failed, or had to be made again")
    return ", ".join([*found, f"more than {most:.3g} of them"]) if found else ""


def _losses(ledger: Ledger, name: str, prompts: Iterable[Prompt], clock: str) -> tuple[int, int]:
    """Return how many calls a contestant got, and how many of them were lost."""
    calls = lost = 0
    for prompt in prompts:
        if (clear := clear_clocks(ledger, name, prompt, clock)) is not None:
            calls += len(clear)
            continue
        for repeat in range(ledger.plan.timed_repeats):
            call = ledger.timings.get(AnswerSlot(name, prompt.id, repeat))
            calls += call is not None
            lost += call is not None and _is_lost(call)
    return calls, lost


def _lag_within(timing: Timing, clock: str) -> tuple[float, float]:
    """Return the largest lag that overlapped what a clock measures, and how long that was."""
    first, rest = timing.lag or 0.0, timing.stream_lag or 0.0
    start = timing.ttft if timing.ttft is not None else timing.e2e
    if clock == "icl":  # some gaps of many: each of them may be as much longer
        return rest, timing.icl or 0.0
    if clock == "tpot":
        return rest, max((timing.e2e or 0.0) - (start or 0.0), 0.0)
    if clock == "ttft" or (clock == "ttfat" and timing.ttfat == timing.ttft):
        return first, start or 0.0
    if clock in _FROM_THE_START:
        return max(first, rest), getattr(timing, clock) or 0.0
    return 0.0, 0.0  # our own queue is not slower for it


def _connected(timing: Timing, clock: str, *, apart: bool) -> float | None:
    """Return a clock, for calls made apart without the time to connect; None where unknown."""
    seconds: float | None = getattr(timing, clock)
    if not apart or timing.connection_reused is not False or clock not in _FROM_THE_START:
        return seconds
    if seconds is None or timing.connect is None:
        return None
    return max(seconds - timing.connect, 0.0)


def _is_lost(call: Answered) -> bool:
    """Whether a call was slower than its clock tells, or has none, by the contestant's failure."""
    answer, timing = call.answer, call.answer.timing
    measured = timing is not None and timing.source == "measured"
    return answer.silent or not answer.ok or (measured and call.attempts != 1)


def _timing(answered: Answered | None) -> Timing | None:
    if answered is None or not answered.answer.ok or answered.attempts != 1:
        return None
    return answered.answer.timing
