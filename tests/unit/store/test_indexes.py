"""What is looked for by content is found by an index, not by a look at every row."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event, literal_column, select

from arenatest.model.identity import content_id
from arenatest.model.judgment import Order
from arenatest.model.record import GameSlot, MetricSlot
from arenatest.store import schema
from arenatest.store.types import keyed
from unit.store.records import answer, generation, judged, measured, plan, run

KEYS = [content_id(number) for number in range(2000)]
ASKED = 100


@pytest.mark.parametrize("name", ["generation", "judgment", "measurement"])
def test_what_may_be_used_again_is_found_by_an_index(store, name):
    store.write(
        [generation(f"c-{key}", key=key) for key in KEYS]
        + [
            judged(slot=GameSlot("new", key, 0, "jury", 0, Order.BASELINE_FIRST), key=key)
            for key in KEYS
        ]
        + [measured(slot=MetricSlot("polite", "new", key), key=key) for key in KEYS]
    )
    with store.writing() as connection:
        connection.exec_driver_sql("ANALYZE")
    key = schema.metadata.tables[name].c.key
    chosen = [keyed(key, KEYS[:ASKED])] + [schema.REUSABLE] * (name == "generation")

    told = explained(store, chosen)

    if "SEARCH" in told:  # SQLite, which says no more
        assert re.search(f"USING (COVERING )?INDEX ix_{name}_(answer_)?key", told)
        return
    (expected,) = re.findall(f"Index Scan .*ix_{name}.*rows=([0-9]+)", told)
    assert int(expected) <= 2 * ASKED, "many rows: where there are many calls, all would be read"


def explained(store, chosen):
    """How the database would look for rows; its own words are the columns of what it returns."""

    def explaining(_connection, _cursor, statement, parameters, _context, _many):
        return f"{word} {statement}", parameters

    with store.reading() as connection:
        word, columns = "EXPLAIN QUERY PLAN", 4
        if connection.dialect.name == "postgresql":
            word, columns = "EXPLAIN", 1
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # for so few rows
        event.listen(connection, "before_cursor_execute", explaining, retval=True)
        nothing = [literal_column("''").label(f"word_{number}") for number in range(columns)]
        return "\n".join(row[-1] for row in connection.execute(select(*nothing).where(*chosen)))


def test_keys_that_begin_alike_are_told_apart(store):
    one, other = f"{'ab' * 8}{'00' * 8}", f"{'ab' * 8}{'11' * 8}"
    store.begin(plan(), run(), fresh=True, expire=0.0)
    store.write(
        [
            generation("c-1", key=one, answer=answer("one")),
            generation("c-2", key=other, answer=answer("other")),
        ]
    )

    found = store.reusable_answers([one, other, "ab" * 16], 0.0)
    assert {key: reused.answer.text for key, reused in found.items()} == {
        one: "one",
        other: "other",
    }
