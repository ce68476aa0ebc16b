"""``arenatest stats``: what models took and gave over a range of time."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from arenatest.commands.recorded import add_options, show
from arenatest.commands.registry import Commands

if TYPE_CHECKING:
    from arenatest.store import Store


def add(commands: Commands) -> None:
    """Add the command to the command line."""
    said = "tell each model's calls, success rate, tokens, cost and times to the first token"
    stats = commands.add_parser("stats", help=said, description=said)
    when = "a date or time (UTC), or an age such as 7d or 12h"
    stats.add_argument("--since", metavar="WHEN", help=f"calls that began then or later: {when}")
    stats.add_argument("--until", metavar="WHEN", help="calls that began before, likewise")
    stats.add_argument("--suite", metavar="NAME", help="name of a suite, or path of its file")
    add_options(stats, _stats)


def _stats(options: argparse.Namespace, store: Store) -> None:
    from arenatest.history.models import statistics, statistics_lines
    from arenatest.history.when import moment_of

    now = datetime.now(UTC).timestamp()
    since, until = (
        None if typed is None else moment_of(typed, option=option, now=now)
        for option, typed in (("--since", options.since), ("--until", options.until))
    )
    found = statistics(store, since=since, until=until, suite=options.suite)
    show(options, found, statistics_lines(found))
