"""Inserts of what SQLite's driver binds fast: numbers, strings and bytearrays.

For any other value ``sqlite3`` looks for an adapter, finds none and makes an error for itself:
thrice the time of binding it, and a call's rows held 30 such values. So what is NULL is left out of
the statement, flags are bound as numbers and bytes as bytearrays: the file holds the same.

A statement is put together of its table's parts. SQLAlchemy would take a millisecond for it, inside
a transaction, and calls of several servers come in a hundred kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPICursor

from arenatest.store import schema
from arenatest.store.names import Row
from arenatest.store.rows import number_of
from arenatest.store.types import Said

Kinds = tuple[type, ...]
"""The types of a row's values."""
Parts = tuple[str, Sequence[tuple[str, str]]]
"""Of an INSERT: the table, and its columns, each with what stands for its value."""

_REMEMBERED = 1000  # kinds of rows
_CASTS = {bool: int, bytes: bytearray}


class Inserts:
    """Inserts rows of SQLite's tables, by position; those already there stay as they are."""

    def __init__(self, dialect: Dialect) -> None:
        parts = {table: _parts(table, dialect) for table in schema.metadata.tables.values()}
        self._fitting = lru_cache(_REMEMBERED)(partial(_fitting, parts))

    def put(self, cursor: DBAPICursor, table: Table, rows: Iterable[Row]) -> None:
        """Insert rows in their order: of two with one key, the first stays."""
        for kinds, alike in groupby(rows, _kinds):
            statement, fit = self._fitting(table, kinds)
            cursor.executemany(statement, [fit(row) for row in alike])


def _kinds(row: Row) -> Kinds:
    return tuple(map(type, row))


def _parts(table: Table, dialect: Dialect) -> Parts:
    quote = dialect.identifier_preparer.quote  # a column may be called "order"
    columns = [one for one in table.c if one is not table.autoincrement_column]
    return quote(table.name), [(quote(one.name), _value(one, dialect)) for one in columns]


def _value(column: Column[Any], dialect: Dialect) -> str:
    """Return what stands for a column's value: texts are found by their digests."""
    if isinstance(column.type, Said):
        return f"({number_of(column.name).element.compile(dialect=dialect)})"
    return "?"


def _fitting(
    parts: Mapping[Table, Parts], table: Table, kinds: Kinds
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

    into, columns = parts[table]
    names, held = (", ".join(part) for part in zip(*take(columns), strict=True))
    return f"INSERT INTO {into} ({names}) VALUES ({held}) ON CONFLICT DO NOTHING", fit  # noqa: S608
