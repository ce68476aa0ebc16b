from __future__ import annotations

from dataclasses import replace

import pytest

from arenatest.errors import StoreError
from arenatest.model.answer import Answer, Timing, Usage
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.record import AnswerSlot, Bill, GameSlot, Measured, MetricSlot
from unit.store.records import (
    answer,
    decided,
    failed,
    generation,
    judged,
    measured,
    one_of_each,
    placed,
    plan,
    run,
)


@pytest.fixture
def begun(store):
    store.begin(plan(), run(), fresh=False, expire=0.0)
    return store


def test_a_ledger_holds_what_was_written_but_what_only_one_call_is_looked_at_for(begun):
    begun.write(one_of_each())

    ledger = begun.load("run-1")

    assert ledger.run == run()
    assert ledger.plan == plan()
    assert set(ledger.answers) == {AnswerSlot("old", "p0"), AnswerSlot("new", "p0")}
    found = ledger.answers["new", "p0", 0]
    read = replace(_without_gaps(answer().timing), ttfb=None)
    assert found.answer == answer(timing=read, response_id=None)
    assert (found.chat_id, found.attempts, found.reused, found.cost) == ("c-1", 1, False, 0.002)
    assert ledger.timings == {AnswerSlot("new", "p0"): found}
    assert ledger.judgments == {judged().slot: judged().judgment}
    assert ledger.measurements == {MetricSlot("polite", "new", "p0"): Measured(value=0.75)}
    assert ledger.calls == {"jury": 1, "new": 1, "old": 1}
    assert ledger.cost == pytest.approx(0.006)
    assert ledger.uncosted == 0


def test_keys_of_a_ledger_keep_their_types(begun):
    begun.write(one_of_each())

    ledger = begun.load("run-1")

    assert all(type(slot) is AnswerSlot for slot in ledger.answers)
    (slot,) = ledger.judgments
    assert type(slot) is GameSlot
    assert type(slot.order) is Order
    assert type(ledger.judgments[slot].verdict) is Verdict


def test_writing_a_record_twice_changes_nothing(begun):
    begun.write(one_of_each())
    before = begun.load("run-1")

    begun.write(one_of_each())
    begun.write([generation("c-1", answer=answer("Something else.")), *one_of_each()])

    assert begun.load("run-1") == before


def test_calls_and_costs_count_failed_attempts(begun):
    begun.write(
        [
            generation("c-1", attempt=1, final=False, answer=failed(), cost=None),
            generation("c-2", attempt=2, cost=0.5),
            placed("c-2", attempts=2),
        ]
    )

    ledger = begun.load("run-1")

    assert (ledger.calls, ledger.cost, ledger.uncosted) == ({"new": 2}, 0.5, 1)


def test_the_bills_of_judges_are_apart_from_those_of_contestants_of_the_same_name(begun):
    asked = Usage(input_tokens=2**62, output_tokens=7)
    begun.write(
        [
            generation("c-1", owner="sonnet", cost=0.5),
            generation("c-2", owner="sonnet", role="judge", cost=0.25, answer=answer(usage=asked)),
            generation("c-3", owner="sonnet", role="judge", cost=None, answer=answer(usage=asked)),
            generation("c-4", owner="sonnet", role="judge", cost=None, answer=failed()),
            generation("c-5", owner="sonnet", role="judge", cost=9.0, run="run-0"),
        ]
    )
    assert begun.load("run-1").bills == {
        "sonnet": Bill(calls=3, input_tokens=2**63, output_tokens=14, cost=0.25)
    }


def test_what_calls_took_on_average_is_told_of_good_ones_in_some_runs(begun):
    begun.write(
        [
            generation("c-1", answer=answer(usage=Usage(output_tokens=10, input_tokens=4))),
            generation("c-2", answer=answer(usage=Usage(output_tokens=20)), role="timing"),
            generation("c-3", answer=failed()),
            generation("c-4", answer=answer(usage=Usage(output_tokens=99)), role="judge"),
            generation("c-5", answer=answer(usage=Usage(output_tokens=99)), run="run-0"),
        ]
    )
    owner = generation().owner
    means = begun.means(owner, ["run-1"], judging=False)
    assert (means.calls, means.input_tokens, means.output_tokens) == (2, 4.0, 15.0)
    assert begun.means("nobody", ["run-1"], judging=False) == (0, None, None, None)


def test_an_answer_given_up_without_a_call_is_no_call(begun):
    begun.write([generation(attempt=0, answer=failed("conversation"), cost=None), placed()])

    ledger = begun.load("run-1")

    assert ledger.answers["new", "p0", 0].answer.failure.kind == "conversation"
    assert (ledger.calls, ledger.uncosted) == ({}, 0)


def test_calls_of_earlier_runs_cost_this_run_nothing(begun):
    begun.write(
        [
            generation("c-1", run="run-0"),
            placed("c-1", reused=True),
        ]
    )

    ledger = begun.load("run-1")

    assert ledger.answers["new", "p0", 0].reused
    assert ledger.answers["new", "p0", 0].cost == 0.002
    assert (ledger.calls, ledger.cost) == ({}, 0.0)


