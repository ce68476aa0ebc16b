"""What counts as an attempt: drawing anew what an earlier run of the plan had drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from arenatest.model.attempts import Attempts
from arenatest.model.judgment import Judgment
from arenatest.model.record import AnswerSlot
from arenatest.store.attempts import read_attempts
from unit.store.records import decided, failed, generation, judged, placed, plan, run

SHA = "c0ffee1"


def play(store, number, *records, commit=SHA, finished=True, of=None):
    """Record a run of the plan, as a session of its own."""
    begun = replace(run(f"run-{number}", started=1000.0 * number), commit=commit)
    begun, _ = store.begin(of or plan(), begun, fresh=True, expire=0.0)
    store.write([replace(record, run=begun.id) for record in records])
    if finished:
        store.finish(begun.id, 1000.0 * number + 500)
    return read_attempts(store, store.run(begun.id))


def bought(number):
    """An answer with its clock, and a verdict, of this run's own calls."""
    chat = f"c-{number}"
    return [generation(chat), placed(chat), placed(chat, purpose="timing"), judged()]


def reused(number):
    return [placed(f"c-{number}", reused=True), judged(reused=True)]


def test_the_first_run_is_the_first_attempt(store):
    assert play(store, 1, *bought(1)) == Attempts(commit=SHA, runs=1, judged=1, timed=1)


def test_a_run_that_reuses_all_is_no_new_attempt(store):
    play(store, 1, *bought(1))
    assert play(store, 2, *reused(1)) == Attempts(commit=SHA, runs=2, judged=1, timed=1)


def test_a_run_that_buys_all_again_is_one(store):
    play(store, 1, *bought(1))
    assert play(store, 2, *bought(2)) == Attempts(commit=SHA, runs=2, judged=2, timed=2)


def test_verdicts_alone_that_are_bought_again_are_one_too(store):
    play(store, 1, *bought(1))
    assert play(store, 2, placed("c-1", reused=True), judged()).judged == 2


def test_clocks_are_taken_afresh_each_time_and_count_apart(store):
    play(store, 1, *bought(1))
    fresh = [generation("c-2", role="timing"), placed("c-2", purpose="timing")]
    assert play(store, 2, *reused(1), *fresh) == Attempts(commit=SHA, runs=2, judged=1, timed=2)


def test_what_failed_or_was_void_may_be_bought_without_being_a_new_attempt(store):
    lost = AnswerSlot("new", "p1")
    play(
        store,
        1,
        *bought(1),
        generation("c-9", prompt="p1", answer=failed()),
        placed("c-9", slot=lost),
        judged(order="candidate-first", judgment=Judgment(void="unparsed")),
    )
    missing = [generation("c-8", prompt="p1"), placed("c-8", slot=lost)]
    mended = play(store, 2, *reused(1), *missing, judged(order="candidate-first"))
    assert (mended.judged, mended.mended) == (1, 1)


def test_an_abstention_that_is_judged_after_all_mends_nothing(store):
    play(store, 1, *bought(1), judged(order="candidate-first", judgment=Judgment(void="abstained")))
    assert play(store, 2, *reused(1), judged(order="candidate-first")).mended == 0


def test_what_only_a_longer_look_needs_is_no_new_attempt(store):
    play(store, 1, *bought(1))
    further = [generation("c-2", prompt="p1"), placed("c-2", slot=AnswerSlot("new", "p1"))]
    assert play(store, 2, *reused(1), *further).judged == 1


@pytest.mark.parametrize("commit", ["c0ffee2", None])
def test_runs_under_another_commit_do_not_count(store, commit):
    play(store, 1, *bought(1), commit=commit)
    assert play(store, 2, *bought(2)) == Attempts(commit=SHA, runs=1, judged=1, timed=1)


def test_runs_whose_commit_is_unknown_count_together(store):
    play(store, 1, *bought(1), commit=None)
    assert play(store, 2, *bought(2), commit=None) == Attempts(runs=2, judged=2, timed=2)


def test_a_run_that_was_left_before_anything_was_decided_does_not_count(store):
    play(store, 1, *bought(1), finished=False)
    assert play(store, 2, *bought(2)).judged == 1


def test_a_run_that_was_left_after_a_gate_had_failed_counts(store):
    play(store, 1, *bought(1), decided(decision="fail", passed=False), finished=False)
    assert play(store, 2, *bought(2)).judged == 2


def test_later_runs_do_not_count(store):
    play(store, 1, *bought(1))
    play(store, 2, *bought(2))
    assert read_attempts(store, store.run("run-1")).runs == 1


def test_a_run_that_was_left_and_ended_after_a_later_one_is_an_attempt_after_that(store):
    play(store, 1, *bought(1), finished=False)
    play(store, 2, *bought(2))
    store.finish("run-1", 9000.0)

    assert read_attempts(store, store.run("run-1")).judged == 2
    assert read_attempts(store, store.run("run-2")).judged == 1


def test_another_limit_hides_no_attempt_and_is_none(store):
    play(store, 1, *bought(1))
    lenient = replace(plan(), hash="lenient", rules=())
    assert play(store, 2, *reused(1), of=lenient).judged == 1
    assert play(store, 3, *bought(3), of=replace(lenient, hash="more")).judged == 2


def test_another_order_is_an_attempt_though_nothing_is_bought(store):
    play(store, 1, *bought(1))
    other = replace(plan(), hash="other", seed=7, prompts=plan().prompts[::-1])
    assert play(store, 2, *reused(1), of=other).judged == 2
    assert play(store, 3, *reused(1), of=other).judged == 2
    assert play(store, 4, *reused(1)).judged == 2


@pytest.mark.parametrize("what", ["suite", "prompts", "candidate"])
def test_another_suite_prompt_or_model_is_another_plan(store, what):
    play(store, 1, *bought(1))
    old = plan()
    said = replace(old.prompts[0], reference="Another")
    model = replace(old.candidates[0], fingerprint="another")
    changes = {
        "suite": {"suite": "another"},
        "prompts": {"prompts": (said, *old.prompts[1:])},
        "candidate": {"candidates": (model, *old.candidates[1:])},
    }
    assert play(store, 2, *bought(2), of=replace(old, hash="b", **changes[what])).runs == 1
