"""What commands that look back share: the store that they look into, and how they print."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from arenatest.commands.configured import configured

if TYPE_CHECKING:
    import pytest

    from arenatest.store import Store


Look = Callable[[argparse.Namespace, "Store"], None]
"""Looks into the store, and prints what it finds."""


def add_options(command: argparse.ArgumentParser, look: Look) -> None:
    """Add what all of them take, and what they do."""
    command.add_argument("--store", help="default: as for pytest --arena")
    command.add_argument("--json", action="store_true", help="print JSON, for programs")
    command.set_defaults(run=_run, look=look)


def show(options: argparse.Namespace, found: object, lines: Iterable[str]) -> None:
    """Print what was found: as JSON where that was asked for, else its lines for people."""
    if options.json:
        from arenatest.history.as_json import as_json

        print(as_json(found))
    else:
        print("\n".join(lines))


def terminal_width() -> int | None:
    """Return how many columns the terminal has; None where there is none, and lines may be long."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def positive(typed: str) -> int:
    """Return a number of things from 1 on, as argparse takes it."""
    if not (typed.isascii() and typed.isdigit() and int(typed)):
        raise argparse.ArgumentTypeError(f"got {typed!r}, expected a number from 1 on")
    return int(typed)


def _run(options: argparse.Namespace) -> int:
    """Hand a command the store, which must be there; return the exit status."""

    def run(config: pytest.Config) -> None:
        from arenatest.collection.options import store_place
        from arenatest.store import open_store

        with open_store(store_place(config), create=False) as store:
            options.look(options, store)

    store = () if options.store is None else (f"--arena-store={options.store}",)
    return configured(run, store)
