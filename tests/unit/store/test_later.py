"""A large record is read when somebody asks: however late, and whatever happened meanwhile."""

from __future__ import annotations

import copy
import threading
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, replace

import pytest
from sqlalchemy import delete, event

from arenatest.errors import StoreError
from arenatest.model.record import AnswerSlot, Ledger
from arenatest.store import ledger as ledger_module
from arenatest.store import open_store, schema
from arenatest.store.database import ConnectionLost
from arenatest.store.later import Later
from arenatest.store.texts import Pages
from unit.store.records import judged, one_of_each, plan, run

SLOT = AnswerSlot("new", "p0")


@pytest.fixture(autouse=True)
def in_columns(monkeypatch):
    monkeypatch.setattr(ledger_module, "MANY", 0)


def filled(store):
    store.begin(plan(), run(), fresh=False, expire=0.0)
    store.write(one_of_each())
    store.finish("run-1", 2000.0)
    return store


@pytest.mark.parametrize(
    "look",
    [
        lambda ledger: ledger.answers[SLOT].answer.text,
        lambda ledger: ledger.answers[SLOT].answer.length,
        lambda ledger: ledger.answers[SLOT].cost,
        lambda ledger: ledger.answers[SLOT].answer.usage,
        lambda ledger: next(iter(ledger.judgments.values())).explanation,
    ],
)
def test_what_was_pruned_meanwhile_is_no_empty_answer(store, look):
    """Or a gate would decide on texts without a character, and calls without a price."""
    ledger = filled(store).load("run-1")
    with store.writing() as connection:
        for table in (schema.run, schema.judgment, schema.generation, schema.text):
            connection.execute(delete(table))

    with pytest.raises(StoreError, match="the store holds no run 'run-1'"):
        look(ledger)


def test_a_lost_connection_is_waited_for(store):
    class Cut:
        """A database whose connection is lost once."""

        patience, closed, place = 10.0, False, store.place
        lost = 1

        @property
        def reads(self):
            return self

        def translated(self):
            return nullcontext()

        @contextmanager
        def begin(self):
            self.lost -= 1
            if self.lost == 0:
                raise ConnectionLost("gone")
            with store.reading() as connection:
                yield connection

    filled(store)
    assert Later(Cut(), "run-1").read(lambda _connection: "read") == "read"


def test_who_asks_after_the_store_was_closed_gets_an_answer_and_leaves_nothing_open(database):
    with open_store(database) as store:
        ledger = filled(store).load("run-1")
    opened, closed = [], []
    event.listen(store._database.reads, "connect", lambda *_: opened.append(1))
    event.listen(store._database.reads, "close", lambda *_: closed.append(1))

    assert ledger.answers[SLOT].answer.text == "Paris."
    assert ledger.answers[SLOT].cost == 0.002
    assert len(opened) == len(closed) > 0


def test_copies_hold_everything_without_a_store(store):
    ledger = filled(store).load("run-1")
    made = copy.deepcopy(Ledger(run=ledger.run, plan=plan(), answers=ledger.answers))
    answered = copy.deepcopy(ledger.answers[SLOT])
    judgment = copy.deepcopy(next(iter(ledger.judgments.values())))
    with store.writing() as connection:
        connection.execute(delete(schema.run))

    assert made.answers[SLOT] == answered
    assert answered.answer.text == "Paris."
    assert answered.answer.timing.ttft == 0.25
    assert (answered.chat_id, answered.cost, answered.started) == ("c-1", 0.002, 1001.0)
    assert (judgment.explanation, judgment.chat_id) == ("Clearer.", "j-1")


def test_a_whole_ledger_becomes_a_dictionary(store):
    told = asdict(filled(store).load("run-1"))
    assert told["answers"][SLOT].answer.text == "Paris."


def test_an_open_run_waits_for_texts_alone(store):
    """It may go on: then its gates look at it from the event loop that serves its calls."""
    store.begin(plan(), run(), fresh=False, expire=0.0)
    store.write(one_of_each())
    ledger = store.load("run-1")
    statements = []
    event.listen(store._database.reads, "before_cursor_execute", lambda *a: statements.append(a))

    answered = ledger.answers[SLOT]
    assert (answered.cost, answered.started) == (0.002, 1001.0)
    assert answered.answer.model == "gpt-4o-2024-08-06"
    assert answered.answer.usage.output_tokens == 3
    assert not statements
    assert answered.answer.text == "Paris."
    assert statements


def test_a_page_that_two_threads_ask_for_is_read_once():
    pages, reads, asked = Pages(), [], threading.Barrier(2)

    def read():
        reads.append(1)
        return {"a": "text"}

    def ask():
        asked.wait()
        for _ in range(200):
            assert pages.of("page", "a", read) == "text"

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reads) == 1


def test_an_explanation_stands_beside_its_own_verdict_alone(store):
    """Another process may fill a place anew while the record is looked at."""
    filled(store)
    slot = judged().slot
    ledger = store.load("run-1")
    with store.writing() as connection:
        connection.execute(delete(schema.judgment))
    later = replace(judged().judgment, verdict=None, void="unparsed", explanation="What?")
    store.write([judged(judgment=later)])

    said = ledger.judgments[slot]
    assert said.verdict == judged().judgment.verdict
    assert said.explanation == ""
    assert said.chat_id is None
