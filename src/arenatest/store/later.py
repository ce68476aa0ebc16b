"""Reads what a large record left in the store, when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from arenatest.store.database import Database
from arenatest.store.patience import persistent
from arenatest.store.runs import read_run

Got = TypeVar("Got")


class Later:
    """Reads of one run, each in a transaction of its own, from any thread.

    Args:
        database: Of the store; where that was closed meanwhile, no connection stays open.
        run_id: Whose record it is.
    """

    def __init__(self, database: Database, run_id: str) -> None:
        self.patience = database.patience
        self._database, self._run_id = database, run_id

    @persistent
    def read(self, what: Callable[[Connection], Got]) -> Got:
        """Return what is read through a connection; a lost one is waited for.

        Raises:
            StoreError: The run was pruned meanwhile: nothing is taken for unknown, or empty, that
                was on record when its gates began to look.
        """
        try:
            with self._database.translated(), self._database.reads.begin() as connection:
                read_run(connection, self._run_id)
                return what(connection)
        finally:
            if self._database.closed:
                self._database.close()
