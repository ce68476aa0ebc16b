"""Finds what a location means: a folder with a SQLite file, or a PostgreSQL database."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from arenatest.errors import StoreError
from arenatest.model.address import Address, is_address
from arenatest.store.database import Database
from arenatest.store.sqlite import FILE_NAME, SqliteDatabase, make_folder
from arenatest.store.versions import prepare

Location = Path | Address | str


def open_database(
    location: Location,
    *,
    create: bool = True,
    sleep: Callable[[float], None] = time.sleep,
    wall: Callable[[], float] = time.time,  # noqa: TID251 - backups are named by it
) -> Database:
    """Open a database with the tables of this version.

    Args:
        location: A folder, or the URL of a PostgreSQL database.
        create: Whether to make a file or tables that are missing; a server's database never is.
        sleep: Pauses while another process makes the same file, or a server is away.
        wall: Seconds since 1970.

    Raises:
        StoreError: It cannot be opened: the message says what to do.
        OptionError: It is the URL of something else.
    """
    place = _place(location)
    if isinstance(place, Path) and not create and not is_recorded(place):
        message = f"{place / FILE_NAME}: there is no store\n  hint: run `pytest --arena` first"
        raise StoreError(message)
    database = _opened(place, sleep)
    try:
        prepare(database, wall(), create=create)
    except BaseException:
        database.close()
        raise
    return database


def is_recorded(location: Location) -> bool:
    """Return whether there is a store in a folder; nothing is created. A server is not asked.

    Raises:
        StoreError: The folder cannot be looked into.
    """
    place = _place(location)
    if isinstance(place, Address):
        return True
    path = place / FILE_NAME
    try:
        return path.is_file()
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error


def _place(location: Location) -> Path | Address:
    if isinstance(location, str):
        return Address(location) if is_address(location) else Path(location)
    return location


def _opened(place: Path | Address, sleep: Callable[[float], None]) -> Database:
    if isinstance(place, Address):
        from arenatest.store.postgresql import PostgresDatabase

        return PostgresDatabase(place, sleep)
    make_folder(place)
    return SqliteDatabase(place / FILE_NAME, sleep)
