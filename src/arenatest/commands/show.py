"""``arenatest show``: one run in detail, or one model call beside the others of its model."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from arenatest.commands.recorded import add_options
from arenatest.commands.recorded import show as show_found
from arenatest.commands.registry import Commands
from arenatest.errors import OptionError

if TYPE_CHECKING:
    from arenatest.store import Store


def add(commands: Commands) -> None:
    """Add the command to the command line."""
    said = "show one run, or one model call by its chat id"
    show = commands.add_parser("show", help=said, description=said)
    show.add_argument(
        "id", metavar="ID", help="of a run or a call, its first characters, latest, or latest~1"
    )
    add_options(show, _show)


def _show(options: argparse.Namespace, store: Store) -> None:
    from arenatest.commands.one_call import call_lines
    from arenatest.history.one_run import detail_lines, run_detail
    from arenatest.store.naming import named_run, names_a_run

    if names_a_run(store, options.id):
        found = run_detail(store, named_run(store, options.id))
        show_found(options, found, detail_lines(found))
    elif options.json:
        raise OptionError(f"{options.id!r} names no run, and --json shows runs only")
    else:
        print("\n".join(call_lines(store, options.id)))
