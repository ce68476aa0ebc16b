"""Brings the tables of an older arenatest up to date, by Alembic, after a backup.

The version stands in ``meta``, where an older arenatest looks for it: Alembic's own table is not
used. All happens in one transaction: what is killed or fails leaves the old version whole.
"""

from __future__ import annotations

from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, update

from arenatest.store import schema
from arenatest.store.database import Database
from arenatest.store.events import happened, tell
from arenatest.store.views import create_views, drop_views

FOLDER = Path(__file__).with_name("migrations")


def migrate(database: Database, connection: Connection, found: int, now: float) -> None:
    """Copy the tables, then take them from the version that was found to this one.

    Args:
        database: Which.
        connection: Of its ``alone()``.
        found: The version.
        now: Seconds since 1970.

    Raises:
        StoreError: There is no room for the copy.
    """
    wanted = schema.SCHEMA_VERSION
    backup = database.back_up(connection, str(found), now)
    drop_views(connection)
    steps = ScriptDirectory(str(FOLDER)).iterate_revisions(str(wanted), str(found))
    with Operations.context(MigrationContext.configure(connection)):
        for step in reversed([*steps]):
            step.module.upgrade()
    create_views(connection)
    version = update(schema.meta).where(schema.meta.c.name == "schema_version")
    connection.execute(version.values(value=str(wanted)))
    told = happened("", "migrated", now, before=found, after=wanted, backup=backup)
    tell(connection, told)
