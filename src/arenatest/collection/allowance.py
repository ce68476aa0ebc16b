"""What a user allows one session to buy: options, and an account that all its processes share.

Suites run in threads of one process or, under xdist, in several processes. Whoever wants to call
takes from the account under a lock, so that they never buy more between them than was allowed.
Across processes it is a small file beside the locks. What a killed worker had in flight stays
taken: it was probably billed.
"""

from __future__ import annotations

import contextlib
import math
import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest
from filelock import FileLock

from arenatest.arena.budget import Budget, Limits, OwnAccount, Spent
from arenatest.collection.options import variable
from arenatest.suite.suite import RunSettings

_LAYOUT = struct.Struct("<qdd")
Number = TypeVar("Number", int, float)
FOR_SESSION = "for the session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What one session may buy, over all its suites.

    The command line and the environment stand above the limits of a suite, and these above the ini
    file: a suite with a limit of its own keeps to that instead.

    Attributes:
        typed: From the command line, or else the environment.
        written: From the ini file.
        file: Where the processes of the session count what they spend.
        account: The same in a session of one process; None where there are several.
    """

    typed: Limits = field(default_factory=Limits)
    written: Limits = field(default_factory=Limits)
    file: Path
    account: OwnAccount | None

    def budgets(self, settings: RunSettings, spent: Spent) -> Sequence[Budget]:
        """Return what pays for a suite: what it allows itself, and what the session does."""
        typed, written = self.typed, self.written
        own = Limits(
            max_calls=settings.max_calls if typed.max_calls is None else None,
            max_cost=settings.max_cost if typed.max_cost is None else None,
        )
        shared = Limits(
            max_calls=_above(typed.max_calls, settings.max_calls, written.max_calls),
            max_cost=_above(typed.max_cost, settings.max_cost, written.max_cost),
            whose=FOR_SESSION,
        )
        found: list[Budget] = []
        if own != Limits():
            found.append(Budget(own, OwnAccount(spent)))
        if shared != Limits(whose=FOR_SESSION):
            found.append(Budget(shared, self.account or FileAccount(self.file)))
        return found

    def forget(self) -> None:
        """Take the file away, once no process of the session needs it."""
        for path in (self.file, _lock_of(self.file)):
            with contextlib.suppress(OSError):  # gone, or never made
                path.unlink()


class FileAccount:
    """The account of a session in several processes; each run opens it for itself.

    Args:
        file: Where all of them look.
    """

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file
        self.lock = FileLock(_lock_of(file))

    @property
    def spent(self) -> Spent:
        """What was spent by all processes."""
        try:
            calls, cost, held = _LAYOUT.unpack(self._file.read_bytes())
        except FileNotFoundError:
            return Spent()
        return Spent(calls=calls, cost=cost, held=held)

    @spent.setter
    def spent(self, spent: Spent) -> None:
        self._file.write_bytes(_LAYOUT.pack(spent.calls, spent.cost, spent.held))


def read_allowance(
    config: pytest.Config, folder: Path, session: str, *, several: bool
) -> Allowance:
    """Return what the options allow.

    Args:
        config: Of this session.
        folder: Where locks lie; nothing is written before the first call.
        session: Its id, shared by its processes.
        several: Whether other processes run suites of the session too.

    Raises:
        pytest.UsageError: A limit is not a number, or below 0.
    """
    typed = Limits(
        max_calls=_typed(config, "arena_max_calls", _calls),
        max_cost=_typed(config, "arena_max_cost", _usd),
    )
    written = Limits(
        max_calls=_written(config, "arena_max_calls", _calls),
        max_cost=_written(config, "arena_max_cost", _usd),
    )
    return Allowance(
        typed=typed,
        written=written,
        file=folder / f"{session}.spent",
        account=None if several else OwnAccount(),
    )


def _typed(config: pytest.Config, name: str, read: Callable[[str, str], Number]) -> Number | None:
    option = config.getoption(name)
    if option is not None:
        return read(f"--{name.replace('_', '-')}", option)
    said = os.environ.get(variable(name))
    return read(variable(name), said) if said else None


def _written(config: pytest.Config, name: str, read: Callable[[str, str], Number]) -> Number | None:
    said = config.getini(name)
    return read(name, str(said)) if said else None


def _calls(name: str, said: str) -> int:
    if not said.strip().isdecimal():
        raise pytest.UsageError(f"{name}: got {said!r}, expected a number of calls")
    return int(said)


def _usd(name: str, said: str) -> float:
    try:
        dollars = float(said)
    except ValueError:
        dollars = math.nan
    if not 0.0 <= dollars < math.inf:
        raise pytest.UsageError(f"{name}: got {said!r}, expected US dollars, such as 2.50")
    return dollars


def _above(typed: Number | None, own: Number | None, written: Number | None) -> Number | None:
    if typed is not None:
        return typed
    return written if own is None else None


def _lock_of(file: Path) -> Path:
    return file.with_suffix(".spent.lock")
