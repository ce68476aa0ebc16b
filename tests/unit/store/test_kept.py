"""A record of ordinary size is held in the places of its plan: it reads like a dictionary."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import replace

import pytest

from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.plan import JudgeSeat
from arenatest.model.record import AnswerSlot, GameSlot
from arenatest.model.said import chairs_of
from arenatest.store.ids import id_to_bytes
from arenatest.store.kept import Kept, KeptJudgments
from arenatest.store.places import Grid
from unit.store.records import plan, run
from unit.store.test_memory import battle

PROMPTS = ["p0", "p1", "p2"]
BATTLES = 1_000
CALL = "00ff" * 8
SEAT = JudgeSeat(name="jury", kind="python", fingerprint="f", settings={})
TIE = Judgment(verdict=Verdict.TIE, explanation="Alike.")


@pytest.fixture
def kept():
    return Kept(Grid(AnswerSlot, (["old", "new"], PROMPTS, range(1)), 6))


def game(prompt, order=Order.BASELINE_FIRST):
    return GameSlot("new", prompt, 0, "jury", 0, order)


@pytest.fixture
def judgments():
    return KeptJudgments(Grid(GameSlot, (["new"], PROMPTS, range(1), ["jury"], range(1), Order), 6))


def test_values_are_found_by_slot_whatever_the_order_in_which_they_came(kept):
    kept[AnswerSlot("new", "p2")] = "c"
    kept[AnswerSlot("new", "p0")] = "a"

    assert kept == {AnswerSlot("new", "p0"): "a", AnswerSlot("new", "p2"): "c"}
    assert list(kept) == [AnswerSlot("new", "p0"), AnswerSlot("new", "p2")]
    assert kept.get(AnswerSlot("new", "p1")) is None


def test_a_value_takes_the_place_of_another_and_is_taken_away(kept):
    slot = AnswerSlot("new", "p1")
    kept[slot] = "first"
    kept[slot] = "second"
    assert (kept[slot], len(kept)) == ("second", 1)

    del kept[slot]
    assert slot not in kept
    kept[slot] = "third"
    assert dict(kept) == {slot: "third"}


def test_a_value_is_kept_where_the_plan_has_no_place(kept):
    stray = AnswerSlot("gone", "p0")
    kept[stray] = "here"
    assert dict(kept) == {stray: "here"}


def test_judgments_are_given_back_with_their_calls(judgments):
    judgments.put(game("p0"), TIE, id_to_bytes(CALL))
    judgments.put(game("p1"), TIE, id_to_bytes("req_7"))
    judgments.put(game("p2"), TIE, None)
    judgments.put(game("gone"), TIE, id_to_bytes(CALL))

    calls = {slot.prompt: said.chat_id for slot, said in judgments.items()}
    assert calls == {"p0": CALL, "p1": "req_7", "p2": None, "gone": CALL}
    assert {(said.verdict, said.explanation) for said in judgments.values()} == {
        (Verdict.TIE, "Alike.")
    }


def test_what_was_said_is_told_without_its_call(judgments):
    judgments.put(game("p0"), TIE, id_to_bytes(CALL))
    judgments.put(game("gone"), TIE, None)
    judgments[game("p1")] = void = Judgment(void="unparsed", chat_id=CALL)

    told = {name: judgments.said(game(name)) for name in (*PROMPTS, "gone", "lost")}
    assert told == {"p0": TIE, "p1": void, "p2": None, "gone": TIE, "lost": None}


def test_all_that_was_said_is_told_without_calls_in_the_order_of_the_plan(judgments):
    judgments.put(game("p2"), TIE, id_to_bytes(CALL))
    judgments.put(game("p0"), TIE, id_to_bytes(CALL))
    judgments.put(game("gone"), TIE, None)
    judgments[game("p1")] = void = Judgment(void="unparsed", chat_id=CALL)

    told = [(slot.prompt, said) for slot, said in judgments.all_said()]
    assert told == [("p0", TIE), ("p1", void), ("p2", TIE), ("gone", TIE)]


@pytest.mark.parametrize("calls", [False, True])
def test_the_judgments_of_a_battle_are_looked_up_at_once(judgments, calls):
    chairs = chairs_of([SEAT])
    judgments.put(game("p0"), TIE, id_to_bytes(CALL))
    judgments.put(game("p0", Order.CANDIDATE_FIRST), TIE, None)
    judgments.put(game("p1", Order.CANDIDATE_FIRST), TIE, None)

    look = judgments.of_battles(chairs, calls=calls)
    first = replace(TIE, chat_id=CALL) if calls else TIE
    assert look("new", "p0", 0) == [first, TIE]
    assert look("new", "p1", 0) == [None, TIE]
    assert look("new", "gone", 0) == look("new", "p2", 0) == [None, None]

    judgments.put(game("gone"), TIE, id_to_bytes(CALL))
    judgments[game("p0")] = void = Judgment(void="unparsed", chat_id=CALL)
    assert look("new", "p0", 0) == [void, TIE]
    assert look("new", "gone", 0) == [replace(TIE, chat_id=CALL), None]


def test_judges_whom_the_plan_does_not_have_are_looked_up_one_by_one(judgments):
    judgments.put(game("p0")._replace(judge="other"), TIE, None)
    look = judgments.of_battles(chairs_of([replace(SEAT, name="other")]), calls=False)
    assert look("new", "p0", 0) == [TIE, None]


def test_a_judgment_takes_the_place_of_another(judgments):
    judgments.put(game("p0"), TIE, id_to_bytes(CALL))
    void = Judgment(void="unparsed", chat_id=CALL)
    judgments[game("p0")] = void
    assert dict(judgments) == {game("p0"): void}


def test_a_record_of_ordinary_size_takes_two_kilobytes_a_battle(store):
    whole = plan(prompts=BATTLES)
    store.begin(whole, run(), fresh=False, expire=0.0)
    store.write([record for i in range(BATTLES) for record in battle(i)])
    store.load("run-1")  # statements are compiled and cached

    gc.collect()
    tracemalloc.start()
    try:
        ledger = store.load("run-1")
        gc.collect()
        size = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert len(ledger.judgments) == 2 * BATTLES
    assert size / BATTLES < 2_300  # of two answers with twelve clocks each, and two judgments
