"""The runs of a store, the latest first, in a line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from arenatest.history.table import aligned, one_line
from arenatest.model.record import Run
from arenatest.report.phrases import dollars, moment, plural
from arenatest.store import Store
from arenatest.store.overview import Outline, Overview, read_outlines, read_overviews

State = Literal["finished", "open", "stopped"]

SHORT = 8
"""Characters of an id that is shown, unless more are needed to tell runs apart."""

_MINUTE = len("2026-11-22 05:14")
_COMMIT = 10  # characters of a commit


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One run as it is listed.

    Attributes:
        id: Whole; ``short`` is the beginning of it that no other run of the store has.
        started, finished: Seconds since 1970; ``finished`` is None while it is open.
        state: ``finished``; ``stopped`` before its plan was done; ``open`` where it goes on, or
            was killed.
        stopped: Why it stopped, for people; empty otherwise.
        attempt: The n-th run of its plan.
        commit: Under test; None where unknown.
        source: What it was imported from; None for our own.
        passed, failed, inconclusive: Gates.
        calls: That it made.
        cost: US dollars, as far as known; None where no call has a known cost.
        uncosted: Calls whose cost is unknown.
    """

    id: str
    short: str
    started: float
    finished: float | None
    suite: str
    path: str
    baseline: str
    candidates: tuple[str, ...]
    state: State
    stopped: str
    attempt: int
    commit: str | None
    source: str | None
    passed: int
    failed: int
    inconclusive: int
    calls: int
    cost: float | None
    uncosted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The latest runs.

    Attributes:
        suite: The only one that was asked for; None for all.
        runs: The latest first.
        more: Earlier runs of the store that were not looked at, of whatever suite.
    """

    suite: str | None
    runs: tuple[RunLine, ...]
    more: int


def listing(store: Store, *, suite: str | None = None, limit: int) -> Listing:
    """Return the latest runs of a store.

    Args:
        store: Where they are recorded.
        suite: Name of the suite, or path of its file; None for all.
        limit: How many at most.
    """
    runs = store.runs()
    shorts = short_ids([run.id for run in runs])
    looked_at = runs if suite is not None else runs[-limit:]
    plans = read_outlines(store, (run.plan_hash for run in looked_at))
    chosen: list[Run] = []
    looked = 0
    for run in reversed(runs):
        if len(chosen) == limit:
            break
        looked += 1
        if suite is None or plans[run.plan_hash].is_of(suite):
            chosen.append(run)
    came_to = read_overviews(store, [run.id for run in chosen])
    lines = tuple(
        run_line(run, plans[run.plan_hash], shorts[run.id], came_to[run.id]) for run in chosen
    )
    return Listing(suite=suite, runs=lines, more=len(runs) - looked)


def run_line(run: Run, plan: Outline, short: str, came_to: Overview) -> RunLine:
    """Return the line of one run."""
    outcomes = [decision.decision for decision in came_to.decisions]
    return RunLine(
        id=run.id,
        short=short,
        started=run.started,
        finished=run.finished,
        suite=plan.suite,
        path=plan.path,
        baseline=plan.baseline,
        candidates=plan.candidates,
        state=state_of(run),
        stopped="" if run.stopped is None else run.stopped[1],
        attempt=run.attempt,
        commit=run.commit,
        source=run.source,
        passed=outcomes.count("pass"),
        failed=outcomes.count("fail"),
        inconclusive=outcomes.count("inconclusive"),
        calls=came_to.calls,
        cost=came_to.cost,
        uncosted=came_to.uncosted,
    )


def short_ids(ids: Sequence[str]) -> dict[str, str]:
    """Return the shortest beginnings, all of one length, that tell ids apart.

    Examples:
        >>> short_ids(["5f0c2a91aa", "5f0c2a91bb"])
        {'5f0c2a91aa': '5f0c2a91a', '5f0c2a91bb': '5f0c2a91b'}
    """
    length, most = SHORT, max(map(len, ids), default=0)
    while length < most and len({one[:length] for one in ids}) < len(set(ids)):
        length += 1
    return {one: one[:length] for one in ids}


def state_of(run: Run) -> State:
    """Return whether a run is done, stopped before its plan was, or open."""
    if run.stopped is not None:
        return "stopped"
    return "open" if run.finished is None else "finished"


def listing_lines(found: Listing, *, width: int | None = None) -> Iterator[str]:
    """Yield the list for people; lines are cut to ``width``, where there is one."""
    if not found.runs:
        of = "" if found.suite is None else f" of the suite {one_line(found.suite)!r}"
        yield f"no run{of} is recorded"
        return
    head = ("RUN", "WHEN (UTC)", "STATE", "P/F/I", "CALLS", "COST", "SUITE")
    yield from aligned([head, *map(_cells, found.runs)], right=range(3, 6), width=width)
    if found.more:
        of = "" if found.suite is None else " of this and other suites"
        yield f"{plural(found.more, 'earlier run')}{of} not shown: --limit N shows more"


def _cells(line: RunLine) -> tuple[str, ...]:
    return (
        line.short,
        moment(line.started)[:_MINUTE],
        line.state,
        f"{line.passed}/{line.failed}/{line.inconclusive}",
        f"{line.calls:,}",
        dollars(line.cost) + "+" * bool(line.cost is not None and line.uncosted),
        _told(line),
    )


def _told(line: RunLine) -> str:
    """Return what a run was about, and what is unusual about it."""
    rivals = ", ".join(map(one_line, line.candidates))
    more = (
        f"attempt {line.attempt}" if line.attempt > 1 else "",
        f"commit {line.commit[:_COMMIT]}" if line.commit else "",
        f"from {line.source}" if line.source else "",
        line.stopped,
    )
    told = f"{one_line(line.suite)}: {rivals} against {one_line(line.baseline)}"
    return "; ".join(filter(None, (told, *more)))
