"""A metric for arenatest: the number of words of an answer.

A word is a run of characters between white space, as ``wc -w`` counts; text in scripts that put no
spaces between words counts one for each run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from arenatest.hookspec import Kind, Metric


@pytest.hookimpl(optionalhook=True)  # pytest also starts with -p no:arenatest
def pytest_arena_metrics() -> Mapping[str, Kind[Metric]]:
    """Offer the kind ``word_count``."""
    from arenatest_example.word_count import WORD_COUNT  # pydantic waits until a suite is read

    return {"word_count": WORD_COUNT}
