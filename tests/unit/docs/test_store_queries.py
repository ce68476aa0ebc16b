"""Every query on the page about the store runs on both databases, and its tables are all there."""

import re

import pytest
from sqlalchemy import inspect, text

from arenatest.model.record import AnswerSlot
from arenatest.store import open_store
from arenatest.store.schema import SCHEMA_VERSION, metadata
from arenatest.store.views import VIEWS
from unit.docs.pages import ROOT
from unit.store.records import one_of_each, placed, plan, run

PAGE = (ROOT / "docs/store.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"^```sql\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def store(database):
    with open_store(database) as opened:
        opened.begin(plan(), run(), fresh=False, expire=0.0)
        opened.write([*one_of_each(), placed("c-0", slot=AnswerSlot("cheap", "p0"))])
        yield opened


def test_the_page_shows_queries():
    assert len(QUERIES) == 4


def test_every_query_runs_and_all_but_the_last_find_something(store):
    with store.reading() as connection:
        found = [connection.execute(text(query)).all() for query in QUERIES]

    assert [len(rows) for rows in found] == [2, 1, 3, 0]
    assert [tuple(row) for row in found[0]] == [
        ("run-1", "cheap", 1, 0, 0, 0, 0),
        ("run-1", "new", 1, 0, 0, 1, 0),
    ]


def test_every_table_is_named(store):
    listed = {name for cell in re.findall(r"^\| (`.*?`) \|", PAGE, re.MULTILINE)
              for name in re.findall(r"`(\w+)`", cell)}  # fmt: skip

    assert {*metadata.tables} - {"text"} <= listed
    assert SCHEMA_VERSION == 2


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_the_columns_that_the_page_says(store, view):
    (told,) = re.findall(rf"^\| `{view}` \| .* \| `(.*?)` \|$", PAGE, re.MULTILINE)
    with store.reading() as connection:
        columns = [column["name"] for column in inspect(connection).get_columns(view)]

    assert told.replace('"', "").split(", ") == columns
