"""Finds in the store the run that may answer for a plan, and reads it back for that plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from arenatest.errors import OptionError
from arenatest.model.plan import Plan
from arenatest.model.record import Ledger, Run
from arenatest.report.phrases import moment
from arenatest.store import Store
from arenatest.store.naming import named_run
from arenatest.suite.differences import answer_differences, judge_differences

Compare = Callable[[Plan, Plan], tuple[str, ...]]
"""Returns what keeps a recorded plan from answering for a plan, in a line each."""


def find_run(
    store: Store, plan: Plan, compare: Compare, *, session: str, asked: str | None = None
) -> Run:
    """Return the run whose record fits a plan: the latest finished one, else the latest.

    Args:
        store: Where runs are recorded.
        plan: What is to be decided.
        compare: Says where a recorded plan does not fit.
        session: Whose own runs do not count.
        asked: The run to take, as :func:`named_run` has it; it must fit.

    Raises:
        OptionError: None fits; the message names the nearest run and what differs.
    """
    found = store.runs() if asked is None else [named_run(store, asked, session=session)]
    runs = [run for run in found if run.session != session]
    runs.sort(key=lambda run: (run.finished is not None, run.started), reverse=True)
    differing: dict[str, tuple[str, ...]] = {}
    for run in runs:
        if run.plan_hash not in differing:
            differing[run.plan_hash] = compare(plan, store.plan(run.plan_hash))
        if not differing[run.plan_hash]:
            return run
    raise OptionError(_none_fits(store, plan, runs, differing))


def read_for(store: Store, run: Run, plan: Plan) -> Ledger:
    """Return what a run recorded as the record of another plan on the same evidence.

    Values of a metric that is not the run's any more are left out: they are of another one. So are
    levels of another load, and clocks that were taken in another lane.
    """
    ledger = store.load(run.id, plan)
    recorded = store.plan(run.plan_hash)
    then = dict(_metrics(recorded))
    same = {name for name, fingerprint in _metrics(plan) if then.get(name) == fingerprint}
    kept = {slot: value for slot, value in ledger.measurements.items() if slot.metric in same}
    alike = plan.load is not None and plan.load.sends_like(recorded.load)
    timings = ledger.timings if plan.latency.lane == recorded.latency.lane else {}
    loads = ledger.loads if alike else {}
    return replace(ledger, measurements=kept, timings=timings, loads=loads)


def _metrics(plan: Plan) -> Iterable[tuple[str, str]]:
    return zip((metric.name for metric in plan.metrics), plan.metric_fingerprints, strict=False)


def _none_fits(
    store: Store, plan: Plan, runs: list[Run], differing: dict[str, tuple[str, ...]]
) -> str:
    if not runs:
        return f"{store.place}: no run is recorded\n  hint: run `pytest --arena` first"

    def distance(run: Run) -> tuple[bool, int]:
        return store.plan(run.plan_hash).suite != plan.suite, len(differing[run.plan_hash])

    nearest = min(runs, key=distance)  # of equally near ones the first, which is the latest
    what = "; ".join(differing[nearest.plan_hash])
    return (
        f"{plan.path}: no recorded run fits this suite\n"
        f"  nearest: run {nearest.id} of {moment(nearest.started)}: {what}"
        f"{_way_out(plan, store.plan(nearest.plan_hash))}"
    )


def _way_out(plan: Plan, recorded: Plan) -> str:
    """Return a hint where only the judges differ: then the answers can be kept."""
    if answer_differences(plan, recorded):
        return ""
    if judge_differences(plan, recorded):
        return "\n  hint: `arenatest rejudge` has its answers judged by these judges"
    return "\n  hint: `arenatest reparse` reads its judges' replies as they are read now"
