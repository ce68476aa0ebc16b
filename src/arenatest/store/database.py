"""What a store needs of a database: the one face of SQLite and PostgreSQL.

All SQL outside the modules of the two is understood by both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, PoolProxiedConnection, Table, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import DBAPICursor

from arenatest.errors import StoreError
from arenatest.store.locks import Lock
from arenatest.store.names import Row


class ConnectionLost(StoreError):
    """The connection went away in the middle; on a new one, the same may work."""


class Refused(StoreError):
    """The database does not let this user do it, however often it is asked."""


class Database(ABC):
    """A database that is open; what it cannot do comes as StoreError.

    An error in what was asked, such as a value of a wrong type, stays the driver's own.

    Attributes:
        place: Where it lies, for people: without any password.
        reads: Makes transactions that only read, each of which sees one state of the store.
        writes: Makes transactions that write.
        patience: Seconds for which a transaction that failed is worth another try.
        closed: Whether it was let go of.
    """

    place: str
    reads: Engine
    writes: Engine
    patience: float
    closed: bool = False

    @abstractmethod
    def explained(self, error: BaseException) -> StoreError | None:
        """Return an error of the driver in our words; None where what was asked is wrong."""

    @abstractmethod
    def alone(self) -> AbstractContextManager[Connection]:
        """Give a transaction that makes or changes tables, while no other process may do so."""

    @abstractmethod
    def back_up(self, connection: Connection, version: str, now: float) -> str:
        """Copy all tables before a migration, and return where to, for people.

        Args:
            connection: Of :meth:`alone`, before it has changed anything.
            version: Of the schema.
            now: Seconds since 1970.

        Raises:
            StoreError: There is no room for it.
        """

    @abstractmethod
    def lock(self, name: str, folder: Path) -> Lock:
        """Return a lock that only one process on this store can hold at a time.

        Args:
            name: What is locked.
            folder: Where this machine keeps its locks.
        """

    @contextmanager
    def inserting(self) -> Iterator[DBAPICursor]:
        """Give the driver's own cursor in a transaction that writes, and is undone by an error.

        For what a run writes all the time: SQLAlchemy's transaction takes four times as long.
        """
        with self.translated():
            connection = self.writes.raw_connection()
            try:
                cursor = connection.cursor()
                self._begin(cursor)
                yield cursor
                connection.commit()
            except BaseException:
                _undo(connection)
                raise
            finally:
                connection.close()

    @abstractmethod
    def insert(self, cursor: DBAPICursor, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows, by position and with the numbers of names; those already there stay.

        Args:
            cursor: Of :meth:`inserting`.
            table: Whose rows.
            rows: In the order of its columns, but for what the database counts up.
        """

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn what the driver raises beside SQLAlchemy into our errors."""
        try:
            yield
        except Exception as error:
            if (ours := self.explained(error)) is not None:
                raise ours from None  # whose frames may hold a password
            raise

    def close(self) -> None:
        """Let go of it."""
        self.closed = True
        self.reads.dispose()

    @abstractmethod
    def _begin(self, cursor: DBAPICursor) -> None:
        """Begin a transaction that writes, where the driver does not do so by itself."""

    def _translate(self, engine: Engine) -> None:
        """Have an engine raise our errors."""

        def translate(context: ExceptionContext) -> None:
            if context.is_pre_ping:
                return  # the pool connects anew, and looks at none of its older connections again
            original = context.original_exception
            raise self.explained(original) or original from None

        event.listen(engine, "handle_error", translate)


def _undo(connection: PoolProxiedConnection) -> None:
    """Undo a transaction; a connection that cannot even do that is used no more."""
    try:
        connection.rollback()
    except Exception as error:
        connection.invalidate(error)
