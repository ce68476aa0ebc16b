import pytest

from arenatest.errors import OptionError
from arenatest.model.judgment import Order, Verdict
from arenatest.model.record import AnswerSlot, GameSlot
from unit.imports.shapes import (
    answer_v1,
    answer_v2,
    arena_hard,
    imported,
    judged_v2,
    lines,
    message,
)


def game(prompt, order, judge="gpt-4.1", candidate="new"):
    return GameSlot(candidate, prompt, 0, judge, 0, order)


def test_answers_and_games_of_version_2_make_a_run(store, tmp_path):
    (taken,), losses = imported(store, "arena-hard", arena_hard(tmp_path / "bench"))
    ledger = store.load(taken.run.id)
    assert (taken.run.source, taken.run.finished is not None) == ("arena-hard", True)
    assert ledger.plan.baseline.name == "old"
    assert [one.name for one in ledger.plan.candidates] == ["new"]
    assert sorted(prompt.text for prompt in ledger.plan.prompts) == ["ask q0", "ask q1", "ask q2"]
    assert {prompt.category for prompt in ledger.plan.prompts} == {"hard_prompt"}
    assert ledger.answers[AnswerSlot("new", "q1")].answer.text == "new on q1"
    first = ledger.judgments[game("q1", Order.BASELINE_FIRST)]
    second = ledger.judgments[game("q1", Order.CANDIDATE_FIRST)]
    assert (first.verdict, first.explanation) == (Verdict.B_BETTER, "My verdict: B>A")
    assert second.verdict is Verdict.A_MUCH_BETTER
    assert not losses.counts


def test_every_candidate_gets_a_gate_that_asks_to_be_as_good_as_the_baseline(store, tmp_path):
    (taken,), _ = imported(store, "arena-hard", arena_hard(tmp_path / "bench", 30))
    decision = store.decisions(taken.run.id)["new", "win_rate"]
    assert (decision.threshold, decision.decision) == (0.5, "pass")
    assert (taken.figures[0].value, taken.figures[0].n) == (1.0, 30)


def test_game_1_has_the_baseline_in_seat_a_so_a_wins_and_loses_for_it(store, tmp_path):
    folder = arena_hard(tmp_path / "bench", 1, "A>>B", "B>A")
    (taken,), _ = imported(store, "arena-hard", folder)
    assert taken.figures[0].value == 0.0


@pytest.mark.parametrize(
    ("label", "void", "verdict"),
    [
        (None, "unparsed", None),
        ("A>>>B", "label", None),
        ("A<<B", None, Verdict.B_MUCH_BETTER),
        ("B=A", None, Verdict.TIE),
    ],
)
def test_labels_are_read_in_both_spellings_and_others_are_void(
    store, tmp_path, label, void, verdict
):
    folder = arena_hard(tmp_path / "bench", 1, label, "A>B")
    (taken,), _ = imported(store, "arena-hard", folder)
    said = store.load(taken.run.id).judgments[game("q0", Order.BASELINE_FIRST)]
    assert (said.void, said.verdict) == (void, verdict)


def test_a_single_game_is_a_preference_for_nobody_saw_the_other_order(store, tmp_path):
    folder = arena_hard(tmp_path / "bench", 2, "B>A")
    (taken,), _ = imported(store, "arena-hard", folder)
    ledger = store.load(taken.run.id)
    assert not ledger.judgments
    assert [rule.id for rule in ledger.plan.rules] == ["preference-of-gpt-4.1"]
    assert {one.value for one in ledger.measurements.values()} == {1.0}


def test_an_answer_and_a_game_that_are_missing_are_void_and_not_unplanned(store, tmp_path):
    folder = arena_hard(tmp_path / "bench", 3)
    lines(folder / "model_answer/new.jsonl", [answer_v2("q0", "new"), answer_v2("q1", "new")])
    judged = [judged_v2(name, "new", "B>A", "A>B") for name in ("q0", "q2")]
    lines(folder / "model_judgment/gpt-4.1/new.jsonl", judged)
    lines(folder / "model_judgment/judge-2/new.jsonl", [judged_v2("q1", "new", "A=B", "A=B")])
    (taken,), _ = imported(store, "arena-hard", folder)
    ledger = store.load(taken.run.id)
    assert ledger.answers[AnswerSlot("new", "q2")].answer.failure.kind == "missing"
    assert ledger.judgments[game("q1", Order.BASELINE_FIRST)].verdict is Verdict.TIE
    assert taken.decisions[0].planned == 3


