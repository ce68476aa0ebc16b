"""``arenatest accept`` and ``arenatest lock``: what was compared becomes what is compared with.

Both print a diff and change nothing until ``--write`` is added: people review it, as any change.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from arenatest.commands.configured import configured
from arenatest.commands.registry import Commands
from arenatest.errors import ArenaError, OptionError

if TYPE_CHECKING:
    import pytest

    from arenatest.lock.evidence import Evidence
    from arenatest.model.plan import Plan
    from arenatest.store import Store
    from arenatest.suite.kinds import Kinds


_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def add(commands: Commands) -> None:
    """Add the commands to the command line."""
    said = "make a candidate the baseline of its suite, and lock what was compared"
    accept = commands.add_parser("accept", help=said, description=said)
    accept.add_argument("suite", metavar="SUITE", type=Path)
    accept.add_argument("candidate", metavar="CANDIDATE")
    accept.add_argument(
        "--keep-as",
        metavar="NAME",
        help="leave its table among the candidates, under this name; the last candidate stays as "
        "CANDIDATE-next",
    )
    said = "lock what the latest run of a suite compared, without a promotion"
    lock = commands.add_parser("lock", help=said, description=said)
    lock.add_argument("suite", metavar="SUITE", type=Path)
    lock.set_defaults(candidate=None, keep_as=None)
    for command in (accept, lock):
        command.add_argument("--write", action="store_true", help="write it, beside showing it")
        command.add_argument(
            "--force", action="store_true", help="whatever speaks against it; the lock will say so"
        )
        command.add_argument("--store", help="default: as for pytest --arena")
        command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    suite: Path = options.suite
    if not suite.is_file():
        raise OptionError(f"no such file: {suite}")
    pytest_options = [str(suite)]
    if options.store is not None:
        pytest_options.append(f"--arena-store={options.store}")
    return configured(partial(_accept, options), pytest_options)


def _accept(options: argparse.Namespace, config: pytest.Config) -> None:
    from arenatest.collection.items import kinds_for
    from arenatest.collection.options import store_place
    from arenatest.lock.files import lock_path
    from arenatest.store import open_store
    from arenatest.suite.load import load_suite

    path: Path = options.suite.absolute()
    kinds = kinds_for(config.hook)
    plan = load_suite(path, root=config.rootpath, kinds=kinds).plan
    changes = []
    if options.candidate is not None:
        text = _promoted(options, plan, path, kinds)
        changes.append(_Change(path=path, before=_text(path), after=text))
    with open_store(store_place(config), create=False) as store:
        locked = _locked(store, plan, options)
    locks = lock_path(path)
    changes.append(_Change(path=locks, before=_text(locks), after=locked))
    _show(changes, config.rootpath, write=options.write)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A file before and after; ``before`` is empty where it is new."""

    path: Path
    before: str
    after: str

    def diff(self, root: Path) -> Iterator[str]:
        """Yield the lines of a unified diff that ``git apply`` takes."""
        name = self.path.relative_to(root) if self.path.is_relative_to(root) else self.path
        shown = name.as_posix()
        old = f"a/{shown}" if self.before else "/dev/null"
        before, after = (_LINE.findall(text) for text in (self.before, self.after))
        for line in difflib.unified_diff(before, after, old, f"b/{shown}"):
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _promoted(options: argparse.Namespace, plan: Plan, path: Path, kinds: Kinds) -> str:
    """Return the suite's text with the candidate promoted, checked as a suite."""
    import tomli

    from arenatest.lock.promotion import promote
    from arenatest.suite.load import build_suite

    keep = options.keep_as
    last = keep is None and len(plan.candidates) == 1
    if last:
        keep = f"{options.candidate}-next"
    text = promote(_text(path), options.candidate, keep=keep)
    if last:
        _say(f"the last candidate stays, as {keep}: change its table into the next one")
    try:
        build_suite(tomli.loads(text), path=plan.path, directory=path.parent, kinds=kinds)
    except ArenaError as error:
        hint = "change the gates that name it first, and run the suite again"
        message = f"without {options.candidate} as a candidate the suite would be wrong:\n{error}"
        raise OptionError(f"{message}\n  hint: {hint}") from error
    return text


def _locked(store: Store, plan: Plan, options: argparse.Namespace) -> str:
    from arenatest.lock.evidence import evidence
    from arenatest.lock.files import lock_text
    from arenatest.lock.making import make_lock

    found = evidence(store, plan, options.candidate)
    if found is None:
        whose = f" with {options.candidate}" if options.candidate else ""
        hint = f"run `pytest --arena {options.suite}`, to its end"
        raise OptionError(f"{store.place}: no finished run of {plan.path}{whose}\n  hint: {hint}")
    _judge(found, options)
    if options.candidate is not None:
        _warn_of_drift(found.plan, options.candidate)
    lock = make_lock(
        found.plan,
        found.run,
        store.served(found.run.id),
        found.decisions,
        promoted=options.candidate,
        forced=found.problems,
    )
    return lock_text(lock)


def _judge(found: Evidence, options: argparse.Namespace) -> None:
    """Refuse what a run speaks against, unless that is overruled.

    Raises:
        OptionError: With all that speaks against it.
    """
    from arenatest.lock.drift import joined

    if not found.problems:
        return
    what = "lock this suite" if options.candidate is None else f"accept {options.candidate}"
    if not options.force:
        hint = "run the suite again; --force overrules this, and the lock will say so"
        raise OptionError(f"cannot {what}:\n{joined(found.problems)}\n  hint: {hint}")
    _say(f"overruled by --force:\n{joined(found.problems)}")


def _warn_of_drift(plan: Plan, candidate: str) -> None:
    """Say what may get worse release by release: whoever promotes can set a limit to it."""
    from arenatest.lock.reigns import relative_only

    if loose := relative_only(plan.rules, candidate):
        _say(
            f"{', '.join(loose)}: held to the baseline alone, which is {candidate} from now on, so "
            "that it may get worse release by release: add a gate with max or min"
        )


def _show(changes: list[_Change], root: Path, *, write: bool) -> None:
    for change in changes:
        sys.stdout.writelines(change.diff(root))
    sys.stdout.flush()
    for change in changes:
        if write and change.after != change.before:
            _write(change)
    if all(change.after == change.before for change in changes):
        _say("nothing changes")
    elif not write:
        _say("nothing is written: add --write")


def _write(change: _Change) -> None:
    beside = change.path.with_name(f".{change.path.name}.{os.getpid()}.new")
    try:
        beside.write_bytes(change.after.encode())
        if change.before:
            shutil.copymode(change.path, beside)
        beside.replace(change.path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise OptionError(f"cannot write {change.path}: {error.strerror}") from error
    _say(f"wrote {change.path}")


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig", "replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise OptionError(f"cannot read {path}: {error.strerror}") from error


def _say(line: str) -> None:
    """Write for people, beside the diff, which a program may read."""
    print(f"arenatest: {line}", file=sys.stderr)
