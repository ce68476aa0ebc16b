"""The record of all runs: SQLite under ``.arenatest/``, content-addressed, safe to kill."""

from arenatest.store.opening import is_recorded
from arenatest.store.reuse import Reusable
from arenatest.store.store import Store, open_store
from arenatest.store.writer import Writer

__all__ = ["Reusable", "Store", "Writer", "is_recorded", "open_store"]
