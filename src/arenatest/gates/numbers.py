"""Reads one number of one contestant's answer: clocks, tokens, cost, lengths, plugins' metrics."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from arenatest.gates.clocks import Bar, clock_of, leeway
from arenatest.gates.costs import COST, Prices, cost_of
from arenatest.model.answer import Timing
from arenatest.model.metric import MetricSpec
from arenatest.model.record import Answered, AnswerSlot, Ledger, Measured, MetricSlot


class Reading(NamedTuple):
    """One number, or why there is none.

    Attributes:
        number: Finite; None where there is none.
        failed: Whether there is none because the contestant gave no answer.
        retried: Whether there is none because the call failed at first: it was slower than the
            clock of its last attempt tells.
        excused: Whether there is none because the baseline gave no answer to compare with.
        unscored: Whether there is none because the metric's code could not make one of this answer,
            which is how many a scorer meets a bad one.
        leeway: Between which two numbers it lies where our own lag leaves a limit open.
    """

    number: float | None = None
    failed: bool = False
    retried: bool = False
    excused: bool = False
    unscored: bool = False
    leeway: tuple[float, float] | None = None

    @property
    def lost(self) -> bool:
        """Whether it is, or may be, the contestant's own failure that there is none."""
        return self.failed or self.retried or self.unscored


VOID = Reading()
FAILED = Reading(failed=True)
RETRIED = Reading(retried=True)
EXCUSED = Reading(excused=True)
UNSCORED = Reading(unscored=True)

Read = Callable[[Ledger, AnswerSlot], Reading | None]
"""Reads a number in its place; None while it is not settled."""


def number_reader(
    metric: MetricSpec, *, baseline: str, apart: bool = False, bar: Bar | None = None
) -> Read:
    """Return the reader of a metric that is not of judgments.

    Args:
        metric: A built-in metric of answers or timings, or a plugin's.
        baseline: Name of the baseline, whose failure leaves a metric of battles without a value.
        apart: Whether clocks are of calls that were made for them alone.
        bar: The only limit that clocks will be held against, where there is one.
    """
    if metric.source == "timing":
        return _clock_reader(metric.name, apart=apart, bar=bar)
    if metric.source == "plugin":
        return _plugin_reader(metric, baseline)
    if metric.name == COST:
        return _cost_reader()
    return _answer_reader(_OF_ANSWER[metric.name])


def _answer_reader(of: Callable[[Answered], Reading]) -> Read:
    def read(ledger: Ledger, slot: AnswerSlot) -> Reading | None:
        answered = ledger.answers.get(slot)
        return None if answered is None else of(answered)

    return read


def _cost_reader() -> Read:
    prices: Prices | None = None

    def read(ledger: Ledger, slot: AnswerSlot) -> Reading | None:
        nonlocal prices
        answered = ledger.answers.get(slot)
        if answered is None:
            return None
        if not answered.answer.ok:
            return FAILED
        prices = prices or Prices(ledger.plan)
        cost = cost_of(answered, prices(slot))
        return VOID if cost is None else _number(cost)

    return read


def _clock_reader(clock: str, *, apart: bool, bar: Bar | None) -> Read:
    def read(ledger: Ledger, slot: AnswerSlot) -> Reading | None:
        answered = ledger.timings.get(slot)
        if answered is None:
            return None
        answer, timing = answered.answer, answered.answer.timing
        if answer.silent or not answer.ok:
            return FAILED  # nobody got a token: slower than every limit
        if timing is None or timing.source == "unfit":
            return VOID
        if timing.source == "measured" and answered.reused:
            return VOID  # a stored answer says nothing of today's latency
        if timing.source == "measured" and answered.attempts != 1:
            return RETRIED
        return _seconds(timing, clock, apart=apart, bar=bar)

    return read


def _seconds(timing: Timing, clock: str, *, apart: bool, bar: Bar | None) -> Reading:
    seconds = clock_of(timing, clock, apart=apart, bar=bar)
    if seconds is not None:
        return _number(seconds)
    between = None if bar is None else leeway(timing, clock, apart=apart)
    return VOID if between is None else Reading(getattr(timing, clock), leeway=between)


def _plugin_reader(metric: MetricSpec, baseline: str) -> Read:
    def read(ledger: Ledger, slot: AnswerSlot) -> Reading | None:
        answered = ledger.answers.get(slot)
        if answered is None:
            return None
        if metric.of == "battle":
            theirs = ledger.answers.get(AnswerSlot(baseline, slot.prompt, slot.repeat))
            if theirs is None:
                return None
            if not theirs.answer.ok:
                return EXCUSED if answered.answer.ok else VOID
        if not answered.answer.ok:
            return FAILED
        measured = ledger.measurements.get(MetricSlot(metric.name, *slot))
        return None if measured is None else _reading_of(measured, metric)

    return read


def _reading_of(measured: Measured, metric: MetricSpec) -> Reading:
    if measured.value is None:
        return UNSCORED if measured.error else VOID
    value = metric.bounded(measured.value)
    return UNSCORED if value is None else _number(value)


def _number(value: float) -> Reading:
    return Reading(float(value)) if math.isfinite(value) else VOID


def _error(answered: Answered) -> Reading:
    return Reading(float(not answered.answer.ok))


def _truncated(answered: Answered) -> Reading:
    if not answered.answer.ok:
        return FAILED
    return Reading(float(answered.answer.finish == "length"))


def _length(answered: Answered) -> Reading:
    return Reading(float(answered.answer.length)) if answered.answer.ok else FAILED


def _tokens(field: str) -> Callable[[Answered], Reading]:
    def read(answered: Answered) -> Reading:
        if not answered.answer.ok:
            return FAILED
        count = None if answered.answer.usage is None else getattr(answered.answer.usage, field)
        return VOID if count is None else _number(count)

    return read


_OF_ANSWER: dict[str, Callable[[Answered], Reading]] = {
    "error_rate": _error,
    "truncated_rate": _truncated,
    "input_tokens": _tokens("input_tokens"),
    "output_tokens": _tokens("output_tokens"),
    "answer_length": _length,
}
