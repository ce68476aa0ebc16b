from __future__ import annotations

import pytest

from arenatest.store import open_store


@pytest.fixture
def store(database):
    with open_store(database) as opened:
        yield opened
