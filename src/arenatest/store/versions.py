"""The version of the tables: made in a new database, checked in an old one, migrated if older."""

from __future__ import annotations

from sqlalchemy import Connection, insert, inspect, select

from arenatest.errors import StoreError
from arenatest.store import schema
from arenatest.store.database import Database
from arenatest.store.names import insert_in_order
from arenatest.store.views import create_views

_NAME = "schema_version"


def prepare(database: Database, now: float, *, create: bool = True) -> None:
    """Create the tables in a new database; migrate those of an older arenatest, after a backup.

    Processes that come at once do it once between them.

    Args:
        database: Where.
        now: Seconds since 1970: a backup is named by it.
        create: Whether to make tables where there are none; otherwise that is an error.

    Raises:
        StoreError: A newer arenatest wrote it, or another program did.
    """
    with database.reads.connect() as connection:
        found = _found(connection, database.place)
        if found == schema.SCHEMA_VERSION:
            return
        if found is None and not create:
            hint = "run `pytest --arena` first"
            raise StoreError(f"{database.place}: there is no store\n  hint: {hint}")
    with database.alone() as connection:
        found = _found(connection, database.place)
        if found is None:
            schema.metadata.create_all(connection)
            insert_in_order(connection, schema.WORDS)
            create_views(connection)
            version = {"name": _NAME, "value": str(schema.SCHEMA_VERSION)}
            connection.execute(insert(schema.meta), version)
        elif found < schema.SCHEMA_VERSION:
            from arenatest.store.migrating import migrate  # with Alembic, which few runs need

            migrate(database, connection, found, now)


def _found(connection: Connection, place: str) -> int | None:
    """Return the version of the tables, None where there are none."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if "meta" not in tables or "generation" not in tables:
        message = f"{place}: is a database of another program\n  hint: choose another place"
        raise StoreError(message)
    wanted = select(schema.meta.c.value).where(schema.meta.c.name == _NAME)
    found = connection.execute(wanted).scalar()
    try:
        version = int(found or "")
    except ValueError:
        version = schema.SCHEMA_VERSION + 1
    if version > schema.SCHEMA_VERSION:
        message = (
            f"{place}: has schema version {found!r}, expected {str(schema.SCHEMA_VERSION)!r}: it "
            "was written by a newer arenatest\n"
            "  hint: pip install --upgrade arenatest, or choose another place for this version"
        )
        raise StoreError(message)
    if version == schema.SCHEMA_VERSION and schema.name.name not in tables:
        message = f"{place}: was written by an arenatest between two releases, which no other reads"
        raise StoreError(f"{message}\n  hint: choose another place")
    return version
