"""``arenatest schema`` and ``arenatest plugins``: what suites can say with the plugins at hand."""

from __future__ import annotations

import argparse
import json
from typing import Any

from arenatest.commands.configured import with_kinds
from arenatest.commands.registry import Commands


def add(commands: Commands) -> None:
    """Add the commands to the command line."""
    schema = commands.add_parser("schema", help="print the JSON Schema of suite files")
    schema.set_defaults(run=_schema)

    plugins = commands.add_parser("plugins", help="list the kinds that plugins offer")
    plugins.set_defaults(run=_plugins)


def _schema(options: argparse.Namespace) -> int:
    del options

    def show(kinds: Any) -> None:
        from arenatest.suite.jsonschema import suite_schema

        print(json.dumps(suite_schema(kinds), indent=2, ensure_ascii=False))

    return with_kinds(show)


def _plugins(options: argparse.Namespace) -> int:
    del options

    def show(kinds: Any) -> None:
        from arenatest.commands.listing import kind_lines

        print("\n".join(kind_lines(kinds)))

    return with_kinds(show)
