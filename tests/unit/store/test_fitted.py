import sqlite3

import pytest
from sqlalchemy.dialects import sqlite

from arenatest.store import schema
from arenatest.store.fitted import Inserts
from arenatest.store.rows import once

DIALECT = sqlite.dialect(paramstyle="qmark")
EVENT = ("e", "r", 1.0, "begun", "{}")


def put(table, *rows):
    """Put rows into an empty table without constraints but its key; return what it then holds."""
    connection = sqlite3.connect(":memory:")
    names = [f'"{one.name}"' for one in table.c]
    connection.execute(f"CREATE TABLE {table.name} ({', '.join(names)}, PRIMARY KEY ({names[0]}))")
    inserts = Inserts(DIALECT)
    inserts.put(connection.cursor(), table, rows)
    found = connection.execute(f"SELECT * FROM {table.name}").fetchall()  # noqa: S608
    connection.close()
    return found


def test_null_flags_and_bytes_lie_in_the_file_as_they_are():
    row = ("r", "s", "h", 1.0, None, 1, None, "{}", b"\0a", True, False)
    assert put(schema.run, row) == [("r", "s", "h", 1.0, None, 1, None, "{}", b"\0a", 1, 0)]


def test_of_two_rows_with_one_key_the_first_stays_whatever_others_hold():
    first, second = EVENT, ("f", "r", None, "begun", "{}")
    later = ("f", "r", 2.0, "late", "{}")
    assert put(schema.event, first, second, later) == [first, second]


class Listening:
    """A cursor that only hears what it is told."""

    def __init__(self):
        self.statements = []

    def executemany(self, statement, rows):
        self.statements.append(statement)


@pytest.mark.parametrize(
    "table", [one for one in schema.metadata.tables.values() if one is not schema.name], ids=str
)
def test_a_row_without_a_null_has_the_statement_of_any_row(table):
    cursor, columns = Listening(), [one for one in table.c if one is not table.autoincrement_column]
    Inserts(DIALECT).put(cursor, table, [(1,) * len(columns)])
    (statement,) = cursor.statements
    whole = once(table, DIALECT)
    assert "".join(statement.split()) == "".join(whole.split())
