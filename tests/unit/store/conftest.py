from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from arenatest.store import open_store
from fakes.databases import new_schema
from servers.postgresql import Server, Unavailable


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def store(database):
    with open_store(database) as opened:
        yield opened


@pytest.fixture(scope="module")
def server():
    """A server that the tests of a file have for themselves: they stop it, and start it again."""
    folder = Path(tempfile.mkdtemp())  # pytest's own are closed to the server's user
    folder.chmod(0o755)
    made = Server(folder / "server", survives=True)
    try:
        made.make()
    except Unavailable as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))
    made.start()
    yield made
    made.stop("immediate")
    shutil.rmtree(folder)


@pytest.fixture
def url(server):
    with new_schema(server.url()) as made:
        yield made
