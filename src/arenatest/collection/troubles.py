"""What went wrong outside of models and suites: told in a line each, without a traceback."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from arenatest.report.escape import for_terminal


def told(error: OSError) -> str:
    """Return what the system says, and of which file."""
    said = error.strerror or type(error).__name__
    return f"{error.filename}: {said}" if error.filename else said


def raised(hook: str, error: Exception) -> str:
    """Return what a plugin's hook raised, and where."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return f"{hook} raised {type(error).__name__}: {error} ({where})"


def show_troubles(reporter: Any, lines: Sequence[str]) -> None:
    """Write them into pytest's terminal summary, in red."""
    for line in lines:
        reporter.write_line(for_terminal(f"  {line}"), red=True)
