"""Answers that were refused, filtered or cut off: on their way through a run, and on record."""

from dataclasses import replace

import pytest

from arenatest.arena.run import SuiteRun
from arenatest.gates.needs import Needs
from arenatest.model.answer import Answer, Timing
from arenatest.model.finish import Finishes
from arenatest.model.record import AnswerSlot
from arenatest.store import open_store
from fakes.models import ScriptedProvider, letters, said
from fakes.plans import plan_of, prompt_of
from fakes.runs import FakeJudge, FakeWatcher, conditions, naming, suite_of

TALK = [prompt_of(f"talk/{n + 1}", conversation="talk", turn=n) for n in range(3)]
OTHER = [prompt_of(f"chat/{n + 1}", conversation="chat", turn=n) for n in range(2)]


def ending(finish, on="p1"):
    """A model whose answer to one prompt ends so."""

    def answer(call):
        text = f"new says {call.prompt.id}"
        if call.prompt.id == on:
            return Answer(text=text, finish=finish, timing=Timing(ttft=0.1, e2e=0.1))
        return said(text, timing=Timing(ttft=0.1, e2e=0.1))

    return ScriptedProvider(answer)


def run(folder, finishes, new, *, prompts=None, session="s", wants=None, judge=None):
    plan = plan_of(prompts or letters(3), finishes=finishes, hash=f"plan {finishes}")
    models = {"old": naming("old"), "new": new}
    suite = suite_of(plan, models, judge or FakeJudge(), folder=folder)
    watcher = FakeWatcher(plan, wants=wants)
    made = SuiteRun(suite, open_store(folder / "store"), watcher, conditions(session))
    made.start()
    assert made.join(20)
    made.check()
    return made.run.id


def read(folder, run_id, plan=None):
    return open_store(folder / "store").load(run_id, plan)


@pytest.mark.parametrize("treatment", ["loss", "void", "failure"])
@pytest.mark.parametrize(
    ("key", "finish"),
    [("refusal", "refusal"), ("filter", "content_filter"), ("truncation", "length")],
)
def test_no_judge_is_asked_about_an_end_that_the_suite_treats(tmp_path, key, finish, treatment):
    judge = FakeJudge()
    run(tmp_path, Finishes(**{key: treatment}), ending(finish), judge=judge)
    assert sorted({game.prompt.id for game in judge.games}) == ["p0", "p2"]


def test_as_long_as_nothing_is_said_all_ends_are_judged(tmp_path):
    judge = FakeJudge()
    run(tmp_path, Finishes(), ending("refusal"), judge=judge)
    assert sorted({game.prompt.id for game in judge.games}) == ["p0", "p1", "p2"]


def test_a_failure_by_its_end_is_final_and_stands_in_the_record_as_it_came(tmp_path):
    model = ending("refusal")
    run_id = run(tmp_path, Finishes(refusal="failure"), model)
    assert len(model.calls) == 3  # it was not tried again
    taken = read(tmp_path, run_id).answers["new", "p1", 0]
    assert (taken.answer.failure.kind, taken.answer.text) == ("refused", "new says p1")
    judged = read(tmp_path, run_id, plan_of(letters(3))).answers["new", "p1", 0]
    assert judged.answer.ok


def test_the_same_record_may_be_taken_otherwise(tmp_path):
    run_id = run(tmp_path, Finishes(), ending("length"))
    strict = plan_of(letters(3), finishes=Finishes(truncation="failure"))
    ledger = read(tmp_path, run_id, strict)
    slot = AnswerSlot("new", "p1")
    assert ledger.answers[slot].answer.failure.kind == "truncated"


def test_the_clocks_of_what_counts_as_failed_count_as_those_of_a_failed_call(tmp_path):
    wants = Needs(answers=frozenset({"old", "new"}), timings=frozenset({"new"}))
    run_id = run(tmp_path, Finishes(refusal="failure"), ending("refusal"), wants=wants)
    assert not read(tmp_path, run_id).timings["new", "p1", 0].answer.ok


def test_a_failed_end_is_bought_again_by_the_next_run_and_other_ends_are_not(tmp_path):
    strict = Finishes(refusal="failure")
    run(tmp_path, strict, ending("refusal"), session="first")
    again = ending("refusal")
    run(tmp_path, strict, again, session="second")
    assert [call.prompt.id for call in again.calls] == ["p1"]
    lenient = ending("refusal")
    run(tmp_path, Finishes(refusal="loss"), lenient, session="third")
    assert lenient.calls == []


def test_a_turn_that_counts_as_failed_gives_up_the_rest_of_that_conversation_only(tmp_path):
    model = ending("refusal", on="talk/2")
    talks = [*TALK, *OTHER]
    run_id = run(tmp_path, Finishes(refusal="failure"), model, prompts=talks)
    ledger = read(tmp_path, run_id)
    assert sorted(call.prompt.id for call in model.calls) == [
        *("chat/1", "chat/2"),
        *("talk/1", "talk/2"),
    ]
    kinds = {
        slot.prompt: placed.answer.failure.kind
        for slot, placed in ledger.answers.items()
        if not placed.answer.ok
    }
    assert kinds == {"talk/2": "refused", "talk/3": "conversation"}
    assert all(ledger.answers["old", turn.id, 0].answer.ok for turn in talks)


@pytest.mark.parametrize("treatment", ["judge", "loss", "void"])
def test_a_conversation_goes_on_after_an_end_that_is_no_failure(tmp_path, treatment):
    model = ending("refusal", on="talk/2")
    run(tmp_path, Finishes(refusal=treatment), model, prompts=TALK)
    last = next(call for call in model.calls if call.prompt.id == "talk/3")
    assert [m.content for m in last.messages if m.role == "assistant"] == [
        "new says talk/1",
        "new says talk/2",
    ]


def test_a_record_read_more_strictly_breaks_conversations_off_as_a_run_would(tmp_path):
    model = ending("refusal", on="talk/2")
    prompts = [*TALK, *OTHER]
    run_id = run(tmp_path, Finishes(), model, prompts=prompts)
    strict = replace(plan_of(prompts), finishes=Finishes(refusal="failure"))
    ledger = read(tmp_path, run_id, strict)
    kinds = {
        slot.prompt: placed.answer.failure.kind
        for slot, placed in ledger.answers.items()
        if not placed.answer.ok
    }
    assert kinds == {"talk/2": "refused", "talk/3": "conversation"}
