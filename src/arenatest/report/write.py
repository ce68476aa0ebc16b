"""Write the session's reports into a folder, each whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from arenatest.report.html import BUDGET, html_pieces
from arenatest.report.results import results_json
from arenatest.report.view import Report

HTML = "arena-report.html"
JSON = "arena-results.json"


def write_reports(report: Report, folder: Path, *, budget: int = BUDGET) -> tuple[Path, ...]:
    """Write ``arena-report.html`` and ``arena-results.json``, replacing older ones.

    A reader never sees half a file: each is written beside its place and then moved there.

    Args:
        report: What is shown of the session.
        folder: Made where it does not exist.
        budget: Most bytes of the HTML page.

    Returns:
        The paths written, the HTML page first.

    Raises:
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    results = results_json(report)
    return (
        _replace(folder / HTML, html_pieces(report, budget=budget)),
        _replace(folder / JSON, [results]),
    )


def _replace(path: Path, content: Iterable[bytes]) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(content)
        beside.chmod(0o644)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return path
