"""Names by number: what many rows repeat, a run's id or a prompt's, stands once in ``name``.

A name keeps its number for ever, also when nothing refers to it any more: processes remember it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table

from arenatest.store import schema
from arenatest.store.types import Named

Row = tuple[Any, ...]
Numbers = dict[str, int]
"""Numbers by names, as cells."""

_CHUNK = 500  # names a statement: SQLite may be built for 999 variables


class Spelling(dict[Any, Any]):
    """Names by their numbers, read when one is asked for first; None where there is no such name.

    Args:
        connection: Whose transaction lasts as long.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__({None: None})
        self._cursor = connection.connection.cursor()  # a tenth of SQLAlchemy's time for a name
        mark = _mark(connection)
        self._query = f"SELECT text FROM name WHERE number = {mark}"  # noqa: S608 - no value

    def __missing__(self, number: Any) -> str | None:
        self._cursor.execute(self._query, (number,))
        row = self._cursor.fetchone()
        found: str | None = None if row is None else row[0]
        self[number] = found
        return found


def names_in(table: Table, rows: Iterable[Row]) -> set[str]:
    """Return the names that rows hold, by the positions of a table's columns."""
    places = places_of(table)
    found = {row[place] for row in rows for place in places}
    found.discard(None)
    return found


def numbered(table: Table, rows: Iterable[Row], numbers: Mapping[str, int]) -> Sequence[Row]:
    """Return rows with the numbers of their names."""
    places, made = places_of(table), []
    if not places:
        return [*rows]
    for row in rows:
        values = [*row]
        for place in places:
            if (name := row[place]) is not None:
                values[place] = numbers[name]
        made.append(tuple(values))
    return made


def learn(connection: Connection, names: Iterable[str]) -> Numbers:
    """Return the numbers of names; new ones get theirs.

    Args:
        connection: In a transaction that writes.
        names: As cells.
    """
    wanted = sorted(names)  # in another order, two processes could wait for each other
    found = _numbers(connection, wanted)
    if missing := [name for name in wanted if name not in found]:
        insert_in_order(connection, missing)
        found |= _numbers(connection, missing)
    return found


def insert_in_order(connection: Connection, names: Iterable[str]) -> None:
    """Give names, as cells, numbers in their order, unless they have one."""
    mark = _mark(connection)
    statement = f"INSERT INTO name (text) VALUES ({mark}) ON CONFLICT DO NOTHING"  # noqa: S608
    connection.exec_driver_sql(statement, [(name,) for name in names])


def places_of(table: Table) -> Sequence[int]:
    """Return which columns of a table hold names."""
    return _PLACES[table.name]


def _numbers(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    table, remaining = schema.name, iter(names)
    found: dict[str, int] = {}
    while chunk := [*islice(remaining, _CHUNK)]:
        marks = ", ".join([_mark(connection)] * len(chunk))
        query = f"SELECT text, number FROM {table.name} WHERE text IN ({marks})"  # noqa: S608
        found.update(row[:2] for row in connection.exec_driver_sql(query, tuple(chunk)))
    return found


def _mark(connection: Connection) -> str:
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"


_PLACES: Mapping[str, tuple[int, ...]] = {
    table.name: tuple(
        place for place, column in enumerate(table.c) if isinstance(column.type, Named)
    )
    for table in schema.metadata.tables.values()
}
