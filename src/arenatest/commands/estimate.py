"""``arenatest estimate``: what suites will take, before anything is bought."""

from __future__ import annotations

import argparse
import sys

from arenatest.commands.registry import Commands

_SUMMARY = "say what suites will take: calls, tokens, cost, time, and what each gate can tell"


def add(commands: Commands) -> None:
    """Add the command to the command line."""
    estimate = commands.add_parser("estimate", help=_SUMMARY, description=_SUMMARY)
    estimate.add_argument(
        "suites",
        nargs="*",
        metavar="SUITE",
        help="files, folders or gates, as for pytest; default: as for pytest",
    )
    estimate.set_defaults(run=_estimate)


def _estimate(options: argparse.Namespace) -> int:
    import pytest

    from arenatest.collection.order import Order, Ordered

    order = Ordered(Order(command="estimate", run=None, typed=options.suites))
    status = pytest.main(["--arena", "-qq", *options.suites], plugins=[order])
    if status == pytest.ExitCode.NO_TESTS_COLLECTED:
        print("arenatest: found no suite", file=sys.stderr)
    return int(status)
