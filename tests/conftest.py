"""What all tests share: hypothesis must not mind how busy the machine is, nor plugins meddle.

And databases for stores: a test that takes ``database`` runs on SQLite and on PostgreSQL.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from fakes.databases import new_schema, server_url

with suppress(ModuleNotFoundError):  # the commands of arenatest load this file, too
    from hypothesis import HealthCheck, settings

    slow = [HealthCheck.too_slow]
    settings.register_profile("arenatest", deadline=None, suppress_health_check=slow)
    settings.load_profile("arenatest")

MEDDLING = ("randomly", "repeat", "rerunfailures", "pytest-split")
"""Plugins that shuffle, repeat or leave out tests; one that is about them lets one in by ``-p``."""
SLOW = ("hypothesispytest",)
"""Imports all of hypothesis to end a session: a third of the time that a small one takes."""


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """pytest's own, whose pytests start without the meddling plugins and the slow one."""
    monkeypatch.setenv("PYTEST_ADDOPTS", " ".join(f"-p no:{name}" for name in MEDDLING + SLOW))
    return pytester


@pytest.fixture(scope="session")
def postgres_url(pytestconfig: pytest.Config) -> str:
    """The URL of a PostgreSQL server that this invocation has to itself."""
    return server_url(pytestconfig)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | str]:
    """Where an empty store is to be opened: a folder, then the URL of a PostgreSQL schema."""
    if request.param == "sqlite":
        yield tmp_path / "store"
        return
    with new_schema(request.getfixturevalue("postgres_url")) as url:
        yield url
