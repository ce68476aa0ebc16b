"""The command line: everything that is not a pytest run.

A command that needs plugins runs inside ``pytest.main``, so that one plugin system serves all.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

from arenatest.errors import ArenaError
from arenatest.report.escape import for_terminal

WRONG = 4
"""Exit status where something typed is wrong, as pytest has it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status: 0, or 4 with one line on standard error."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except ArenaError as error:
        print(f"arenatest: {for_terminal(str(error))}", file=sys.stderr)
        return WRONG
    except BrokenPipeError:  # whoever read has enough, as in: arenatest schema | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


class _Parser(argparse.ArgumentParser):
    """Ends with pytest's status for a wrong option, where argparse has that of a wrong suite."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and the problem, and exit."""
        self.print_usage(sys.stderr)
        self.exit(WRONG, f"{self.prog}: error: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="arenatest", description="Gates for language models. Suites run with: pytest --arena"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    init = commands.add_parser("init", help="write a first suite that runs as it is")
    init.add_argument("folder", nargs="?", default="suites", type=Path)
    init.set_defaults(run=_init)

    schema = commands.add_parser("schema", help="print the JSON Schema of suite files")
    schema.set_defaults(run=_schema)

    plugins = commands.add_parser("plugins", help="list the kinds that plugins offer")
    plugins.set_defaults(run=_plugins)

    show = commands.add_parser("show", help="show one model call by its chat id")
    show.add_argument("chat_id", metavar="CHAT_ID", help="the id, or its first characters")
    show.add_argument("--store", type=Path, help="default: as for pytest --arena")
    show.set_defaults(run=_show)

    local = commands.add_parser("local", help="models that run on this machine")
    actions = local.add_subparsers(required=True, metavar="ACTION")
    fetch = actions.add_parser("fetch", help="download a model, once")
    fetch.add_argument("name", metavar="NAME")
    fetch.set_defaults(run=_fetch)
    return parser


def _init(options: argparse.Namespace) -> int:
    from arenatest.starter import write_starter

    for path in write_starter(options.folder):
        print(f"wrote {path}")
    print(f"now run: pytest --arena {options.folder}")
    return 0


def _schema(options: argparse.Namespace) -> int:
    del options

    def show(kinds: Any) -> None:
        from arenatest.suite.jsonschema import suite_schema

        print(json.dumps(suite_schema(kinds), indent=2, ensure_ascii=False))

    return _with_kinds(show)


def _plugins(options: argparse.Namespace) -> int:
    del options

    def show(kinds: Any) -> None:
        from arenatest.listing import kind_lines

        print("\n".join(kind_lines(kinds)))

    return _with_kinds(show)


def _show(options: argparse.Namespace) -> int:
    def show(config: pytest.Config) -> None:
        from arenatest.collection.options import folder
        from arenatest.listing import call_lines
        from arenatest.store import open_store

        with open_store(folder(config, "arena_store", ".arenatest"), create=False) as store:
            print("\n".join(call_lines(store, options.chat_id)))

    return _configured(show, () if options.store is None else (f"--arena-store={options.store}",))


def _fetch(options: argparse.Namespace) -> int:
    from arenatest.providers.local_models import fetch_command, models_folder

    fetch_command(options.name, models_folder(os.environ), print)
    return 0


class _Command:
    """A plugin that runs a command instead of pytest's tests, once all plugins are loaded."""

    def __init__(self, run: Callable[[pytest.Config], None]) -> None:
        self._run = run
        self.error: ArenaError | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> int:
        """Run the command with the project's plugins and options."""
        config._do_configure()  # as pytest's own --markers and --fixtures do
        try:
            self._run(config)
        except ArenaError as error:
            self.error = error
        finally:
            config._ensure_unconfigure()
        return 0


def _with_kinds(run: Callable[[Any], None]) -> int:
    """Hand a command all kinds that the project's plugins offer."""

    def ask(config: pytest.Config) -> None:
        from arenatest.collection.items import kinds_for

        run(kinds_for(config.hook))

    return _configured(ask)


def _configured(run: Callable[[pytest.Config], None], options: Sequence[str] = ()) -> int:
    command = _Command(run)
    status = int(pytest.main(["--arena", "-q", *options], plugins=[command]))
    if command.error is not None:
        raise command.error
    return status
