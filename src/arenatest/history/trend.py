"""What the runs of a suite came to over time, and which of them depart from the runs before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from arenatest.history.departing import EARLIER, Reading, readings
from arenatest.history.listing import short_ids
from arenatest.history.measures import Measure, Point
from arenatest.model.plan import Contestant, Plan
from arenatest.model.record import Ledger, Run
from arenatest.store import Store
from arenatest.store.overview import read_outlines

ALARMS = 0.05
"""Chance that a run is marked at all where nothing has changed, over all its measures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendRun:
    """One run on the way.

    Attributes:
        changed: What is not as it was in the run before: ``candidate``, ``baseline``, ``judges``,
            ``prompts``.
        readings: By the name of the measure; None where the run has no value.
    """

    id: str
    short: str
    started: float
    commit: str | None
    changed: tuple[str, ...]
    readings: Mapping[str, Reading | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The runs of one candidate against one baseline in one suite, the earliest first.

    Attributes:
        path: Of the suite's file: two of one name are two suites.
        measures: Those of which any run has a value.
        level: What a predicted interval covers, so that all measures of a run together are marked
            by chance no more often than ``Trends.alarms``.
    """

    suite: str
    path: str
    candidate: str
    baseline: str
    measures: tuple[str, ...]
    level: float
    runs: tuple[TrendRun, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trends:
    """All that were asked for.

    Attributes:
        suite, candidate: The only ones that were asked for; None for all.
        alarms: Chance that a run is marked where nothing has changed, at most.
        trends: Those with a value at all, by suite, its file, candidate and baseline.
    """

    suite: str | None
    candidate: str | None
    alarms: float
    trends: tuple[Trend, ...]


def trends(
    store: Store,
    measures: Sequence[Measure],
    *,
    suite: str | None = None,
    candidate: str | None = None,
    last: int,
) -> Trends:
    """Return how runs went over time; only finished ones count, and none of a model with itself.

    Args:
        store: Where they are recorded.
        measures: What is followed.
        suite: Name of the suite, or path of its file; None for all.
        candidate: The only one that is followed; None for all.
        last: How many runs of each are shown.
    """
    runs = store.runs()
    shorts = short_ids([run.id for run in runs])
    outlines = read_outlines(store, (run.plan_hash for run in runs))
    all_of: dict[_Key, list[Run]] = defaultdict(list)
    for run in runs:
        plan = outlines[run.plan_hash]
        if run.finished is None or plan.aa or not (suite is None or plan.is_of(suite)):
            continue
        for name in plan.candidates:
            if candidate in (None, name):
                all_of[plan.suite, plan.path, name, plan.baseline].append(run)
    series = {key: found[-(last + EARLIER) :] for key, found in sorted(all_of.items())}
    wanted = {run.plan_hash for found in series.values() for run in found}
    plans = {one: store.plan(one) for one in wanted}
    numbers = _read(store, series, plans, measures)
    book = _Book(plans=plans, shorts=shorts, numbers=numbers, measures=measures)
    followed = (book.trend(key, found, last=last) for key, found in series.items())
    return Trends(
        suite=suite,
        candidate=candidate,
        alarms=ALARMS,
        trends=tuple(trend for trend in followed if trend.measures),
    )


_Key = tuple[str, str, str, str]  # suite, path of its file, candidate, baseline

Numbers = Mapping[tuple[str, str, str], Point | None]
"""By run, candidate and measure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    """What was read of all runs."""

    plans: Mapping[str, Plan]
    shorts: Mapping[str, str]
    numbers: Numbers
    measures: Sequence[Measure]

    def trend(self, key: _Key, runs: Sequence[Run], *, last: int) -> Trend:
        """Return the last of some runs, each held against those before it."""
        suite, path, candidate, baseline = key
        points = {
            measure.name: [self.numbers[run.id, candidate, measure.name] for run in runs]
            for measure in self.measures
        }
        known = [measure for measure in self.measures if any(points[measure.name][-last:])]
        level = 1.0 - ALARMS / max(len(known), 1)
        columns = {one.name: readings(one, points[one.name], level=level) for one in known}
        return Trend(
            suite=suite,
            path=path,
            candidate=candidate,
            baseline=baseline,
            measures=tuple(columns),
            level=level,
            runs=tuple(self._told(runs, candidate, columns))[-last:],
        )

    def _told(
        self,
        runs: Sequence[Run],
        candidate: str,
        columns: Mapping[str, Sequence[Reading | None]],
    ) -> Iterator[TrendRun]:
        then: Plan | None = None
        for place, run in enumerate(runs):
            now = self.plans[run.plan_hash]
            yield TrendRun(
                id=run.id,
                short=self.shorts[run.id],
                started=run.started,
                commit=run.commit,
                changed=() if then is None else tuple(_changed(then, now, candidate)),
                readings={name: column[place] for name, column in columns.items()},
            )
            then = now


def _read(
    store: Store,
    series: Mapping[_Key, Sequence[Run]],
    plans: Mapping[str, Plan],
    measures: Sequence[Measure],
) -> Numbers:
    """Read each run once, whatever the number of its candidates, and keep its numbers only."""
    wanted: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (_, _, candidate, _), runs in series.items():
        for run in runs:
            wanted[run.id, run.plan_hash].append(candidate)
    points: dict[tuple[str, str, str], Point | None] = {}
    for (run_id, plan_hash), candidates in wanted.items():
        ledger: Ledger = store.load(run_id, plans[plan_hash])
        for candidate in candidates:
            for measure in measures:
                points[run_id, candidate, measure.name] = measure.read(ledger, candidate)
    return points


def _changed(then: Plan, now: Plan, candidate: str) -> Iterator[str]:
    if then.hash == now.hash:
        return
    if _named(then, candidate).fingerprint != _named(now, candidate).fingerprint:
        yield "candidate"
    if then.baseline.fingerprint != now.baseline.fingerprint:
        yield "baseline"
    if [seat.fingerprint for seat in then.judges] != [seat.fingerprint for seat in now.judges]:
        yield "judges"
    if then.prompts != now.prompts:
        yield "prompts"


def _named(plan: Plan, candidate: str) -> Contestant:
    return next(one for one in plan.candidates if one.name == candidate)
