"""The command line: everything that is not a pytest run."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from arenatest.commands import (
    accept,
    again,
    diff,
    estimate,
    export,
    flips,
    importing,
    init,
    kinds,
    local,
    prune,
    rerun,
    runs,
    show,
    stats,
    trend,
    verify,
)
from arenatest.errors import ArenaError
from arenatest.report.escape import for_terminal

WRONG = 4
"""Exit status where something typed is wrong, as pytest has it."""

_COMMANDS = (
    init,
    kinds,
    estimate,
    show,
    runs,
    diff,
    trend,
    stats,
    again,
    flips,
    rerun,
    accept,
    export,
    importing,
    local,
    verify,
    prune,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status: 4 with one line on standard error if it is wrong."""
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
    for module in _COMMANDS:
        module.add(commands)
    return parser
