"""Databases for tests: an empty schema of a real PostgreSQL server, dropped when done with."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from servers.postgresql import Unavailable, shared_server

NAMED = "ARENATEST_TEST_POSTGRES"
_numbers = itertools.count()


def server_url(config: pytest.Config) -> str:
    """Return the URL of the server of this invocation; skip the test where there is none to be had.

    With CI=true it fails instead.
    """
    if named := os.environ.get(NAMED):
        return named
    is_worker = hasattr(config, "workerinput")
    invocation = os.environ.get("PYTEST_XDIST_TESTRUNUID") if is_worker else None
    owner = os.getppid() if is_worker else os.getpid()
    try:
        return shared_server(invocation or str(owner), owner).url()
    except Unavailable as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))


@contextlib.contextmanager
def new_schema(url: str) -> Iterator[str]:
    """Give the URL of a schema of its own on a server."""
    import psycopg

    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    yield f"{url}{'&' if '?' in url else '?'}options={quote(f'-csearch_path={name}', safe='')}"
    with psycopg.connect(url, autocommit=True) as connection:
        mine = "SELECT nspname FROM pg_namespace WHERE nspname LIKE %s"  # backups, too
        for (schema,) in connection.execute(mine, (f"{name}\\_version%",)).fetchall():
            connection.execute(f'DROP SCHEMA "{schema}" CASCADE')
        connection.execute(f"DROP SCHEMA {name} CASCADE")
