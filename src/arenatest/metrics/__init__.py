"""The metric that comes with arenatest, registered through the same hook as everybody's.

What the record itself holds (win rate, TTFT, cost, ...) needs no code here: see
``arenatest.model.metric``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from arenatest.hookspec import Kind, Metric


@pytest.hookimpl
def pytest_arena_metrics() -> Mapping[str, Kind[Metric]]:
    """Offer the kind ``python``."""
    from arenatest.metrics.python import PYTHON  # pydantic waits until needed

    return {"python": PYTHON}