def test_version_1_does_not_name_its_baseline_so_the_user_may(store, tmp_path):
    folder = tmp_path / "bench"
    question = {"question_id": "q", "category": "arena-hard-v0.1", "cluster": "ABC"}
    lines(folder / "question.jsonl", [{**question, "turns": [{"content": "ask"}]}])
    for model in ("gpt-4-0314", "gpt-4-1106", "new"):
        answer = answer_v1("q", model)
        answer["choices"][0]["turns"] = [{"content": f"I am {model}", "token_len": 3}]
        lines(folder / f"model_answer/{model}.jsonl", [answer])
    judged = {"question_id": "q", "model": "new", "judge": "gpt-4"}
    games = [{"user_prompt": "...", "judgment": "[[A>B]]", "score": "A>B"}] * 2
    lines(folder / "model_judgment/new.jsonl", [{**judged, "games": games}])
    (usual,), losses = imported(store, "arena-hard", folder)
    assert usual.draft.plan.baseline.name == "gpt-4-0314"
    assert losses.counts == {"models with answers and without a verdict": 1}
    (chosen,), _ = imported(store, "arena-hard", folder, baseline="gpt-4-1106")
    assert chosen.draft.plan.baseline.name == "gpt-4-1106"
    assert store.load(chosen.run.id).plan.prompts[0].subset == "ABC"


def test_each_baseline_makes_a_run_of_its_own(store, tmp_path):
    folder = arena_hard(tmp_path / "bench", 2)
    for model in ("gemini", "new"):
        lines(folder / f"model_answer/{model}-w.jsonl", [answer_v2("w", model)])
    judged = judged_v2("w", "new", "A>B", "B>A", baseline="gemini")
    lines(folder / "model_judgment/gpt-4.1/new-w.jsonl", [judged])
    runs, _ = imported(store, "arena-hard", folder, name="hard")
    assert [taken.draft.plan.suite for taken in runs] == ["hard/gemini", "hard/old"]
    assert [len(taken.draft.plan.prompts) for taken in runs] == [1, 2]


def test_judgments_whose_answers_nobody_gave_are_not_taken_over(store, tmp_path):
    folder = arena_hard(tmp_path / "bench", 2)
    with pytest.raises(OptionError) as caught:
        imported(store, "arena-hard", folder / "model_judgment")
    assert "holds nothing of arena-hard that can be taken over" in str(caught.value)
    assert "4 games without the answers that they are about: give these files too" in str(
        caught.value
    )
    assert not store.runs()


def test_answers_alone_make_a_run_without_gates(store, tmp_path):
    folder = arena_hard(tmp_path / "bench", 2)
    (taken,), _ = imported(store, "arena-hard", folder / "model_answer")
    assert taken.draft.plan.rules == ()
    assert len(store.load(taken.run.id).answers) == 4


def test_a_system_prompt_is_no_part_of_the_question(store, tmp_path):
    folder = arena_hard(tmp_path / "bench", 1)
    answer = answer_v2("q0", "new")
    answer["messages"].insert(0, message("system", "Be brief."))
    lines(folder / "model_answer/new.jsonl", [answer])
    (taken,), losses = imported(store, "arena-hard", folder)
    assert [one.role for one in taken.draft.plan.prompts[0].messages] == ["user"]
    assert losses.counts == {"texts of system prompts": 1}


def test_a_baseline_that_nobody_knows_is_named_with_the_near_one(store, tmp_path):
    folder = arena_hard(tmp_path / "bench", 2)
    with pytest.raises(OptionError, match="unknown model 'odl', did you mean 'old'"):
        imported(store, "arena-hard", folder, baseline="odl")
