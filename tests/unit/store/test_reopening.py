"""A run is opened again without what failed or is void, and gets back what nobody needed."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arenatest.errors import StoreError
from arenatest.keeping.findings import Findings
from arenatest.keeping.rows import check_seals
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.record import AnswerSlot, AskedAgain, GameSlot, Measured, MetricSlot
from arenatest.store import open_store
from arenatest.store.reopening import ask_again
from unit.store.records import (
    answer,
    decided,
    failed,
    generation,
    judged,
    measured,
    placed,
    run,
)
from unit.store.records import plan as plan_of

LATER = 5000.0
FAILED = AnswerSlot("new", "p1")
WIN = plan_of().rules[0]
UNREAD = Judgment(void="unparsed", explanation="Hm.", chat_id="j-2")


def plan(**changes):
    return replace(plan_of(**changes), rules=(WIN, replace(WIN, id="error_rate")))


def record():
    """A finished run: p0 was judged in one order and unread in the other; on p1 a call failed."""
    return [
        generation("c-0", owner="old", answer=answer("London.")),
        generation("c-1"),
        generation("c-2", owner="old", prompt="p1", answer=answer("Rome.")),
        generation("c-3", prompt="p1", answer=failed()),
        placed("c-0", slot=AnswerSlot("old", "p0")),
        placed("c-1"),
        placed("c-2", slot=AnswerSlot("old", "p1")),
        placed("c-3", slot=FAILED),
        placed("c-3", slot=FAILED, purpose="timing"),
        generation("j-1", role="judge", owner="jury", answer=answer("[[A>B]]")),
        generation("j-2", role="judge", owner="jury", answer=answer("Hm.")),
        judged(),
        judged(Order.CANDIDATE_FIRST, judgment=UNREAD),
        measured(),
        measured(slot=MetricSlot("polite", "old", "p0"), measured=Measured(error="KeyError")),
        decided(),
        decided(gate="error_rate", decision="inconclusive", cause="evidence", passed=False),
    ]


@pytest.fixture
def finished(store):
    store.begin(plan(), run(), fresh=False, expire=0.0)
    store.write(record())
    store.finish("run-1", 2000.0)
    return store


def again(store, what="void", *, session="s-2", of=None, at=LATER, expire=0.0):
    with store.writing() as connection:
        ask_again(connection, of or plan(), what=what, session=session, at=at, expire=expire)


def test_a_void_run_loses_failures_voids_and_missing_values_and_nothing_else(finished):
    again(finished)

    ledger = finished.load("run-1")
    assert sorted(ledger.answers) == [
        AnswerSlot("new", "p0"),
        AnswerSlot("old", "p0"),
        AnswerSlot("old", "p1"),
    ]
    assert [slot.order for slot in ledger.judgments] == [Order.BASELINE_FIRST]
    assert list(ledger.measurements) == [MetricSlot("polite", "new", "p0")]
    assert sum(ledger.calls.values()) == 6  # what was called stays called, and paid for


def test_failed_takes_the_failed_answers_alone(finished):
    again(finished, "failed")

    ledger = finished.load("run-1")
    assert FAILED not in ledger.answers
    assert len(ledger.judgments) == len(ledger.measurements) == 2


def test_clocks_of_failed_calls_stay(finished):
    again(finished)

    assert FAILED in finished.load("run-1").timings


@pytest.mark.parametrize("what", ["failed", "void"])
def test_the_clock_of_a_failure_stays_where_both_stood_in_one_row(store, what):
    store.begin(plan(), run(), fresh=False, expire=0.0)
    store.write([generation("c-3", prompt="p1", answer=failed())])
    store.write([placed("c-3", slot=FAILED, purpose="both")])
    store.finish("run-1", 2000.0)
    again(store, what)
    store.write([generation("c-4", prompt="p1"), placed("c-4", slot=FAILED, purpose="text")])

    ledger = store.load("run-1")
    assert ledger.answers[FAILED].chat_id == "c-4"
    assert ledger.timings[FAILED].chat_id == "c-3"
    assert ledger.before.answers[FAILED].chat_id == "c-3"
    findings = Findings()
    check_seals(store, findings)
    assert (findings.told, findings.notes) == ([], [])


def test_an_abstention_is_a_word_and_stays(finished):
    slot = GameSlot("cheap", "p0", 0, "jury", 0, Order.BASELINE_FIRST)
    finished.write([judged(slot=slot, judgment=Judgment(void="abstained"))])
    again(finished)

    assert slot in finished.load("run-1").judgments


def test_the_run_is_open_for_the_session_and_remembers_it(finished):
    again(finished)

    begun, continued = finished.begin(
        plan(), run("run-2", session="s-2", started=LATER), fresh=False, expire=0.0
    )
    assert (begun.id, begun.session, begun.finished, continued) == ("run-1", "s-2", None, True)
    told = [(event.kind, event.at) for event in finished.events("run-1")]
    assert told == [("begun", 1000.0), ("finished", 2000.0), ("rerun", LATER)]
    details = finished.events("run-1")[-1].details
    assert details == {"what": "void", "answers": 1, "judgments": 1, "values": 1}


def test_open_decisions_go_and_those_that_fell_stand(finished):
    again(finished)

    assert list(finished.decisions("run-1")) == [("new", "win_rate")]
    ledger = finished.load("run-1")
    assert ledger.stands("new", "win_rate") == decided().decision
    assert ledger.stands("new", "error_rate") is None


def test_what_a_test_decided_that_is_no_gate_of_the_plan_is_decided_anew(finished):
    finished.write([decided(gate="asserted")])
    again(finished)

    assert list(finished.decisions("run-1")) == [("new", "win_rate")]
    finished.finish("run-1", 6000.0)
    assert ("new", "asserted") not in finished.decisions("run-1")


def test_what_stood_there_first_can_still_be_seen(finished):
    again(finished)
    finished.write([generation("c-4", prompt="p1"), placed("c-4", slot=FAILED)])

    ledger = finished.load("run-1")
    assert ledger.answers[FAILED].answer.ok
    assert ledger.at_first.answers[FAILED].answer.failure.kind == "server"
    (unread,) = [said for said in ledger.at_first.judgments.values() if said.void]
    assert unread == UNREAD


def test_only_what_was_filled_anew_counts_as_asked_again(finished):
    again(finished)
    finished.write([generation("c-4", prompt="p1"), placed("c-4", slot=FAILED)])

    assert finished.load("run-1").asked_again == (AskedAgain(at=LATER, what="void", answers=1),)


def test_a_finished_run_gets_back_what_nobody_needed_again(finished):
    before = finished.load("run-1")
    again(finished)
    finished.write([generation("c-4", prompt="p1"), placed("c-4", slot=FAILED)])
    finished.finish("run-1", 6000.0)

    after = finished.load("run-1")
    assert after.judgments == before.judgments
    assert after.measurements == before.measurements
    assert after.answers[FAILED].answer.ok
    assert after.asked_again == (AskedAgain(at=LATER, what="void", answers=1),)


def test_a_gate_that_was_not_decided_again_keeps_its_decision(finished):
    before = finished.decisions("run-1")
    again(finished)
    finished.finish("run-1", 6000.0)

    assert finished.decisions("run-1") == before
    assert len(before) == 2


@pytest.mark.parametrize("cause", ["plan", "budget"])
def test_that_a_run_was_cut_is_forgotten_when_it_goes_on(store, cause):
    store.begin(plan(), run(), fresh=False, expire=0.0)
    store.write([decided(decision="inconclusive", cause=cause, passed=False)])
    store.finish("run-1", None, (cause, "cut"), at=1500.0)
    again(store)
    store.finish("run-1", 6000.0)

    assert store.decisions("run-1") == {}


def test_a_gate_that_was_decided_again_has_the_new_decision(finished):
    again(finished)
    finished.write([decided(gate="error_rate")])
    finished.finish("run-1", 6000.0)

    assert finished.decisions("run-1")["new", "error_rate"].decision == "pass"


def test_a_stopped_run_keeps_its_places_open(finished):
    again(finished)
    finished.finish("run-1", None, ("plan", "interrupted"), at=5500.0)

    assert len(finished.load("run-1").judgments) == 1


def test_what_a_judge_said_that_could_not_be_read_is_not_read_again(finished):
    again(finished)

    assert finished.unused_calls("run-1") == []


def test_a_session_takes_away_once(finished):
    again(finished)
    finished.write([generation("c-4", prompt="p1", answer=failed()), placed("c-4", slot=FAILED)])
    again(finished)

    assert FAILED in finished.load("run-1").answers


def test_what_fails_again_may_be_asked_a_third_time(finished):
    again(finished)
    finished.write([generation("c-4", prompt="p1", answer=failed()), placed("c-4", slot=FAILED)])
    finished.finish("run-1", 6000.0)
    again(finished, session="s-3", at=7000.0)
    finished.write([generation("c-5", prompt="p1"), placed("c-5", slot=FAILED)])
    finished.finish("run-1", 8000.0)

    ledger = finished.load("run-1")
    assert [(one.at, one.answers) for one in ledger.asked_again] == [(LATER, 1), (7000.0, 1)]
    assert ledger.answers[FAILED].chat_id == "c-5"
    assert ledger.at_first.answers[FAILED].chat_id == "c-3"


def test_a_plan_without_a_run_is_refused_and_nothing_changes(finished):
    with pytest.raises(StoreError, match="no run of this plan is recorded: nothing to ask again"):
        again(finished, of=plan(hash="plan-2"))
    assert finished.run("run-1").finished == 2000.0


def test_an_imported_run_is_not_asked_again(store):
    store.begin(plan(), replace(run(), source="evalscope"), fresh=False, expire=0.0)
    with pytest.raises(StoreError, match="no run of this plan"):
        again(store)


def test_the_run_that_was_begun_last_is_asked_again_though_its_clock_was_behind(finished):
    finished.begin(plan(), run("run-2", started=900.0), fresh=True, expire=0.0)
    again(finished)

    assert finished.run("run-1").finished == 2000.0
    assert [event.kind for event in finished.events("run-2")] == ["begun", "rerun"]


def test_a_run_that_is_too_old_is_refused(finished):
    with pytest.raises(StoreError, match="is older than reuse_days"):
        again(finished, expire=1000.0)
    assert finished.run("run-1").finished == 2000.0


words = st.sampled_from([*Verdict, "unparsed", "label", "call", "judge", "abstained"])


def said(word, verdict):
    if word in [*Verdict]:
        return Judgment(verdict=verdict)
    return Judgment(void=word)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Begins run after run, each of a plan of its own, in one store."""
    with open_store(tmp_path_factory.mktemp("runs") / "store") as store:

        def begin():
            name, made = f"run-{next(numbers)}", plan(hash=f"plan-{next(numbers)}")
            store.begin(made, replace(run(name), plan_hash=made.hash), fresh=False, expire=0.0)
            return store, made, name

        numbers = itertools.count()
        yield begin


