"""Makes the parts of ``arena-results.json`` that are about time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from arenatest.report.causes import cause_words
from arenatest.report.latency import QUANTILES, Latency
from arenatest.report.load import LevelReport
from arenatest.report.results_times import (
    AdvicePart,
    ImbalancePart,
    LatencyPart,
    LoadPart,
    TimedPart,
    WaitingPart,
)
from arenatest.report.view import SuiteView


def latency_part(suite: SuiteView, measured: Latency) -> LatencyPart:
    """Return one clock of one contestant."""
    names = [f"p{share * 100:.0f}" for share in QUANTILES]
    known = dict(zip(names, measured.quantiles, strict=False))
    return LatencyPart.model_validate(
        {
            "suite": suite.name,
            "contestant": measured.contestant,
            "metric": measured.metric,
            "n": measured.n,
            "left_out": measured.left_out,
            "source": measured.source,
            **{name: known.get(name) for name in names},
            "max": measured.largest,
        }
    )


def timed_parts(suite: SuiteView) -> Iterator[TimedPart]:
    """Yield under which conditions each contestant was timed."""
    for one in suite.timed.conditions if suite.timed else ():
        lane = suite.run.ledger.plan.latency.lane
        yield TimedPart(suite=suite.name, lane=lane, **asdict(one))


def waiting_parts(suite: SuiteView) -> Iterator[WaitingPart]:
    """Yield how the calls of each contestant waited."""
    for one in suite.waitings:
        yield WaitingPart(
            suite=suite.name,
            contestant=one.contestant,
            calls=one.calls,
            held=one.held,
            place=one.place,
            longest=one.longest,
        )


def imbalance_parts(suite: SuiteView) -> Iterator[ImbalancePart]:
    """Yield which of them were not alike."""
    for one in suite.timed.imbalances if suite.timed else ():
        yield ImbalancePart(suite=suite.name, **asdict(one))


def advice_parts(suite: SuiteView) -> Iterator[AdvicePart]:
    """Yield what probably makes candidates slow."""
    for finding in (found for advice in suite.advice for found in advice.findings):
        yield AdvicePart(
            suite=suite.name,
            candidate=finding.contestant,
            against=finding.against,
            cause=finding.cause,
            shares=dict(finding.shares),
            figures=dict(finding.figures),
            line=cause_words(finding),
        )


def load_part(suite: SuiteView, level: LevelReport) -> LoadPart:
    """Return one level of load of one contestant."""
    load = suite.run.ledger.plan.load
    assert load is not None  # noqa: S101 - or there would be no level
    return LoadPart(suite=suite.name, arrivals=load.arrivals, **asdict(level))
