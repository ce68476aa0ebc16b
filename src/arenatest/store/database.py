"""Opens the SQLite file: its folder, its pragmas, its schema version, and its errors in our words.

A process that is killed loses no committed transaction: WAL with ``synchronous=NORMAL`` leaves
only a power cut to fear, and then the last moments, never the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    create_engine,
    event,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

from arenatest.errors import StoreError
from arenatest.store import schema
from arenatest.store.views import create_views

FILE_NAME = "arena.sqlite"
BUSY_TIMEOUT = 5.0
"""Seconds that one process waits for another's transaction."""

_CACHE = 128  # KiB a connection: calls come in no order that more would catch
_CHECKPOINT_PAGES = 8000  # 32 MB of log: pages that many calls touch are copied back once
_TRIES = 100
_WRITES = "arena_writes"
_IGNORE = "# Made by arenatest: the record of runs is no part of the project.\n*\n"
_CACHE_TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This folder holds the records of arenatest. Deleting it means paying for the calls again.\n"
    "# See https://bford.info/cachedir/\n"
)
_HINTS = (
    ("readonly", "make the file and its folder writable, or choose another folder"),
    ("unable to open", "make the folder readable and writable, or choose another one"),
    ("full", "free some space and run again: what is recorded is kept"),
    ("disk i/o", "free some space, or look at the disk: what is recorded is kept"),
    ("locked", "another process holds it; it must lie on a local disk, not on a network share"),
    ("not a database", "move it away and run again, or choose another folder"),
    ("malformed", "move it away and run again, or choose another folder"),
)


def make_folder(folder: Path) -> None:
    """Create the folder of a store, marked as nothing to commit or to back up.

    A folder that exists already is somebody's own: nothing is put beside the database.

    Raises:
        StoreError: It cannot be created.
    """
    try:
        if folder.is_dir():
            return
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text(_IGNORE, encoding="utf-8")
        (folder / "CACHEDIR.TAG").write_text(_CACHE_TAG, encoding="utf-8")
    except OSError as error:
        problem = error.strerror or str(error)
        message = f"{folder}: cannot create the folder of the store: {problem}"
        raise StoreError(
            f"{message}\n  hint: make its parent writable, or choose another"
        ) from error


def connect(path: Path, sleep: Callable[[float], None]) -> Engine:
    """Return an engine on a SQLite file; what the file cannot do comes as StoreError.

    An error in what was asked, such as a value of a wrong type, stays the driver's own.
    """
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": BUSY_TIMEOUT},
        hide_parameters=True,
    )

    def translate(context: ExceptionContext) -> None:
        with translated(path):
            raise context.original_exception

    def connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where we say so, just below
        _use_wal(connection, sleep)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{_CACHE}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")

    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        with translated(path):
            connection.connection.cursor().execute("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begin)
    event.listen(engine, "handle_error", translate)
    return engine


@contextmanager
def translated(path: Path | str) -> Iterator[None]:
    """Turn what the file cannot do into a StoreError that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        if isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
            raise _explained(path, error) from error
        raise


def writing(engine: Engine) -> Engine:
    """Return the engine with transactions that take the write lock when they begin.

    One that reads first and writes later would fail at once, instead of waiting its turn, where
    another process has written in between.
    """
    return engine.execution_options(**{_WRITES: True})


def prepare(engine: Engine, path: Path) -> None:
    """Create the tables in a new file; check the version of an old one, and add what it lacks.

    What is added later may be empty, so that an older arenatest still reads and writes the file.

    Raises:
        StoreError: A newer arenatest wrote the file, or another program did.
    """
    with engine.connect() as connection:
        if _is_ours(connection, path) and not _lacking(connection):
            return
    with writing(engine).begin() as connection:
        if not _is_ours(connection, path):
            schema.metadata.create_all(connection)
            create_views(connection)
            version = {"name": "schema_version", "value": str(schema.SCHEMA_VERSION)}
            connection.execute(insert(schema.meta), version)
        for change in _lacking(connection):
            connection.execute(change)


def _lacking(connection: Connection) -> list[Executable]:
    """Return what creates the tables and columns that an older arenatest did not know."""
    found = inspect(connection)
    known = {
        table: {column["name"] for column in found.get_columns(table)}
        for table in found.get_table_names()
    }
    changes: list[Executable] = []
    for table in schema.metadata.sorted_tables:
        if table.name not in known:
            changes += [CreateTable(table), *map(CreateIndex, table.indexes)]
            continue
        for column in table.c:
            if column.name not in known[table.name]:
                told = CreateColumn(column).compile(dialect=connection.dialect)
                changes.append(text(f"ALTER TABLE {table.name} ADD COLUMN {told}"))
    return changes


def _explained(path: Path | str, error: Exception) -> StoreError:
    problem = str(error)
    hint = next((hint for word, hint in _HINTS if word in problem.lower()), None)
    message = f"{path}: {problem}"
    return StoreError(message if hint is None else f"{message}\n  hint: {hint}")


def _is_ours(connection: Connection, path: Path) -> bool:
    tables = inspect(connection).get_table_names()
    if not tables:
        return False
    if "meta" not in tables or "generation" not in tables:
        message = f"{path}: is a database of another program\n  hint: choose another folder"
        raise StoreError(message)
    wanted = select(schema.meta.c.value).where(schema.meta.c.name == "schema_version")
    found = connection.execute(wanted).scalar()
    if found != str(schema.SCHEMA_VERSION):
        message = (
            f"{path}: has schema version {found!r}, expected {str(schema.SCHEMA_VERSION)!r}: it "
            "was written by a newer arenatest\n"
            "  hint: upgrade arenatest, or choose another folder for this version"
        )
        raise StoreError(message)
    return True


def _use_wal(connection: sqlite3.Connection, sleep: Callable[[float], None]) -> None:
    """Wait as for any lock: SQLite does not, where another process has just made the file."""
    for waited in range(_TRIES):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or waited == _TRIES - 1:
                raise
            sleep(BUSY_TIMEOUT / _TRIES)
        else:
            return
