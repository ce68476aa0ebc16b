"""The judges that come with arenatest, registered through the same hook as everybody's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from arenatest.hookspec import Judge, Kind


@pytest.hookimpl
def pytest_arena_judges() -> Mapping[str, Kind[Judge]]:
    """Offer the kinds ``llm``, ``reference`` and ``python``."""
    from arenatest.judges.llm import LLM
    from arenatest.judges.python import PYTHON
    from arenatest.judges.reference import REFERENCE

    return {"llm": LLM, "python": PYTHON, "reference": REFERENCE}
