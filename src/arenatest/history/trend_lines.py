"""Runs over time, in lines for people: a table, what departs, and a line of bars."""

from __future__ import annotations

from collections.abc import Iterator

from arenatest.gates.words import amount, interval
from arenatest.history.departing import EARLIER, Reading
from arenatest.history.measures import measure_of
from arenatest.history.table import aligned, one_line
from arenatest.history.trend import Trend, TrendRun, Trends
from arenatest.report.phrases import UNKNOWN, moment, plural
from arenatest.stats.departure import LEAST_RUNS

_MINUTE = len("2026-11-22 05:14")
_BARS = "▁▂▃▄▅▆▇█"
_MARK = " !"


def trend_lines(found: Trends) -> Iterator[str]:
    """Yield all trends, in lines that are safe in a terminal."""
    if not found.trends:
        of = "" if found.suite is None else f" of the suite {one_line(found.suite)!r}"
        with_ = "" if found.candidate is None else f" with {one_line(found.candidate)!r}"
        yield f"no finished run{of}{with_} is recorded"
        return
    for trend in found.trends:
        yield f"{_suite(trend, found)}  {one_line(trend.candidate)} against {_baseline(trend)}"
        yield from (f"  {line}" for line in _table(trend))
        yield from (f"  {line}" for line in _bars(trend))
    yield f"! lies outside of what the {LEAST_RUNS} to {EARLIER} independent runs before predict;"
    yield f"  where nothing has changed, at most {found.alarms:.0%} of runs have any such mark"


def _suite(trend: Trend, found: Trends) -> str:
    """Return the name of a suite, with its file where others go by that name, too."""
    files = {one.path for one in found.trends if one.suite == trend.suite}
    return one_line(trend.suite if len(files) == 1 else f"{trend.suite} ({trend.path})")


def _baseline(trend: Trend) -> str:
    return one_line(trend.baseline)


def _table(trend: Trend) -> Iterator[str]:
    head = ("RUN", "WHEN (UTC)", *(name.upper() for name in trend.measures))
    rows = [
        (
            run.short,
            moment(run.started)[:_MINUTE],
            *(_cell(run.readings[name], measure_of(name).unit) for name in trend.measures),
        )
        for run in trend.runs
    ]
    lines = aligned([head, *rows])
    yield next(lines)
    for run, line in zip(trend.runs, lines, strict=True):
        yield line
        yield from (f"    {note}" for note in _notes(run))


def _cell(reading: Reading | None, unit: str) -> str:
    if reading is None:
        return UNKNOWN
    bounds = ""
    if reading.low is not None or reading.high is not None:
        bounds = f" {interval(reading.low, reading.high, reading.value, unit)}"
    return f"{amount(reading.value, unit)}{bounds}{_MARK if reading.departs else ''}"


def _notes(run: TrendRun) -> Iterator[str]:
    """Yield what departs, and what else is to be known of a run."""
    if run.changed:
        yield f"changed since the run before: {', '.join(run.changed)}"
    for name, reading in run.readings.items():
        if reading is None or reading.departs is None or reading.expected is None:
            continue
        unit = measure_of(name).unit
        low, high = (amount(bound, unit) for bound in reading.expected)
        runs = plural(reading.runs, "earlier run")
        yield f"! {name} {amount(reading.value, unit)} is {reading.departs}: " + (
            f"{runs} predict {low} to {high}"
        )
    reused = [name for name, one in run.readings.items() if one is not None and one.reused]
    if reused:
        yield f"reused answers, so not held against its history: {', '.join(reused)}"


def _bars(trend: Trend) -> Iterator[str]:
    """Yield a bar for each run, of each measure that has two values or more."""
    width = max(map(len, trend.measures))
    for name in trend.measures:
        values = [None if one is None else one.value for one in _of(trend, name)]
        known = [value for value in values if value is not None]
        if len(set(known)) > 1:
            bars = "".join(_bar(value, min(known), max(known)) for value in values)
            unit = measure_of(name).unit
            ends = f"{amount(min(known), unit)} to {amount(max(known), unit)}"
            yield f"{name:<{width}}  {bars}  {ends}"


def _of(trend: Trend, name: str) -> list[Reading | None]:
    return [run.readings[name] for run in trend.runs]


def _bar(value: float | None, low: float, high: float) -> str:
    if value is None:
        return " "
    return _BARS[round((value - low) / (high - low) * (len(_BARS) - 1))]
