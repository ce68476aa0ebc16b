"""Inserts of what SQLite's driver binds fast: numbers, strings and bytearrays.

For any other value ``sqlite3`` looks for an adapter, finds none and makes an error for itself:
thrice the time of binding it, and a call's rows held 30 such values. So what is NULL is left out of
the statement, flags are bound as numbers and bytes as bytearrays: the file holds the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Table
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPICursor

from arenatest.store.names import Row
from arenatest.store.rows import once

Kinds = tuple[type, ...]
"""The types of a row's values."""

_REMEMBERED = 100  # kinds of rows: a run has a few
_CASTS = {bool: int, bytes: bytearray}


class Inserts:
    """Inserts rows of SQLite's tables, by position; those already there stay as they are."""

    def __init__(self, dialect: Dialect) -> None:
        self._fitting = lru_cache(_REMEMBERED)(partial(_fitting, dialect))

    def put(self, cursor: DBAPICursor, table: Table, rows: Iterable[Row]) -> None:
        """Insert rows in their order: of two with one key, the first stays."""
        for kinds, alike in groupby(rows, _kinds):
            statement, fit = self._fitting(table, kinds)
            cursor.executemany(statement, [fit(row) for row in alike])


def _kinds(row: Row) -> Kinds:
    return tuple(map(type, row))


def _fitting(
    dialect: Dialect, table: Table, kinds: Kinds
) -> tuple[str, Callable[[Row], Sequence[Any]]]:
    """Return the statement for rows of some kinds, and what makes its values of such a row."""
    places = [place for place, kind in enumerate(kinds) if kind is not type(None)]
    bound = [kinds[place] for place in places]
    casts = [(at, _CASTS[kind]) for at, kind in enumerate(bound) if kind in _CASTS]
    take = itemgetter(*places)  # several: a part of every table must not be NULL

    def fit(row: Row) -> Sequence[Any]:
        values = [*take(row)]
        for at, cast in casts:
            values[at] = cast(values[at])
        return values

    return once(table, dialect, places), fit
