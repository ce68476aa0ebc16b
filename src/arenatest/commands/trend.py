"""``arenatest trend``: how the runs of a suite went over time."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from arenatest.commands.recorded import add_options, positive, show
from arenatest.commands.registry import Commands

if TYPE_CHECKING:
    from arenatest.store import Store

_LAST = 20


def add(commands: Commands) -> None:
    """Add the command to the command line."""
    said = "follow win rate, latency and cost over runs, and mark those that depart"
    trend = commands.add_parser("trend", help=said, description=said)
    trend.add_argument(
        "suite", nargs="?", metavar="SUITE", help="name, or path of its file; default: all"
    )
    trend.add_argument("--candidate", metavar="NAME", help="the only one that is followed")
    trend.add_argument(
        "--metric",
        action="append",
        metavar="NAME",
        help="win_rate, error_rate, cost, or a clock with its percentile such as e2e-p50; may be "
        "repeated (default: win_rate, ttft-p95, cost)",
    )
    trend.add_argument(
        "--last", metavar="N", type=positive, default=_LAST, help="runs shown (default: 20)"
    )
    add_options(trend, _trend)


def _trend(options: argparse.Namespace, store: Store) -> None:
    from arenatest.history.measures import DEFAULT, measure_of
    from arenatest.history.trend import trends
    from arenatest.history.trend_lines import trend_lines

    names = dict.fromkeys(options.metric or DEFAULT)
    found = trends(
        store,
        [measure_of(name) for name in names],
        suite=options.suite,
        candidate=options.candidate,
        last=options.last,
    )
    show(options, found, trend_lines(found))
