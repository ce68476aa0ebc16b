"""Finds the reader of a rule, and reads rules on numbers: of one contestant, or of two paired."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from operator import truediv
from typing import Any

from arenatest.gates.battles import battle_reader
from arenatest.gates.clocks import bar_of, clear_clocks
from arenatest.gates.conduct import MEASURES, conduct_reader
from arenatest.gates.evidence import Evidence, Pair, Reader
from arenatest.gates.numbers import Reading, number_reader
from arenatest.model.plan import Plan, Rule
from arenatest.model.prompt import Prompt
from arenatest.model.record import AnswerSlot, Ledger

_OF_FAILING = frozenset({"error_rate", "void_rate", "parse_rate", "judge_error_rate"})


def reader_of(rule: Rule, plan: Plan) -> Reader[Any]:
    """Return what reads one prompt's evidence for a rule.

    Evidence is of ``Pair`` for ratios of totals, of logarithms of ratios for latency ratios, and
    of plain numbers in the metric's unit for everything else. A rule about failing counts what
    failed, also where it was asked again since.
    """
    read = _reader_of(rule, plan)
    return _AtFirst(read) if rule.metric.name in _OF_FAILING else read


def _reader_of(rule: Rule, plan: Plan) -> Reader[Any]:
    if rule.metric.source == "golden":
        return conduct_reader(rule, plan)
    if rule.metric.source == "judgment":
        conduct = rule.metric.name in MEASURES
        return conduct_reader(rule, plan) if conduct else battle_reader(rule, plan)
    if rule.stat != "ratio":
        return _Single(rule, plan)
    return _LogRatio(rule, plan) if rule.metric.source == "timing" else _Totals(rule, plan)


def is_share_of_games(rule: Rule) -> bool:
    """Whether a rule's metric is about games that a prompt may be without, as of equal answers."""
    return rule.metric.name in MEASURES or rule.metric.name == "flip_rate"


def finite_range(rule: Rule) -> tuple[float, float] | None:
    """Return the range of a rule's metric where the sequential test can use it."""
    bounds = rule.metric.range
    if bounds is None or not all(map(math.isfinite, bounds)) or bounds[0] >= bounds[1]:
        return None
    return bounds


class _AtFirst:
    """Reads the record as it was before failures and voids were asked again."""

    def __init__(self, read: Reader[Any]) -> None:
        self._read = read

    def __call__(self, ledger: Ledger, prompt: Prompt) -> Evidence[Any] | None:
        return self._read(ledger.at_first, prompt)


class _Numbers:
    """Knows where a rule's numbers stand."""

    def __init__(self, rule: Rule, plan: Plan) -> None:
        apart = plan.latency.dedicated
        self._read = number_reader(
            rule.metric, baseline=plan.baseline.name, apart=apart, bar=bar_of(rule)
        )
        self._candidate, self._against = rule.candidate, rule.against
        self._timed, self._clock = rule.metric.source == "timing", rule.metric.name
        self._repeats = range(plan.timed_repeats if self._timed else plan.repeats)
        low, high = finite_range(rule) or (-math.inf, math.inf)
        self._side = rule.side
        self._worst, self._best = (low, high) if rule.side == "min" else (high, low)

    def _clear(self, ledger: Ledger, name: str, prompt: Prompt) -> Sequence[float] | None:
        """Return the clocks of all repeats, where none has to be looked at by itself."""
        return clear_clocks(ledger, name, prompt, self._clock) if self._timed else None


