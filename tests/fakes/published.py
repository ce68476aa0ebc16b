"""Finds published data beside the checkout, for tests that reproduce other people's numbers."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).parents[2].parent / "shared" / "data"


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file in the data folder; skips the test where the folder is absent."""
    folder = Path(os.environ.get("ARENATEST_DATA", _BESIDE))
    if not folder.is_dir():
        pytest.skip(f"needs the published data: set ARENATEST_DATA, there is no {folder}")
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
