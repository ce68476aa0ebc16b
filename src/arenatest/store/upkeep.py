"""What only the database itself can tell or do: whether it is sound, its size, giving space back.

Beside ``database``, this is the only module that knows which database it speaks to.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Table

from arenatest.store.sizes import read_sizes
from arenatest.store.store import Store

_SQLITE = "sqlite"
_PAGES = ("page_count", "freelist_count", "page_size")
_MOST = 20  # problems that SQLite names


def integrity_problems(store: Store) -> Iterator[str]:
    """Yield what the database says is wrong with itself; PostgreSQL watches over that alone."""
    with store.reading() as connection:
        if connection.dialect.name != _SQLITE:
            return
        for (said,) in connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST})"):
            if said != "ok":
                yield " ".join(str(said).split())


def size(store: Store) -> int:
    """Return the bytes that the records take, without what is free; about, in PostgreSQL."""
    with store.reading() as connection:
        if connection.dialect.name != _SQLITE:
            return sum(read_sizes(connection).values())  # its files keep what is free in them
        pages, free, page = (_pragma(connection, name) for name in _PAGES)
        return (pages - free) * page


def lock_out_writers(connection: Connection, *tables: Table) -> None:
    """Keep others from writing to some tables until the transaction ends; they wait.

    SQLite needs nothing: whoever writes is alone from the start.
    """
    if connection.dialect.name != _SQLITE and tables:
        names = ", ".join(table.name for table in tables)
        connection.exec_driver_sql(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")


def give_back(store: Store, folder: Path | None, *, quiet: bool) -> str:
    """Give the space that is free inside the database back to the disk.

    Args:
        store: Which one.
        folder: Where it lies; None where it is no file.
        quiet: Whether nobody else is writing to it: they would be kept waiting.

    Returns:
        What became of it, for people; why not, where it was not done.
    """
    with store.reading() as connection:
        if connection.dialect.name != _SQLITE or folder is None:
            return "PostgreSQL uses the space again by itself, when its autovacuum has passed"
        pages, free, page = (_pragma(connection, name) for name in _PAGES)
        engine = connection.engine
    if not free:
        return ""
    if not quiet:
        return f"{free * page:,} bytes are free inside the file: a run goes on, which would wait"
    needed = 2 * (pages - free) * page  # a copy beside it, and its log
    room = shutil.disk_usage(folder).free
    if room < needed:
        return (
            f"{free * page:,} bytes stay free inside the file: giving them back takes "
            f"{needed:,} bytes of disk for a while, and {room:,} are there"
        )
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("VACUUM")  # which stands in no transaction
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        return f"{free * page:,} bytes stay free inside the file: {error}"
    finally:
        raw.close()
    return f"{free * page:,} bytes were given back"


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
