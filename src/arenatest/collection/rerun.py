"""``--arena-rerun``: the latest run of each plan goes on, without what failed or is void."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from arenatest.collection.options import flag, setting
from arenatest.model.plan import Plan
from arenatest.model.record import Run
from arenatest.report.phrases import moment
from arenatest.store import Store
from arenatest.store.reopening import RERUNS, Rerun, latest_run
from arenatest.suite.differences import differences


def read_rerun(config: pytest.Config) -> Rerun | None:
    """Return what is to be asked again; None for nothing.

    Raises:
        pytest.UsageError: It is another word, or a new run is asked for too.
    """
    said = setting(config, "arena_rerun")
    if said is None:
        return None
    what = next((word for word in RERUNS if word == said), None)
    if what is None:
        raise pytest.UsageError(f"--arena-rerun: got {said!r}, expected {' or '.join(RERUNS)}")
    if flag(config, "arena_fresh"):
        raise pytest.UsageError(
            f"--arena-rerun={said} goes on with a run, and --arena-fresh begins a new one: "
            "give one of them"
        )
    return what


def rerun_problem(store: Store, plans: Iterable[Plan]) -> str:
    """Return which plans have no run to go on with, and what is nearest; empty where all have."""
    return "\n".join(filter(None, (_problem(store, plan) for plan in plans)))


def _problem(store: Store, plan: Plan) -> str:
    with store.reading() as connection:
        if latest_run(connection, plan.hash) is not None:
            return ""
    head = f"{plan.path}: no run of this plan is recorded, so nothing can be asked again"
    hint = "\n  hint: without --arena-rerun, what is on record is reused and the rest is bought"
    return f"{head}{_nearest(store, plan)}{hint}"


def _nearest(store: Store, plan: Plan) -> str:
    """Say of the nearest run what differs: one of the same suite first, then the latest."""
    best: tuple[tuple[bool, int, float], Run, tuple[str, ...]] | None = None
    for run in store.runs():
        if run.source is None:
            recorded = store.plan(run.plan_hash)
            differ = differences(plan, recorded)
            rank = (recorded.suite != plan.suite, len(differ), -run.started)
            if best is None or rank < best[0]:
                best = rank, run, differ
    if best is None:
        return ""
    _, run, differ = best
    what = "; ".join(differ) or "its candidates, metrics, gates or limits were others"
    return f"\n  nearest: run {run.id} of {moment(run.started)}: {what}"
