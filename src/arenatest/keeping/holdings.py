"""What a store holds, run by run, as far as it decides what may go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from arenatest.keeping.choice import Held
from arenatest.lock.files import LOCK_SUFFIX, SUITE_SUFFIX, read_lock
from arenatest.store import Store, schema
from arenatest.store.codec import outline_of
from arenatest.store.sizes import read_ends, read_sizes

_PAGE = 100  # plans read at once
_OF_OTHERS = ("node_modules", "__pycache__")  # large, and without suites


def read_held(store: Store) -> list[Held]:
    """Return all runs of a store, with what decides whether they may go; no prompt is read."""
    table = schema.plan
    plans = select(table.c.hash, table.c.body).execution_options(yield_per=_PAGE)
    with store.reading() as connection:
        outlines = {plan: outline_of(body) for plan, body in connection.execute(plans)}
        sizes, ends = read_sizes(connection), read_ends(connection)
    held = []
    for run in store.runs():
        last = run.finished if run.finished is not None else ends.get(run.id)
        outline = outlines.get(run.plan_hash, {})
        held.append(
            Held(
                run=run,
                suite=outline.get("suite", ""),
                path=outline.get("path", ""),
                aa=outline.get("aa", False),
                aa_within=outline.get("limits", {}).get("aa_within"),
                ends=max(run.started, last or 0.0),
                size=sizes.get(run.id, 0),
            )
        )
    return held


def accepted_runs(store: Store, root: Path) -> dict[str, str]:
    """Return the lock files that name a run as accepted, by that run.

    A suite may have been moved since with its lock file, so that all below the root are read.

    Args:
        store: Whose suites.
        root: Where the paths of suites start.

    Raises:
        SuiteError: A lock file cannot be read, so that nobody knows which run it names.
    """
    known = {one.path for one in read_held(store) if one.path.endswith(SUITE_SUFFIX)}
    found = {}
    for path in sorted(known | {*_locked_suites(root)}):
        if (lock := read_lock(root / path, shown=path)) is not None:
            found[lock.accepted.run] = path.removesuffix(SUITE_SUFFIX) + LOCK_SUFFIX
    return found


def _locked_suites(root: Path) -> Iterator[str]:
    """Yield the paths of suites beside whose place a lock file lies, from the root."""
    for folder, inner, names in os.walk(root):
        if "pyvenv.cfg" in names:
            inner.clear()
        inner[:] = [name for name in inner if name[0] != "." and name not in _OF_OTHERS]
        for name in names:
            if name.endswith(LOCK_SUFFIX):
                lock = Path(folder, name).relative_to(root).as_posix()
                yield lock.removesuffix(LOCK_SUFFIX) + SUITE_SUFFIX
