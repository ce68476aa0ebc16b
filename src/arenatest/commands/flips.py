"""``arenatest flips``: which prompts end otherwise than in the accepted run, or the one before."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from arenatest.commands.configured import configured
from arenatest.commands.registry import Commands
from arenatest.errors import OptionError

if TYPE_CHECKING:
    import pytest

    from arenatest.lock.flips import Flips
    from arenatest.model.plan import Plan
    from arenatest.model.record import Run
    from arenatest.store import Store


def add(commands: Commands) -> None:
    """Add the command to the command line."""
    said = "list the prompts that flipped since the accepted run, or else since the one before"
    flips = commands.add_parser("flips", help=said, description=said)
    flips.add_argument(
        "suites", nargs="*", metavar="SUITE", type=Path, help="files or folders; default: all"
    )
    flips.add_argument("--store", help="default: as for pytest --arena")
    flips.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    store = () if options.store is None else (f"--arena-store={options.store}",)
    return configured(partial(_flips, options), store)


def _flips(options: argparse.Namespace, config: pytest.Config) -> None:
    from arenatest.collection.lockfile import lock_mode, standing_of
    from arenatest.collection.options import store_place
    from arenatest.collection.outputs import read_run
    from arenatest.report.view import flipped
    from arenatest.store import open_store

    root = config.rootpath
    wanted = {Path(os.path.relpath(path.absolute(), root)).as_posix() for path in options.suites}
    with open_store(store_place(config), create=False) as store:
        latest = {
            plan.path: run
            for run, plan in _latest(store)
            if not wanted or not wanted.isdisjoint(_places(plan.path))
        }
        if lost := sorted(wanted.difference(*map(_places, latest))):
            hint = f"run `pytest --arena {' '.join(lost)}` first"
            problem = f"no finished run of {', '.join(lost)}"
            raise OptionError(f"{store.place}: {problem}\n  hint: {hint}")
        for path, run in sorted(latest.items()):
            plan = store.plan(run.plan_hash)
            where = standing_of(run, plan, store, root, lock_mode(config))
            found = flipped(read_run(store, run, where))
            if not found:
                print(f"{path}: no earlier run to compare with")
            for one in found:
                print("\n".join(_lines(path, one)))


def _places(path: str) -> set[str]:
    """Return a suite's path and the folders that it lies in."""
    return {path, *(folder.as_posix() for folder in Path(path).parents)}


def _latest(store: Store) -> Iterator[tuple[Run, Plan]]:
    """Yield finished runs with gates, the latest of each suite last."""
    plans: dict[str, Plan] = {}
    for run in store.runs():
        if run.finished is not None:
            if run.plan_hash not in plans:
                plans[run.plan_hash] = store.plan(run.plan_hash)
            if plans[run.plan_hash].rules and not plans[run.plan_hash].aa:
                yield run, plans[run.plan_hash]


def _lines(path: str, found: Flips) -> Iterator[str]:
    from arenatest.report.escape import for_terminal
    from arenatest.report.phrases import OUTCOMES, changed_words, flips_words

    said = flips_words(found) or "no prompt has a verdict both now and in the earlier run"
    yield for_terminal(f"{path}  {found.candidate}: {said}")
    if found.changed:
        yield f"  {changed_words(found)}"
    for flip in found.flips:
        category = f"  ({flip.prompt.category})" if flip.prompt.category else ""
        then, now = (OUTCOMES[one.outcome] for one in (flip.before, flip.after))
        yield for_terminal(
            f"  {then} -> {now}  {flip.before.score:.2f} -> {flip.after.score:.2f}  "
            f"{flip.prompt.id}{category}"
        )
        yield f"    calls {flip.before.chat_id[:12]} {flip.after.chat_id[:12]}"
        yield for_terminal(f"    {flip.rerun}")