@given(st.lists(st.tuples(words, st.sampled_from(Verdict)), min_size=1, max_size=12))
@settings(max_examples=40)
def test_what_is_taken_away_does_not_depend_on_what_verdicts_say(runs, games):
    taken = []
    for verdicts in ([word for word, _ in games], [other for _, other in games]):
        store, made, name = runs()
        records = [
            judged(
                run=name,
                slot=GameSlot("new", f"p{number}", 0, "jury", 0, Order.BASELINE_FIRST),
                judgment=said(word, verdict),
            )
            for number, ((word, _), verdict) in enumerate(zip(games, verdicts, strict=True))
        ]
        store.write(records)
        store.finish(name, 2000.0)
        again(store, of=made)
        left = {slot.prompt for slot in store.load(name).judgments}
        taken.append({record.slot.prompt for record in records} - left)
    expected = {
        f"p{n}"
        for n, (word, _) in enumerate(games)
        if word in ("unparsed", "label", "call", "judge")
    }
    assert taken == [expected, expected]


def test_places_are_written_as_json_that_holds_any_name(store):
    odd = "p\x00\ud800"
    store.begin(plan(), run(), fresh=False, expire=0.0)
    slot = AnswerSlot("new", odd)
    store.write([generation("c-9", prompt=odd, answer=failed()), placed("c-9", slot=slot)])
    store.finish("run-1", 2000.0)
    again(store)
    store.finish("run-1", 3000.0)

    assert slot in store.load("run-1").answers
