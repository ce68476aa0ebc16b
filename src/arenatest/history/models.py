"""Statistics of models over a range of time, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from arenatest.gates.words import amount
from arenatest.history.table import aligned, one_line
from arenatest.report.phrases import UNKNOWN, dollars, moment, percent
from arenatest.store import Store
from arenatest.store.overview import read_outlines
from arenatest.store.statistics import PERCENTILES, ModelStatistics, read_statistics

_FINGERPRINT = 12  # characters that are shown
_TITLES = {"answers": "answers", "judging": "judging", "load": "under load"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What models did between two moments.

    Attributes:
        since, until: Seconds since 1970; None for no limit.
        suite: The only one whose runs count; None for all.
        percentiles: Which ones ``ttft.percentiles`` are, in per cent.
    """

    since: float | None
    until: float | None
    suite: str | None
    percentiles: tuple[int, ...]
    models: tuple[ModelStatistics, ...]


def statistics(
    store: Store,
    *,
    since: float | None = None,
    until: float | None = None,
    suite: str | None = None,
) -> Statistics:
    """Return the statistics of every model that was called.

    Args:
        store: The record.
        since: Calls that began from this wall-clock second on; None for no limit.
        until: Calls that began before it; None for no limit.
        suite: Name of the suite, or path of its file; None for all.
    """
    plans = None
    if suite is not None:
        outlines = read_outlines(store, (run.plan_hash for run in store.runs()))
        plans = [one.hash for one in outlines.values() if one.is_of(suite)]
    models = read_statistics(store, since=since, until=until, plans=plans)
    return Statistics(
        since=since, until=until, suite=suite, percentiles=PERCENTILES, models=tuple(models)
    )


def statistics_lines(found: Statistics) -> Iterator[str]:
    """Yield the statistics in two tables for each purpose: calls, then times to the first token."""
    yield _range(found)
    if not found.models:
        yield "no call is recorded"
    for purpose, title in _TITLES.items():
        models = [model for model in found.models if model.purpose == purpose]
        if models:
            yield f"{title}:"
            yield from _indented(aligned(_calls(models), right=range(5)))
            if any(model.ttft.count for model in models):
                yield from _indented(aligned(_clocks(models), right=range(9)))


def _range(found: Statistics) -> str:
    since = "the first call" if found.since is None else moment(found.since)
    until = "now" if found.until is None else moment(found.until)
    suite = "" if found.suite is None else f" in the suite {one_line(found.suite)}"
    return f"calls{suite} from {since} until {until}"


def _calls(models: Sequence[ModelStatistics]) -> Iterator[tuple[str, ...]]:
    yield "CALLS", "SUCCESS", "TOKENS IN", "OUT", "COST", "MODEL"
    for model in models:
        yield (
            f"{model.calls:,}",
            percent(model.success_rate),
            _count(model.input_tokens),
            _count(model.output_tokens),
            dollars(model.cost) + "+" * bool(model.cost is not None and model.uncosted),
            _named(model),
        )


def _clocks(models: Sequence[ModelStatistics]) -> Iterator[tuple[str, ...]]:
    yield "TTFT OF", "AVERAGE", "SD", "MIN", *(f"P{p}" for p in PERCENTILES), "MAX", "MODEL"
    for model in models:
        ttft = model.ttft
        values = (ttft.average, ttft.deviation, ttft.minimum, *ttft.percentiles, ttft.maximum)
        yield (f"{ttft.count:,}", *map(_seconds, values), _named(model))


def _named(model: ModelStatistics) -> str:
    """Return a model by its name, and by its fingerprint where there is one."""
    others = f" and {model.names - 1} more" if model.names > 1 else ""
    fingerprint = "" if model.kind is None else f" {model.model[:_FINGERPRINT]}"
    return f"{model.name}{others}{fingerprint}"


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _count(tokens: int | None) -> str:
    return UNKNOWN if tokens is None else f"{tokens:,}"


def _seconds(value: float | None) -> str:
    return UNKNOWN if value is None else amount(value, "s")
