"""``arenatest local fetch``: models that run on this machine."""

from __future__ import annotations

import argparse
import os

from arenatest.commands.registry import Commands


def add(commands: Commands) -> None:
    """Add the command to the command line."""
    local = commands.add_parser("local", help="models that run on this machine")
    actions = local.add_subparsers(required=True, metavar="ACTION")
    fetch = actions.add_parser("fetch", help="download a model, once")
    fetch.add_argument("name", metavar="NAME")
    fetch.set_defaults(run=_fetch)


def _fetch(options: argparse.Namespace) -> int:
    from arenatest.providers.local_models import fetch_command, models_folder

    fetch_command(options.name, models_folder(os.environ), print)
    return 0
