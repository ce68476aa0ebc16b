"""A short version of ``benchmarks/store.py``: what a record takes, and that it loses nothing."""

from __future__ import annotations

import gc
import sqlite3
import tracemalloc
from dataclasses import fields, replace

import pytest

from arenatest.gates.decide import decide_again
from arenatest.model.answer import Answer, Timing
from arenatest.model.judgment import Judgment
from arenatest.model.record import Answered, AnswerSlot, Ledger
from arenatest.store import columnar, open_store
from arenatest.store import ledger as ledger_module
from simulation.large_run import STORE, Size, make_run
from unit.store import records

SIZE = Size(candidates=10, prompts=16, repeats=10)
SMALL = Size(candidates=10, prompts=4, repeats=10)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    make_run(folder, SIZE)
    with open_store(folder / STORE) as opened:
        yield opened


@pytest.fixture(autouse=True)
def in_columns(monkeypatch):
    monkeypatch.setattr(ledger_module, "MANY", 0)


def ledger_of(store):
    (run,) = store.runs()
    return store.load(run.id)


def whole(value):
    """The same value without columns behind it."""
    for kind in (Answered, Answer, Timing, Judgment):
        if isinstance(value, kind):
            return kind(**{one.name: whole(getattr(value, one.name)) for one in fields(kind)})
    return value


def test_gates_decide_alike_on_columns_and_on_whole_values(store):
    ledger = ledger_of(store)
    plain = replace(
        ledger,
        answers={slot: whole(found) for slot, found in ledger.answers.items()},
        timings={slot: whole(found) for slot, found in ledger.timings.items()},
        judgments={slot: whole(said) for slot, said in ledger.judgments.items()},
        facts=None,
    )
    for rule in ledger.plan.rules:
        assert decide_again(rule, ledger) == decide_again(rule, plain)


def test_each_battle_more_takes_a_few_hundred_bytes_until_its_gates_are_decided(store, tmp_path):
    make_run(tmp_path, SMALL)
    with open_store(tmp_path / STORE) as small:
        decided(small)  # statements are compiled and cached
        more = peak_of(store) - peak_of(small)

    assert more / (SIZE.battles - SMALL.battles) < 1_000  # 300 are columns, the rest texts in use


def peak_of(store):
    gc.collect()
    tracemalloc.start()
    try:
        decided(store)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def decided(store):
    ledger = ledger_of(store)
    return [decide_again(rule, ledger) for rule in ledger.plan.rules]


def test_answers_that_an_earlier_run_bought_are_read_by_a_sqlite_of_few_variables(folder):
    prompts = 1_100
    places = [AnswerSlot("new", f"p{number}") for number in range(prompts)]
    with open_store(folder) as store:
        many = records.plan(prompts=prompts)
        store.begin(many, records.run(), fresh=True, expire=0.0)
        store.write([records.generation(slot.prompt, run="run-0") for slot in places])
        store.write([records.placed(slot.prompt, slot=slot, reused=True) for slot in places])
        with store.reading() as connection:
            raw = connection.connection.driver_connection
            raw.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)
            ledger = Ledger(run=replace(records.run(), finished=1.0), plan=many)
            columnar.read_answers(connection, ledger, None, prompts)

    assert len(ledger.answers) == prompts
