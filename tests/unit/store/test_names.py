"""Names by number: looked up where one is bound, spelt where one is read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from arenatest.errors import StoreError
from arenatest.model.record import AnswerSlot
from arenatest.store import open_store, schema
from arenatest.store.types import numbers, spelt
from unit.store.records import generation, one_of_each, placed, plan, run

CALL = schema.generation


def begun(store):
    store.begin(plan(), run(), fresh=False, expire=0.0)
    store.write([generation("c-0", owner="old"), generation("c-1", owner="new")])
    return store


def one(store, query):
    with store.reading() as connection:
        return connection.execute(query).scalars().all()


def test_a_name_is_bound_and_read_as_any_other_string(store):
    begun(store)

    assert one(store, select(CALL.c.owner).where(CALL.c.owner == "old")) == ["old"]
    assert one(store, select(CALL.c.owner).where(CALL.c.owner.in_(["new", "nobody"]))) == ["new"]
    assert one(store, select(CALL.c.owner).where(CALL.c.owner.in_([]))) == []


def test_a_name_that_nobody_has_equals_none_and_differs_from_all(store):
    begun(store)

    assert one(store, select(CALL.c.owner).where(CALL.c.owner == "nobody")) == []
    others = select(CALL.c.owner).where(CALL.c.owner != "nobody")
    assert sorted(one(store, others)) == ["new", "old"]
    assert sorted(one(store, others.where(CALL.c.owner.not_in(["nobody"])))) == ["new", "old"]


def test_names_are_ordered_by_the_alphabet_where_they_are_spelt(store):
    begun(store)

    assert one(store, select(CALL.c.owner).order_by(spelt(CALL.c.owner))) == ["new", "old"]
    assert one(store, select(func.max(spelt(CALL.c.owner))).select_from(CALL)) == ["old"]


def test_a_query_of_texts_is_turned_into_one_of_numbers(store):
    begun(store)
    mine = CALL.c.run.in_(numbers(select(schema.run.c.id)))

    assert one(store, select(func.count()).select_from(CALL).where(mine)) == [2]


def test_a_name_has_one_number_whoever_writes_it(database):
    with open_store(database) as first, open_store(database) as second:
        begun(first)
        before = one(first, select(schema.name.c.text))
        second.write([generation("c-2", owner="new"), generation("c-3", owner="newer")])
        first.write([generation("c-4", owner="newer"), *one_of_each()])

        assert {*one(first, select(schema.name.c.text))} >= {*before, "newer"}
        assert one(first, select(CALL.c.owner).where(CALL.c.chat_id == "c-4")) == ["newer"]
        assert len(one(first, select(CALL.c.chat_id).where(CALL.c.owner == "newer"))) == 2


def test_names_of_what_cannot_be_written_do_no_harm(store):
    begun(store)
    broken = generation("c-9", owner="fresh")
    with pytest.raises(Exception, match=r"(?i)null"):  # each driver has its own
        store.write([broken, replace(generation("c-10"), started=None)])
    assert one(store, select(CALL.c.chat_id).where(CALL.c.chat_id.in_(("c-9", "c-10")))) == []

    store.write([broken])

    assert one(store, select(CALL.c.owner).where(CALL.c.chat_id == "c-9")) == ["fresh"]


def test_the_names_of_a_plan_are_learned_when_its_run_begins(store):
    begun(store)

    known = set(one(store, select(schema.name.c.text)))

    assert known >= {prompt.id for prompt in plan().prompts}


def test_a_name_that_is_gone_is_told_and_not_taken_for_none(store):
    begun(store)
    store.write([placed("c-0", slot=AnswerSlot("old", "p0"))])
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM name WHERE text = 'old'")

    with pytest.raises(StoreError, match="the store lacks a name that rows hold, number "):
        store.load("run-1")


def test_a_record_whose_name_gets_no_number_is_an_error_and_not_left_out(folder):
    with open_store(folder) as store:
        begun(store)
        with store.writing() as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER deaf BEFORE INSERT ON name BEGIN SELECT RAISE(IGNORE); END"
            )

        with pytest.raises(KeyError, match="fresh"):
            store.write([generation("c-9", owner="fresh")])
