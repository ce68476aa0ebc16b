"""The store in a SQLite file: its folder, its pragmas, and its errors in our words.

A process that is killed loses no committed transaction: WAL with ``synchronous=NORMAL`` leaves
only a power cut to fear, and then the last moments, never the file.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPICursor

from arenatest.errors import StoreError
from arenatest.store.database import Database
from arenatest.store.fitted import Inserts
from arenatest.store.locks import FileBasedLock, Lock
from arenatest.store.names import Row

FILE_NAME = "arena.sqlite"
BUSY_TIMEOUT = 5.0
"""Seconds that one process waits for another's transaction."""

_PATIENCE = 10.0
_MIGRATION_PATIENCE = 600.0  # seconds for which another process may be migrating
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


class SqliteDatabase(Database):
    """A SQLite file.

    Args:
        path: The file; it is made where it is missing.
        sleep: Pauses while another process creates or migrates it.
    """

    def __init__(self, path: Path, sleep: Callable[[float], None]) -> None:
        self._path, self._sleep = path, sleep
        self.place = str(path)
        self.patience = _PATIENCE
        self.reads = self._engine()
        # One that reads first and writes later would fail at once, instead of waiting its turn,
        # where another process has written in between: a writer takes the lock when it begins.
        self.writes = self.reads.execution_options(**{_WRITES: True})
        self._inserts = Inserts(self.writes.dialect)

    def explained(self, error: BaseException) -> StoreError | None:
        """Return what the file cannot do, with what to do about it."""
        alone = type(error) is sqlite3.DatabaseError  # its other kinds: wrong values
        if not (alone or isinstance(error, sqlite3.OperationalError)):
            return None
        problem = str(error)
        hint = next((hint for word, hint in _HINTS if word in problem.lower()), None)
        message = f"{self._path}: {problem}"
        return StoreError(message if hint is None else f"{message}\n  hint: {hint}")

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """Give a transaction that nobody writes beside, however long another one takes."""
        with self._patiently() as connection, connection.begin():
            yield connection

    def back_up(self, connection: Connection, version: str, now: float) -> str:
        """Copy the file as it was committed last; the copy is whole, or has another name."""
        del connection  # which holds the lock: nobody changes what is copied
        moment = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
        target = self._path.with_name(f"{self._path.stem}-version-{version}-{moment}.sqlite")
        self._want_room()
        unfinished = self._path.with_suffix(".unfinished")
        try:
            for left in self._path.parent.glob(f"{unfinished.name}*"):
                left.unlink()  # by a process that was killed: we hold the lock
            with (
                contextlib.closing(sqlite3.connect(self._path)) as source,
                contextlib.closing(sqlite3.connect(unfinished)) as copy,
            ):
                source.backup(copy)
            unfinished.replace(target)
        except (OSError, sqlite3.Error) as error:
            unfinished.unlink(missing_ok=True)
            message = f"{target}: cannot write the backup before the migration: {error}"
            raise StoreError(f"{message}\n  hint: {_HINTS[2][1]}") from error
        return str(target)

    def lock(self, name: str, folder: Path) -> Lock:
        """Return a lock of the operating system: the file's users are on one machine."""
        return FileBasedLock(folder, name)

    def insert(self, cursor: DBAPICursor, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows of a kind together."""
        self._inserts.put(cursor, table, rows)

    @contextmanager
    def _patiently(self) -> Iterator[Connection]:
        """Give a connection whose transactions wait for as long as a migration may take."""
        with self.writes.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None  # noqa: S101 - it is open
            driver.execute(f"PRAGMA busy_timeout = {_MIGRATION_PATIENCE * 1000:.0f}")
            try:
                yield connection
            finally:
                driver.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000:.0f}")

    def _want_room(self) -> None:
        """Refuse to begin what may not be ended: the copy, and the log of the migration."""
        size = sum(
            path.stat().st_size
            for path in (self._path, self._path.with_name(f"{self._path.name}-wal"))
            if path.exists()
        )
        free = shutil.disk_usage(self._path.parent).free
        if free < 3 * size:
            message = (
                f"{self._path}: is to be migrated, which takes {3 * size / 1e6:,.0f} MB, and "
                f"{free / 1e6:,.0f} MB are free\n  hint: free some space and run again"
            )
            raise StoreError(message)

    def _engine(self) -> Engine:
        engine = create_engine(
            URL.create("sqlite", database=str(self._path)),
            connect_args={"timeout": BUSY_TIMEOUT},
            hide_parameters=True,
        )

        def connected(connection: sqlite3.Connection, _record: object) -> None:
            connection.isolation_level = None  # transactions begin where we say so, just below
            self._use_wal(connection)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA cache_size = -{_CACHE}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")

        def begin(connection: Connection) -> None:
            cursor = connection.connection.cursor()
            with self.translated():
                if connection.get_execution_options().get(_WRITES, False):
                    self._begin(cursor)
                else:
                    cursor.execute("BEGIN")

        event.listen(engine, "connect", connected)
        event.listen(engine, "begin", begin)
        self._translate(engine)
        return engine

    def _begin(self, cursor: DBAPICursor) -> None:
        """Take the lock at once, or wait for it."""
        cursor.execute("BEGIN IMMEDIATE")

    def _use_wal(self, connection: sqlite3.Connection) -> None:
        """Wait as for any lock: SQLite does not, where another process has just made the file."""
        for waited in range(_TRIES):
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or waited == _TRIES - 1:
                    raise
                self._sleep(BUSY_TIMEOUT / _TRIES)
            else:
                return