def test_a_failure_keeps_its_place_and_its_words(begun):
    begun.write([generation(answer=failed()), placed()])

    assert begun.load("run-1").answers["new", "p0", 0].answer == failed()


@pytest.mark.parametrize("empty", [Answer(), Answer(usage=Usage()), Answer(timing=Timing())])
def test_unknown_usage_and_unknown_counts_stay_apart(begun, empty):
    begun.write([generation(answer=empty), placed()])

    assert begun.load("run-1").answers["new", "p0", 0].answer == empty


def test_a_count_too_great_for_an_integer_is_unknown(begun):
    begun.write([generation(answer=Answer(usage=Usage(output_tokens=10**30, input_tokens=1)))])

    found, _ = begun.find_call("c-1")
    assert found.answer.usage == Usage(input_tokens=1)


def test_equal_texts_and_names_are_one_object(begun):
    text = "The same long answer. " * 200
    slots = [AnswerSlot("new", f"p{i}") for i in range(5)]
    for i, slot in enumerate(slots):
        begun.write([generation(f"c-{i}", answer=answer(text)), placed(f"c-{i}", slot=slot)])

    ledger = begun.load("run-1")

    answers = [ledger.answers[slot].answer for slot in slots]
    assert len({id(found.text) for found in answers}) == 1
    assert len({id(found.model) for found in answers}) == 1
    plans = {prompt.id for prompt in ledger.plan.prompts}
    others = [slot for slot in ledger.answers if slot.prompt not in plans]
    assert len(others) >= 2
    assert len({id(slot.contestant) for slot in others}) == 1


def test_a_text_of_megabytes_comes_back(begun):
    text = "".join(chr(i % 0x800 + 32) for i in range(2_000_000))
    begun.write([generation(answer=answer(text)), placed()])

    assert begun.load("run-1").answers["new", "p0", 0].answer.text == text


def test_decisions_are_found_by_candidate_and_gate(begun):
    begun.write([decided(), decided(candidate="cheap", decision="fail", passed=False)])

    found = begun.decisions("run-1")

    assert list(found) == [("cheap", "win_rate"), ("new", "win_rate")]
    assert found["new", "win_rate"] == decided().decision


def test_an_unknown_run_or_plan_is_an_error(store):
    with pytest.raises(StoreError, match="no run 'run-9'"):
        store.load("run-9")
    with pytest.raises(StoreError, match="no plan 'plan-9'"):
        store.plan("plan-9")


def test_a_plan_is_stored_once_and_found_by_its_hash(begun):
    begun.begin(plan(), run("run-2"), fresh=True, expire=0.0)

    assert begun.plan("plan-1") == plan()


def test_only_the_latest_good_answer_is_reused(begun):
    begun.write(
        [
            generation("c-1", key="k", started=10.0),
            generation("c-2", key="k", started=30.0, answer=answer("Rome."), attempt=2, cost=None),
            generation("c-3", key="k", started=20.0),
            generation("c-4", key="k", started=40.0, answer=failed()),
            generation("c-5", key="k", started=50.0, role="timing"),
            generation("c-6", key="k", started=50.0, role="judge"),
            generation("c-7", key="k", started=50.0, final=False),
        ]
    )

    found = begun.reusable_answers(["k", "unknown"], not_before=0.0)

    assert list(found) == ["k"]
    chat_id, reused, attempts, cost = found["k"]
    assert (chat_id, reused.text, attempts, cost) == ("c-2", "Rome.", 2, None)


def test_answers_are_not_reused_beyond_their_time(begun):
    begun.write([generation(key="k", started=10.0)])

    assert begun.reusable_answers(["k"], not_before=10.0)
    assert not begun.reusable_answers(["k"], not_before=10.1)


def test_thousands_of_keys_are_asked_at_once(begun):
    begun.write([generation(f"c-{i}", key=f"k-{i}") for i in range(3000)])

    found = begun.reusable_answers((f"k-{i}" for i in range(2, 4000)), not_before=0.0)

    assert len(found) == 2998


def test_an_abstention_is_what_the_judge_said_and_reused(begun):
    said = Judgment(void="abstained", explanation="Not my language.")
    begun.write([judged(key="g", judgment=said)])
    assert begun.reusable_judgments(["g"], 0.0) == {"g": said}


def test_a_void_is_never_reused(begun):
    void = Judgment(void="unparsed", explanation="?")
    begun.write([judged(key="g", judgment=void)])

    assert begun.reusable_judgments(["g"], not_before=0.0) == {}


def test_the_latest_verdict_is_reused(begun):
    old, new = (Judgment(verdict=verdict) for verdict in (Verdict.TIE, Verdict.B_BETTER))
    begun.write(
        [
            judged(key="g", judgment=new, made=20.0),
            judged(Order.CANDIDATE_FIRST, key="g", judgment=old, made=10.0),
        ]
    )

    assert begun.reusable_judgments(["g", "h"], not_before=0.0) == {"g": new}
    assert begun.reusable_judgments(["g"], not_before=21.0) == {}


