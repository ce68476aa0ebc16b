"""``arenatest gate``, ``reparse`` and ``rejudge``: what can be made of the record of a run.

Each is a pytest session of its own kind, so that progress, reports and exit status are those of
``pytest --arena``.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from arenatest.commands.registry import Commands

if TYPE_CHECKING:
    from arenatest.collection.order import Command

_COMMANDS: dict[Command, str] = {
    "gate": "decide gates again from the record, with other limits; makes no call",
    "reparse": "read the judges' recorded replies again and decide on that; makes no call",
    "rejudge": "have recorded answers judged again; calls judges, and no contestant",
}


def add(commands: Commands) -> None:
    """Add the commands to the command line."""
    for name, summary in _COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        command.add_argument(
            "suites", nargs="*", metavar="SUITE", help="files or folders; default: as for pytest"
        )
        command.add_argument(
            "--run",
            dest="run_id",
            metavar="RUN",
            help="the run to take: its id, the beginning of it, latest or latest~1; "
            "default: the latest that fits",
        )
        command.add_argument("--store", help="default: as for pytest --arena")
        command.add_argument("--reports", type=Path, help="default: as for pytest --arena")
        command.set_defaults(run=partial(_session, name))


def _session(name: Command, options: argparse.Namespace) -> int:
    import pytest

    from arenatest.collection.order import Order, Ordered

    folders = {"store": options.store, "reports": options.reports}
    said = [f"{key}={value}" for key, value in folders.items() if value is not None]
    run = [] if options.run_id is None else [f"--run={options.run_id}"]
    typed = [*options.suites, *run, *(f"--{one}" for one in said)]
    order = Ordered(Order(command=name, run=options.run_id, typed=typed))
    arguments = ["--arena", *(f"--arena-{one}" for one in said), *options.suites]
    return int(pytest.main(arguments, plugins=[order]))
