"""The store in a PostgreSQL database: its connections, its locks, and its errors in our words.

What the URL does not say, libpq takes from its own variables and files, such as ``PGPASSWORD`` and
``~/.pgpass``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, inspect, make_url
from sqlalchemy import text as sql_text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from arenatest.errors import StoreError
from arenatest.model.address import Address
from arenatest.store import schema
from arenatest.store.advisory import AdvisoryLock
from arenatest.store.database import ConnectionLost, Database, Refused
from arenatest.store.locks import Lock
from arenatest.store.names import Row
from arenatest.store.rows import once

_PATIENCE = 60.0  # a server that is started again, or another that takes over, is soon there
_POOL = 4  # pytest's own thread, a run's, its writer's, and one that reads beside them
_MORE = 12  # of runs that go on while the next suite runs
_RECYCLE = 1800.0
_CONNECTING: Mapping[str, Any] = {
    "connect_timeout": 10,
    "application_name": "arenatest",
    "keepalives_idle": 30,  # seconds, then probes: a server that is gone is noticed
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds, where something was sent that nobody acknowledges
}
_RECONNECT = 0.2  # seconds between two tries
_SETUP = 0x6172656E  # the class of the lock for making tables: "aren"
_LOST = frozenset({"", "57P01", "57P02", "57P03"})  # libpq says nothing where nobody answers
_REFUSED = frozenset({"42", "3F"})  # classes of SQL states: rights, and names that are not there
_READ_ONLY = "25006"
_HINTS = (
    ("password authentication failed", "check the user and the password, or set PGPASSWORD"),
    ("no password supplied", "set PGPASSWORD, write ~/.pgpass, or put the password into the URL"),
    ('role "', "check the user in the URL, or make it: createuser"),
    ("permission denied", "see docs/store.md for the rights that the user needs"),
    ("must be owner", "see docs/store.md for the rights that the user needs"),
    ("read-only transaction", "this server takes no writes: name its primary"),
    ("no schema has been selected", "make the schema of the URL's search_path: CREATE SCHEMA"),
    ("no pg_hba.conf entry", "let this machine in: pg_hba.conf, or sslmode in the URL"),
    ("could not translate host name", "check the host in the URL"),
    ("resolve host", "check the host in the URL"),
    ("connection refused", "start the server, or check host and port in the URL"),
    ("timeout expired", "check host, port and firewall"),
    ("too many clients", "raise max_connections, or run fewer processes"),
    ("remaining connection slots", "raise max_connections, or run fewer processes"),
    ("no space left", "free some space on the server and run again: what is recorded is kept"),
    ("disk full", "free some space on the server and run again: what is recorded is kept"),
    ("statement timeout", "ALTER ROLE ... SET statement_timeout = 0 for the user of the URL"),
    ("lock timeout", "ALTER ROLE ... SET lock_timeout = 0 for the user of the URL"),
    ("deadlock", "run again: what is recorded is kept"),
    ("could not serialize", "run again: what is recorded is kept"),
    ("server closed the connection", "run again: what is recorded is kept"),
    ("terminating connection", "run again: what is recorded is kept"),
    ("connection is lost", "run again: what is recorded is kept"),
    ("connection is closed", "run again: what is recorded is kept"),
    ("starting up", "wait a moment and run again"),
    ("shutting down", "run again when the server is back: what is recorded is kept"),
)


class PostgresDatabase(Database):
    """A PostgreSQL database, or a schema in it where ``search_path`` is set in the URL.

    Args:
        address: Its URL.
        sleep: Pauses while a lost server may come back.
        clock: Monotonic seconds.

    Raises:
        StoreError: The driver is missing, or the URL is no URL.
    """

    def __init__(
        self,
        address: Address,
        sleep: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.place = str(address)
        self.patience = _PATIENCE
        self._sleep, self._clock = sleep, clock
        self._driver = _driver(self.place)
        self._known = False  # whether it was reached before
        url = _url(address)
        if url is None:
            message = f"{self.place}: cannot be read as postgresql://user@host:port/database"
            hint = "write @, / and : in a password as %40, %2F and %3A"
            raise StoreError(f"{message}\n  hint: {hint}")
        self.writes = self._engine(url)
        self._inserts: Mapping[str, str] = {
            table.name: once(table, self.writes.dialect)
            for table in schema.metadata.tables.values()
        }
        self.reads = self.writes.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    def explained(self, error: BaseException) -> StoreError | None:
        """Return what the server cannot do, with what to do about it."""
        if isinstance(error, PoolTimeout):
            return StoreError(f"{self.place}: all connections are in use")
        ours = (self._driver.OperationalError, self._driver.InternalError)
        state = getattr(error, "sqlstate", None) or ""
        refused = state[:2] in _REFUSED or state == _READ_ONLY
        if not isinstance(error, ours) and not refused:
            return None
        problem = " ".join(str(error).split())
        low = problem.lower()
        if 'database "' in low and "does not exist" in low:
            hint: str | None = "make it: createdb, or check its name in the URL"
        else:
            hint = next((hint for words, hint in _HINTS if words in low), None)
        message = f"{self.place}: {problem}"
        kind = ConnectionLost if state in _LOST or state[:2] == "08" else StoreError
        kind = Refused if refused else kind
        return kind(message if not hint else f"{message}\n  hint: {hint}")

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """Give a transaction that no other process makes tables beside, however long one takes."""
        with self.writes.begin() as connection:
            query = "SELECT pg_advisory_xact_lock(:kind, hashtext(current_schema()))"
            connection.execute(sql_text(query), {"kind": _SETUP})
            yield connection

    def back_up(self, connection: Connection, version: str, now: float) -> str:
        """Copy all tables into a schema of their own, in the transaction of the migration."""
        found = inspect(connection)
        ours = str(found.default_schema_name)
        moment = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dt%H%M%Sz")
        theirs = f"{ours}_version_{version}_{moment}"
        quoted = connection.dialect.identifier_preparer.quote_identifier
        connection.exec_driver_sql(f"CREATE SCHEMA {quoted(theirs)}")
        for table in found.get_table_names():
            source, copy = (f"{quoted(schema)}.{quoted(table)}" for schema in (ours, theirs))
            connection.exec_driver_sql(f"CREATE TABLE {copy} AS TABLE {source}")
        return f"{self.place}, schema {theirs}"

    def lock(self, name: str, folder: Path) -> Lock:
        """Return a lock that holds across machines."""
        del folder

        def connect() -> Any:
            with self.translated():
                return self._driver.connect(
                    **self._arguments, autocommit=True, prepare_threshold=None
                )

        return AdvisoryLock(
            connect,
            name,
            place=self.place,
            failed=self._driver.Error,
            explained=self.explained,
            clock=self._clock,
            patience=self.patience,
        )

    def insert(self, cursor: DBAPICursor, table: Table, rows: Sequence[Row]) -> None:
        """Insert a table's rows with one statement: the server is asked once."""
        cursor.executemany(self._inserts[table.name], rows)

    def _begin(self, cursor: DBAPICursor) -> None:
        """Leave it to psycopg, which begins with the first statement."""

    def _engine(self, url: URL) -> Engine:
        arguments = {**_CONNECTING, **url.translate_connect_args(username="user"), **url.query}
        arguments["dbname"] = arguments.pop("database", None) or arguments.get("dbname")
        self._arguments = {name: value for name, value in arguments.items() if value is not None}
        engine = create_engine(
            URL.create("postgresql+psycopg"),
            creator=self._connect,
            paramstyle="format",
            pool_size=_POOL,
            max_overflow=_MORE,
            pool_pre_ping=True,
            pool_recycle=_RECYCLE,
            pool_use_lifo=True,
            hide_parameters=True,
        )
        self._translate(engine)
        return engine

    def _connect(self) -> Any:
        """Connect; a server that was there before is given time to come back."""
        deadline = self._clock() + self.patience
        while True:
            try:
                connection = self._driver.connect(**self._arguments)
            except self._driver.OperationalError as error:
                if not self._known or self._clock() >= deadline:
                    raise _bare(error) from None
                self._sleep(_RECONNECT)
            else:
                self._known = True
                return connection


def _bare(error: Exception) -> Exception:
    """Return an error without the frames that it came through: they hold the password."""
    return error.with_traceback(None)


def _driver(place: str) -> ModuleType:
    try:
        import psycopg
    except ImportError:
        message = (
            f"{place}: the driver of PostgreSQL is not installed\n"
            "  hint: pip install 'arenatest[postgres]'"
        )
        raise StoreError(message) from None
    return psycopg


def _url(address: Address) -> URL | None:
    """Return it taken apart, None where it cannot be; raising would show a frame that holds it."""
    try:
        return make_url("postgresql://" + address.url.partition("://")[2])
    except (ArgumentError, ValueError):
        return None
