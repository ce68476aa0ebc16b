"""The lock file beside a suite: read at collection, and set beside a run for its report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from arenatest.collection.options import SUFFIX, setting
from arenatest.errors import SuiteError
from arenatest.lock.files import LOCK_SUFFIX, read_lock
from arenatest.model.plan import Plan
from arenatest.model.record import Run
from arenatest.store import Store

if TYPE_CHECKING:  # a run without a lock file does not wait for what compares one
    from arenatest.lock.lock import Lock
    from arenatest.lock.standing import LockMode, Standing

MODES: tuple[LockMode, ...] = ("warn", "refuse", "off")


def lock_mode(config: pytest.Config) -> LockMode:
    """Return what a drift from a lock file means.

    Raises:
        pytest.UsageError: The option is none of the three words.
    """
    said = setting(config, "arena_lock") or "warn"
    for mode in MODES:
        if said == mode:
            return mode
    raise pytest.UsageError(f"--arena-lock: got {said!r}, expected {', '.join(MODES)}")


def refuse_drift(path: Path, plan: Plan, mode: LockMode) -> None:
    """Refuse a suite that has drifted from its lock, where that is wanted: before any call.

    Raises:
        SuiteError: It has, or its lock cannot be read.
    """
    if mode == "off":
        return
    lock = read_lock(path, shown=plan.path)
    if mode != "refuse" or lock is None:
        return
    from arenatest.lock.drift import drift, joined

    if lines := drift(lock, plan):
        problem = f"differs from {_locked(plan)}, and --arena-lock=refuse\n{joined(lines)}"
        hint = "undo that, or lock it anew with `arenatest lock` and review the diff"
        raise SuiteError(plan.path, None, "", problem, hint=hint)


def refused_models(store: Store, run_id: str, plan: Plan, root: Path) -> str:
    """Return why a run cannot stand for what was locked: another model was served; empty if not."""
    lock = None if plan.aa else _lock_of(plan, root)
    if lock is None:
        return ""
    from arenatest.lock.drift import joined, served_drift

    lines = served_drift(lock, store.served(run_id))
    if not lines:
        return ""
    return f"refused by {_locked(plan)}, and --arena-lock=refuse\n{joined(lines)}"


def standing_of(run: Run, plan: Plan, store: Store, root: Path, mode: LockMode) -> Standing:
    """Return where a run stands beside its lock file and earlier runs.

    Ask before its own ledger is held: that of an earlier run is read for a moment.
    """
    from arenatest.lock.standing import standing

    lock = None if mode == "off" else _lock_of(plan, root)
    return standing(store, run, plan, lock, mode)


def _lock_of(plan: Plan, root: Path) -> Lock | None:
    """Return the lock beside a suite's file; battles of a Python test have none."""
    return read_lock(root / plan.path, shown=plan.path) if plan.path.endswith(SUFFIX) else None


def _locked(plan: Plan) -> str:
    return plan.path.removesuffix(SUFFIX) + LOCK_SUFFIX
