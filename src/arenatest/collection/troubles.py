"""What could not be done at the end of a session: told in a line each, without a traceback."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arenatest.report.escape import for_terminal


def told(error: OSError) -> str:
    """Return what the system says, and of which file."""
    said = error.strerror or type(error).__name__
    return f"{error.filename}: {said}" if error.filename else said


def show_troubles(reporter: Any, lines: Sequence[str]) -> None:
    """Write them into pytest's terminal summary, in red."""
    for line in lines:
        reporter.write_line(for_terminal(f"  {line}"), red=True)
