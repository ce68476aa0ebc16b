"""``arenatest show CHAT_ID``: one model call, beside the others of its model."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from arenatest.commands.configured import configured
from arenatest.commands.registry import Commands


def add(commands: Commands) -> None:
    """Add the command to the command line."""
    show = commands.add_parser("show", help="show one model call by its chat id")
    show.add_argument("chat_id", metavar="CHAT_ID", help="the id, or its first characters")
    show.add_argument("--store", type=Path, help="default: as for pytest --arena")
    show.set_defaults(run=_show)


def _show(options: argparse.Namespace) -> int:
    def show(config: pytest.Config) -> None:
        from arenatest.collection.options import folder
        from arenatest.commands.one_call import call_lines
        from arenatest.store import open_store

        with open_store(folder(config, "arena_store", ".arenatest"), create=False) as store:
            print("\n".join(call_lines(store, options.chat_id)))

    return configured(show, () if options.store is None else (f"--arena-store={options.store}",))
