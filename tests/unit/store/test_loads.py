"""Requests under load in the store."""

from dataclasses import replace

import pytest

from arenatest.model.answer import Timing, Usage
from arenatest.model.finish import Finishes
from arenatest.model.load import Load, LoadSlot, loaded
from arenatest.model.record import LoadPlaced
from unit.store.records import answer, failed, generation, plan, run

LOAD = Load(arrivals="poisson", levels=(0.5, 4.0), requests=2, warmup=0)
SLOT = LoadSlot("new", 0.5)
PLAN = replace(plan(), load=LOAD)


@pytest.fixture
def begun(store):
    store.begin(PLAN, run(), fresh=False, expire=0.0)
    return store


def place(chat, number, *, slot=SLOT, due=0.0, run="run-1"):
    return LoadPlaced(run=run, slot=slot, number=number, chat_id=chat, due=due)


def call(chat, **changes):
    return generation(chat, role="load", **changes)


def test_a_request_comes_back_as_it_was_when_it_was_made(begun):
    answers = [
        answer(),
        failed("timeout"),
        answer(""),
        answer(reasoning="Hm.", usage=Usage(output_tokens=9, reasoning_tokens=4)),
        answer(usage=Usage(output_tokens=9, reasoning_tokens=4), reasoning=""),
        answer(timing=Timing(source="unfit")),
    ]
    for number, one in enumerate(answers):
        begun.write([call(f"c-{number}", answer=one), place(f"c-{number}", number, due=number / 8)])
    found = begun.load("run-1").loads[SLOT]
    assert found == tuple(
        loaded(one, chat_id=f"c-{number}", due=number / 8) for number, one in enumerate(answers)
    )
    assert [one.tokens for one in found[3:5]] == [9, 5]


def test_levels_and_their_requests_keep_their_order_and_their_owner(begun):
    other = LoadSlot("old", 4.0)
    begun.write([call("c-2"), call("c-1"), call("c-3", owner="old")])
    begun.write([place("c-2", 1), place("c-1", 0), place("c-3", 0, slot=other)])
    loads = begun.load("run-1").loads
    assert [one.chat_id for one in loads[SLOT]] == ["c-1", "c-2"]
    assert set(loads) == {SLOT, other}


def test_calls_of_a_level_that_was_cut_count_and_are_in_no_place(begun):
    begun.write([call("c-1"), call("c-2", answer=failed())])
    ledger = begun.load("run-1")
    assert (ledger.loads, ledger.answers, ledger.timings) == ({}, {}, {})
    assert ledger.calls == {"new": 2}


def test_what_a_suite_calls_a_failure_is_one_under_load_too(store):
    failing = replace(PLAN, finishes=Finishes(truncation="failure"))
    store.begin(failing, run(), fresh=False, expire=0.0)
    store.write([call("c-1", answer=answer(finish="length")), place("c-1", 0)])
    assert store.load("run-1").loads[SLOT][0].failure == "truncated"


def test_an_answer_under_load_is_never_used_again(begun):
    begun.write([call("c-1"), place("c-1", 0)])
    assert begun.reusable_answers(["k-c-1"], 0.0) == {}
    assert begun.means("new", ["run-1"], judging=False).calls == 0


def test_a_load_is_taken_over_by_a_run_that_judges_the_same_answers(begun):
    begun.write([call("c-1"), place("c-1", 0)])
    begun.begin(PLAN, run("run-2"), fresh=True, expire=0.0)
    begun.place_answers("run-1", "run-2")
    assert begun.load("run-2").loads == begun.load("run-1").loads != {}


def test_a_call_under_load_is_set_beside_its_level_and_others_beside_those_without_load(begun):
    slow = answer(timing=replace(answer().timing, ttft=9.0))
    begun.write([call("c-1"), call("c-2"), call("c-3", answer=slow), generation("c-4")])
    begun.write([generation("c-5", answer=slow)])
    begun.write([place("c-1", 0), place("c-2", 1), place("c-3", 0, slot=LoadSlot("new", 4.0))])
    beside = {chat: begun.similar_calls(begun.find_call(chat)[0]) for chat in ("c-1", "c-4")}
    assert [call.timing.ttft for call in beside["c-1"]] == [0.25]
    assert [call.timing.ttft for call in beside["c-4"]] == [9.0]
