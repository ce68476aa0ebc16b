import json

import pytest

from arenatest.errors import OptionError
from arenatest.imports.lmsys import BOTH_BAD
from arenatest.model.record import AnswerSlot
from unit.imports.shapes import conversation, imported, vote


def votes(folder, *records, name="clean_battle_conv.json"):
    file = folder / name
    file.write_text(json.dumps(records, indent=2, ensure_ascii=False))
    return file


def scores(store, taken):
    measured = store.load(taken.run.id).measurements
    return {(slot.contestant, slot.prompt): one.value for slot, one in measured.items()}


def test_a_vote_is_a_number_of_its_battle_from_the_candidates_side(store, tmp_path):
    file = votes(
        tmp_path,
        vote("q1", "gpt-4", "koala", "model_a"),
        vote("q2", "koala", "gpt-4", "model_a"),
        vote("q3", "gpt-4", "koala", "tie"),
    )
    (taken,), losses = imported(store, "lmsys", file, baseline="gpt-4")
    assert scores(store, taken) == {
        ("koala", "q1"): 0.0,
        ("koala", "q2"): 1.0,
        ("koala", "q3"): 0.5,
    }
    assert not losses.counts


def test_every_pair_is_in_one_run_with_whoever_met_most_as_its_baseline(store, tmp_path):
    file = votes(
        tmp_path,
        vote("q1", "a", "hub", "tie"),
        vote("q2", "b", "hub", "tie"),
        vote("q3", "a", "b", "tie"),
        vote("q4", "hub", "c", "tie"),
    )
    runs, _ = imported(store, "lmsys", file)
    groups = {taken.draft.plan.baseline.name: taken.draft.plan.candidates for taken in runs}
    assert {base: [one.name for one in others] for base, others in groups.items()} == {
        "hub": ["a", "b", "c"],
        "a": ["b"],
    }
    asked = {rule.where for taken in runs for rule in taken.draft.plan.rules}
    assert (("subset", ("c",)),) in asked, "each candidate is held to its own votes"


def test_conversations_become_prompts_and_answers_turn_by_turn(store, tmp_path):
    talked = vote(
        "q",
        "gpt-4",
        "koala",
        "model_a",
        conversation_a=conversation("Hi", "Hello", "More", "Good"),
        conversation_b=conversation("Hi", "Yo", "More", "Bad"),
        turn=2,
    )
    (taken,), _ = imported(store, "lmsys", votes(tmp_path, talked), baseline="gpt-4")
    ledger = store.load(taken.run.id)
    assert sorted(prompt.id for prompt in ledger.plan.prompts) == ["q/1", "q/2"]
    assert ledger.answers[AnswerSlot("koala", "q/1")].answer.text == "Yo"
    assert ledger.answers[AnswerSlot("gpt-4", "q/2")].answer.text == "Good"
    assert scores(store, taken) == {("koala", "q/2"): 0.0}
    assert ledger.plan.prompts[0].tags == ("English",)


def test_the_shapes_of_arena_human_preference_are_read_too(store, tmp_path):
    rich = [
        {"role": "user", "content": [{"type": "text", "text": "Hi", "image": None}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Hello"}]},
    ]
    newest = {
        "id": "20aab2fb",
        "model_a": "a",
        "model_b": "b",
        "winner": "both_bad",
        "conversation_a": rich,
        "conversation_b": rich,
        "language": "en",
        "timestamp": "2025-06-26 23:47:14",
    }
    table = tmp_path / "train.csv"
    head = "id,model_a,model_b,prompt,response_a,response_b,"
    table.write_text(
        f"{head}winner_model_a,winner_model_b,winner_tie\n"
        '30192,a,b,"[""Hi"", ""Bye""]","[""x"", null]","[""y"", ""z""]",0,1,0\n'
    )
    (taken,), losses = imported(store, "lmsys", votes(tmp_path, newest), table, baseline="a")
    assert scores(store, taken) == {("b", "20aab2fb/1"): 0.5, ("b", "30192/2"): 1.0}
    assert losses.counts == {BOTH_BAD: 1}


def test_what_is_no_blind_vote_is_not_taken_over_and_counted(store, tmp_path):
    file = votes(
        tmp_path,
        vote("q1", "a", "b", "model_a"),
        vote("q2", "a", "b", "model_a", anony=False),
        vote("q3", "a", "a", "model_a"),
        vote("q4", "", "b", "model_a"),
        vote("q5", "a", "b", "tie (bothbad)"),
        vote("q6", "a", "b", "leftvote"),
    )
    (taken,), losses = imported(store, "lmsys", file, baseline="a")
    assert len(scores(store, taken)) == 2
    assert losses.counts == {
        "votes of people who saw the names of the models": 1,
        "votes on a model against itself": 1,
        "votes without the names of both models": 1,
        BOTH_BAD: 1,
        "records that cannot be read": 1,
    }
    assert any(
        line.endswith("winner: got 'leftvote', expected model_a, model_b, tie or tie (bothbad)")
        for line in losses.lines()
    )


def test_votes_on_one_question_are_one_cluster_and_each_keeps_its_place(store, tmp_path):
    said = [vote("8", "a", "b", "model_a", judge=f"user_{n}", tstamp=n) for n in range(3)]
    (taken,), _ = imported(store, "lmsys", votes(tmp_path, *said), baseline="a")
    assert sorted(prompt for _, prompt in scores(store, taken)) == ["8", "8~2", "8~3"]
    assert {prompt.cluster for prompt in taken.draft.plan.prompts} == {"family:8"}


def test_the_same_vote_twice_counts_once(store, tmp_path):
    said = vote("8", "a", "b", "model_a")
    (taken,), _ = imported(store, "lmsys", votes(tmp_path, said, said), baseline="a")
    assert len(scores(store, taken)) == 1


def test_conversations_about_different_questions_are_no_battle(store, tmp_path):
    talked = vote("q", "a", "b", "model_a", conversation_a=conversation("Hi", "x"))
    talked["conversation_b"] = conversation("Ho", "y")
    with pytest.raises(OptionError, match="conversation_b: asks something else"):
        imported(store, "lmsys", votes(tmp_path, talked))
