"""``arenatest init``: a first suite that runs as it is."""

from __future__ import annotations

import argparse
from pathlib import Path

from arenatest.commands.registry import Commands


def add(commands: Commands) -> None:
    """Add the command to the command line."""
    init = commands.add_parser("init", help="write a first suite that runs as it is")
    init.add_argument("folder", nargs="?", default="suites", type=Path)
    init.set_defaults(run=_init)


def _init(options: argparse.Namespace) -> int:
    from arenatest.commands.starter import write_starter

    for path in write_starter(options.folder):
        print(f"wrote {path}")
    print(f"now run: pytest --arena {options.folder}")
    return 0
