from __future__ import annotations

import pytest

from arenatest.store import open_store


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def store(folder):
    with open_store(folder) as opened:
        yield opened