class _Single(_Numbers):
    """Reads the candidate's numbers.

    A failed call is slower than every limit: in a percentile it is a value like others. A call
    that had to be made again has no clock, but may not vanish either: where the slowest calls are
    those that fail at first, what is left is fast. It counts like a failed one for passing, and so
    does an answer of which a metric's code could make nothing: else broken answers, of which a
    scorer breaks, would be left out of their own score.
    """

    def __init__(self, rule: Rule, plan: Plan) -> None:
        super().__init__(rule, plan)
        self._failure_counts = self._timed and rule.stat.startswith("p")

    def __call__(self, ledger: Ledger, prompt: Prompt) -> Evidence[float] | None:
        if clear := self._clear(ledger, self._candidate, prompt):
            return _of_all(clear)
        passing: list[float] = []
        failing: list[float] = []
        values: list[float] = []
        unusable = False
        for repeat in self._repeats:
            reading = self._read(ledger, AnswerSlot(self._candidate, prompt.id, repeat))
            if reading is None:
                return None
            number = reading.number
            if reading.failed and self._failure_counts:
                number = self._worst
            if number is not None:
                low, high = reading.leeway or (number, number)
                bad, good = (low, high) if self._side == "min" else (high, low)
                passing.append(bad)
                failing.append(good)
                values.append(number)
            elif reading.lost:
                passing.append(self._worst)
            elif reading.excused:
                failing.append(self._best)
            if number is None and not (reading.failed or reading.excused):
                unusable = True
        return Evidence(
            passing=tuple(passing),
            failing=tuple(failing),
            values=tuple(values),
            void=not values,
            invalid=not values and unusable and self._timed,
        )


def _of_all(numbers: Iterable[float]) -> Evidence[float]:
    """Return what numbers say that count for everything."""
    values = tuple(numbers)
    return Evidence(passing=values, failing=values, values=values)


class _Paired(_Numbers):
    """Reads the numbers of two contestants on the same prompt and repeat."""

    def _pairs(self, ledger: Ledger, prompt: Prompt) -> list[tuple[Reading, Reading]] | None:
        pairs = []
        for repeat in self._repeats:
            ours = self._read(ledger, AnswerSlot(self._candidate, prompt.id, repeat))
            theirs = self._read(ledger, AnswerSlot(self._against, prompt.id, repeat))
            if ours is None or theirs is None:
                return None
            pairs.append((ours, theirs))
        return pairs


class _LogRatio(_Paired):
    """Reads log(candidate / against): 0 where both took as long."""

    def __call__(self, ledger: Ledger, prompt: Prompt) -> Evidence[float] | None:
        clear = self._clear(ledger, self._candidate, prompt)
        against = clear and self._clear(ledger, self._against, prompt)
        if clear and against and all(clear) and all(against):
            return _of_all(map(math.log, map(truediv, clear, against)))
        pairs = self._pairs(ledger, prompt)
        if pairs is None:
            return None
        passing: list[float] = []
        failing: list[float] = []
        values: list[float] = []
        unusable = False
        for ours, theirs in pairs:
            if ours.number and theirs.number:  # a clock of 0 has no ratio
                ratio = math.log(ours.number / theirs.number)
                for kept in (passing, failing, values):
                    kept.append(ratio)
                continue
            if ours.lost and theirs.number:
                passing.append(self._worst)
            elif theirs.lost and ours.number:
                failing.append(self._best)
            unusable |= not all(side.number or side.failed for side in (ours, theirs))
        return Evidence(
            passing=tuple(passing),
            failing=tuple(failing),
            values=tuple(values),
            void=not values,
            invalid=not values and unusable,
        )


class _Totals(_Paired):
    """Reads pairs of amounts whose totals are compared."""

    def __call__(self, ledger: Ledger, prompt: Prompt) -> Evidence[Pair] | None:
        pairs = self._pairs(ledger, prompt)
        if pairs is None:
            return None
        passing: list[Pair] = []
        failing: list[Pair] = []
        values: list[Pair] = []
        for ours, theirs in pairs:
            if ours.number is not None and theirs.number is not None:
                pair = Pair(candidate=ours.number, against=theirs.number)
                for kept in (passing, failing, values):
                    kept.append(pair)
            elif ours.lost and theirs.number is not None:
                passing.append(Pair(candidate=math.inf, against=theirs.number))
            elif theirs.lost and ours.number is not None:
                failing.append(Pair(candidate=ours.number, against=math.inf))
        return Evidence(
            passing=tuple(passing),
            failing=tuple(failing),
            values=tuple(values),
            void=not values,
        )
