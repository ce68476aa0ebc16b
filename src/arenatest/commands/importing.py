"""``arenatest import``: what other programs paid for comes into the store."""

from __future__ import annotations

import argparse
import platform
import secrets
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import arenatest
from arenatest.commands.configured import configured
from arenatest.commands.registry import Commands
from arenatest.errors import OptionError

if TYPE_CHECKING:
    import pytest

    from arenatest.imports.losses import Losses
    from arenatest.imports.taking import Taken
    from arenatest.store import Store

_OURS = "arenatest"
_FORMATS = (
    "alpaca-eval",
    "arena-hard",
    _OURS,
    "evalscope",
    "langfuse",
    "lmsys",
    "mt-bench",
)


def add(commands: Commands) -> None:
    """Add the command to the command line."""
    said = "take answers, verdicts and votes of other programs into the store; makes no call"
    command = commands.add_parser("import", help=said, description=said)
    command.add_argument("format", metavar="FORMAT", choices=_FORMATS, help=", ".join(_FORMATS))
    command.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="files, or folders with all in them"
    )
    command.add_argument("--name", help="of the suite that the runs are of; default: the format")
    command.add_argument(
        "--baseline", metavar="MODEL", help="whom the others are compared with; default: docs"
    )
    command.add_argument(
        "--answers-to",
        type=Path,
        metavar="FOLDER",
        help="write prompts and answers for suites too: a folder that does not exist yet",
    )
    command.add_argument("--store", help="default: as for pytest --arena")
    command.set_defaults(run=_run)


def taken_lines(taken: Taken) -> Iterator[str]:
    """Yield what became of one run, in lines for people."""
    from arenatest.report.escape import for_terminal
    from arenatest.report.phrases import plural

    plan, state = taken.draft.plan, "" if taken.new else ", which the store holds already"
    rivals = ", ".join(one.name for one in plan.candidates[:3])
    more = f" and {len(plan.candidates) - 3} more" if len(plan.candidates) > 3 else ""  # noqa: PLR2004
    against = f"{rivals}{more} against {plan.baseline.name}" if rivals else plan.baseline.name
    yield for_terminal(f"run {taken.run.id[:8]}  {plan.suite}: {against}{state}")
    yield f"  {plural(len(plan.prompts), 'prompt')}, {plural(taken.records, 'record')}"
    for decision, figure in zip(taken.decisions, taken.figures, strict=True):
        yield for_terminal(f"  {decision.candidate}: {decision.reason}")
        if figure.value is not None and figure.n != decision.n:
            yield f"    over all {figure.n:,}: {figure.value:.3f}"


def loss_lines(losses: Losses) -> Iterator[str]:
    """Yield what was not taken over, in lines for people."""
    from arenatest.report.escape import for_terminal

    lines = list(losses.lines())
    yield "not taken over:" if lines else "all was taken over"
    yield from (for_terminal(f"  {line}") for line in lines)


def _run(options: argparse.Namespace) -> int:
    store = () if options.store is None else (f"--arena-store={options.store}",)
    return configured(partial(_import, options), store)


def _import(options: argparse.Namespace, config: pytest.Config) -> None:
    from arenatest.collection.options import store_place
    from arenatest.store import open_store

    with open_store(store_place(config)) as store:
        if options.format == _OURS:
            _restore(options, store)
        else:
            _bring(options, store)


def _restore(options: argparse.Namespace, store: Store) -> None:
    """Read exports back, which say themselves what others have to be told."""
    from arenatest.exchange.restore import restore
    from arenatest.report.escape import for_terminal

    for option in ("name", "baseline", "answers_to"):
        if getattr(options, option) is not None:
            message = f"--{option.replace('_', '-')}: an export of arenatest is taken as it is"
            raise OptionError(message)
    before = {run.id for run in store.runs()}
    for path in options.paths:
        for run in restore(store, path):
            known = ", which the store holds already" if run.id in before else ""
            suite = store.plan(run.plan_hash).suite
            print(for_terminal(f"run {run.id[:8]}  {suite}{known}"))


def _bring(options: argparse.Namespace, store: Store) -> None:
    from arenatest.imports.bringing import Wanted, bring
    from arenatest.imports.losses import Losses
    from arenatest.imports.taking import Moment
    from arenatest.report.escape import for_terminal

    wanted = Wanted(
        source=options.format,
        paths=options.paths,
        name=options.name,
        baseline=options.baseline,
        answers_to=options.answers_to,
    )
    moment = Moment(
        now=time.time(),  # noqa: TID251 - here wall time enters
        session=secrets.token_hex(16),
        versions={"arenatest": arenatest.__version__, "python": platform.python_version()},
    )
    losses = Losses()
    for taken in bring(store, wanted, moment, losses):
        print("\n".join(taken_lines(taken)), flush=True)
    print("\n".join(loss_lines(losses)))
    if options.answers_to is not None:
        print(for_terminal(f"prompts and answers: {options.answers_to}"))
