"""``arenatest diff``: two runs side by side."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from arenatest.commands.recorded import add_options, positive, show
from arenatest.commands.registry import Commands

if TYPE_CHECKING:
    from arenatest.history.comparison import Recorded
    from arenatest.store import Store

_FLIPS = 5


def add(commands: Commands) -> None:
    """Add the command to the command line."""
    said = "compare two runs: gates, win rates, prompts that flipped, times, cost, failures"
    diff = commands.add_parser("diff", help=said, description=said)
    diff.add_argument("before", metavar="BEFORE", help="a run: its id, the beginning, or latest~1")
    diff.add_argument("after", metavar="AFTER", help="another one, such as latest")
    diff.add_argument(
        "--flips", metavar="N", type=positive, default=_FLIPS, help="prompts shown (default: 5)"
    )
    add_options(diff, _diff)


def _diff(options: argparse.Namespace, store: Store) -> None:
    from arenatest.history.comparison import compare
    from arenatest.history.comparison_lines import comparison_lines

    found = compare(_recorded(store, options.before), _recorded(store, options.after))
    show(options, found, comparison_lines(found, flips=options.flips))


def _recorded(store: Store, asked: str) -> Recorded:
    from arenatest.history.comparison import Recorded
    from arenatest.store.naming import named_run

    run = named_run(store, asked)
    return Recorded(ledger=store.load(run.id), decisions=store.decisions(run.id))
