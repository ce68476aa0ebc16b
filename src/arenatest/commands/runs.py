"""``arenatest runs``: the recorded runs, the latest first."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from arenatest.commands.recorded import add_options, positive, show, terminal_width
from arenatest.commands.registry import Commands

if TYPE_CHECKING:
    from arenatest.store import Store

_LIMIT = 20


def add(commands: Commands) -> None:
    """Add the command to the command line."""
    said = "list the recorded runs, the latest first; show RUN tells one in detail"
    runs = commands.add_parser("runs", help=said, description=said)
    runs.add_argument("--suite", metavar="NAME", help="name of a suite, or path of its file")
    runs.add_argument(
        "--limit", metavar="N", type=positive, default=_LIMIT, help="how many (default: 20)"
    )
    add_options(runs, _runs)


def _runs(options: argparse.Namespace, store: Store) -> None:
    from arenatest.history.listing import listing, listing_lines

    found = listing(store, suite=options.suite, limit=options.limit)
    show(options, found, listing_lines(found, width=terminal_width()))