def test_a_reused_verdict_does_not_grow_younger(begun):
    begun.write([judged(key="g", made=10.0), judged(run="run-2", key="g", made=99.0, reused=True)])

    assert begun.reusable_judgments(["g"], not_before=50.0) == {}


def test_a_measurement_is_reused_unless_it_is_an_error(begun):
    begun.write(
        [
            measured(key="m"),
            measured(slot=MetricSlot("polite", "new", "p1"), key="n", measured=Measured()),
            measured(
                slot=MetricSlot("polite", "new", "p2"), key="o", measured=Measured(error="boom")
            ),
        ]
    )

    found = begun.reusable_measurements(["m", "n", "o"])

    assert found == {"m": Measured(value=0.75), "n": Measured()}


def test_a_call_is_found_with_its_gaps_and_the_judgments_it_fed(begun):
    cheap = judged(slot=GameSlot("cheap", "p0", 0, "jury", 0, Order.BASELINE_FIRST))
    elsewhere = judged(slot=GameSlot("new", "p1", 0, "jury", 0, Order.BASELINE_FIRST))
    begun.write([*one_of_each(), judged(Order.CANDIDATE_FIRST), cheap, elsewhere])

    found, judgments = begun.find_call("c-1")
    assert found == generation("c-1")
    assert judgments == [judged(), judged(Order.CANDIDATE_FIRST)]

    _, judgments = begun.find_call("c-0")  # the baseline's answer fights every candidate
    assert judgments == [cheap, judged(), judged(Order.CANDIDATE_FIRST)]


def test_a_judges_call_is_found_with_the_judgment_it_gave(begun):
    begun.write(one_of_each())

    found, judgments = begun.find_call("j-1")

    assert found.owner == "jury"
    assert judgments == [judged()]


def test_a_call_is_found_by_a_unique_beginning(begun):
    begun.write([generation("ab-1"), generation("ab-12"), generation("a%-3")])

    assert begun.find_call("a%")[0].chat_id == "a%-3"
    assert begun.find_call("ab-1")[0].chat_id == "ab-1"
    with pytest.raises(StoreError, match="several calls begin with 'ab': ab-1, ab-12"):
        begun.find_call("ab")
    with pytest.raises(StoreError, match="no call has the chat id 'AB-1'"):
        begun.find_call("AB-1")


def test_unused_calls_are_the_judges_good_ones_that_no_judgment_came_of(begun):
    by_jury = {"role": "judge", "owner": "jury"}
    paid = generation("j-2", **by_jury)
    begun.write(
        [
            *one_of_each(),  # j-1 stands behind a judgment
            judged(Order.CANDIDATE_FIRST, judgment=Judgment(void="judge")),
            paid,
            generation("j-3", answer=failed(), **by_jury),
            generation("j-4", final=False, **by_jury),
            generation("j-5", run="run-2", **by_jury),
        ]
    )

    assert begun.unused_calls("run-1") == [paid]


def test_other_runs_are_those_of_any_plan(begun):
    assert not begun.has_other_runs("run-1")

    begun.begin(plan(hash="plan-2"), run("run-2"), fresh=False, expire=0.0)

    assert begun.has_other_runs("run-1")


def test_similar_calls_are_the_models_other_good_ones_in_the_run_for_the_same(begun):
    begun.write(
        [
            generation("c-1"),
            generation("c-2", answer=failed()),
            generation("c-3", run="run-2"),
            generation("c-4", owner="old"),
            generation("c-5", answer=answer(timing=None)),
            generation("c-6", role="judge"),
            generation("c-7"),
        ]
    )
    (found,) = begun.similar_calls(generation("c-1"))
    assert found.timing == _without_gaps(answer().timing)
    assert found.usage == answer().usage
    assert found.text == ""


def test_the_attempts_at_a_call_are_told_in_their_order(begun):
    begun.write(
        [
            generation("c-2", key="k", attempt=2, final=True),
            generation("c-1", key="k", final=False, answer=failed("timeout")),
            generation("c-3", key="k", repeat=1),
            generation("c-4", key="other"),
        ]
    )
    first, second = begun.attempts(generation("c-2", key="k"))
    assert (first.chat_id, first.answer.failure.kind) == ("c-1", "timeout")
    assert (second.chat_id, second.final, second.answer.failure) == ("c-2", True, None)


def _without_gaps(timing):
    return replace(timing, gaps=())


def test_served_models_are_those_behind_all_that_stands_in_a_run(begun):
    begun.write(
        [
            generation("c-1", answer=replace(answer("a"), model="m-1")),
            generation("c-2", answer=replace(answer("b"), model="m-2"), run="older"),
            generation("c-3", answer=replace(answer("c"), model="unused")),
            placed("c-1", slot=AnswerSlot("new", "p0")),
            placed("c-2", slot=AnswerSlot("new", "p1"), reused=True),
            generation("j-1", role="judge", owner="jury", answer=replace(answer("d"), model="j")),
            judged(),
        ]
    )

    assert begun.served("run-1") == {("answer", "new"): ("m-1", "m-2"), ("judge", "jury"): ("j",)}
