import pytest

from arenatest.model.judgment import Order, Verdict
from arenatest.model.record import AnswerSlot, GameSlot, MetricSlot
from unit.imports.shapes import answer_v1, compared, conversation, imported, lines, vote

MODELS = ("alpaca-13b", "gpt-4")


@pytest.fixture
def bench(tmp_path):
    folder = tmp_path / "mt_bench"
    questions = [
        {"question_id": 81, "category": "writing", "turns": ["Write.", "Again."]},
        {
            "question_id": 101,
            "category": "reasoning",
            "turns": ["Who?", "Why?"],
            "reference": ["Me.", "So."],
        },
    ]
    lines(folder / "question.jsonl", questions)
    for model in MODELS:
        answers = (answer_v1(q, model, f"{model} {q}", f"{model} {q} again") for q in (81, 101))
        lines(folder / f"model_answer/{model}.jsonl", answers)
    return folder


def judged(bench, *records, name="gpt-4_pair"):
    return lines(bench / f"model_judgment/{name}.jsonl", records)


def test_a_turn_is_a_prompt_of_its_conversation(store, bench):
    both = [compared(q, "model_2", "model_2", turn=t) for q in (81, 101) for t in (1, 2)]
    judged(bench, *both)
    (taken,), losses = imported(store, "mt-bench", bench)
    prompts = {prompt.id: prompt for prompt in taken.draft.plan.prompts}
    assert sorted(prompts) == ["101/1", "101/2", "81/1", "81/2"]
    assert [m.content for m in prompts["101/2"].messages] == ["Who?", "Why?"]
    assert (prompts["101/2"].reference, prompts["101/2"].turn) == ("So.", 1)
    assert prompts["81/1"].conversation == "81"
    ledger = store.load(taken.run.id)
    assert ledger.answers[AnswerSlot("gpt-4", "81/2")].answer.text == "gpt-4 81 again"
    assert not losses.counts


def test_winners_are_un_swapped_game_1_has_model_1_in_seat_a(store, bench):
    judged(bench, compared(81, "model_2", "model_2"))
    (taken,), _ = imported(store, "mt-bench", bench, baseline="alpaca-13b")
    said = store.load(taken.run.id).judgments
    slot = ("gpt-4", "81/1", 0, "gpt-4/pair-v2", 0)
    assert said[GameSlot(*slot, Order.BASELINE_FIRST)].verdict is Verdict.B_BETTER
    assert said[GameSlot(*slot, Order.CANDIDATE_FIRST)].verdict is Verdict.A_BETTER
    assert said[GameSlot(*slot, Order.CANDIDATE_FIRST)].explanation == "second [[A]]"
    assert taken.figures[0].value == 1.0


@pytest.mark.parametrize(("words", "cause"), [("nothing to read", "unparsed"), ("$ERROR$", "call")])
def test_an_error_is_void_and_says_whose(store, bench, words, cause):
    judged(bench, compared(81, "error", "tie", g1_judgment=words))
    (taken,), _ = imported(store, "mt-bench", bench, baseline="alpaca-13b")
    slot = GameSlot("gpt-4", "81/1", 0, "gpt-4/pair-v2", 0, Order.BASELINE_FIRST)
    assert store.load(taken.run.id).judgments[slot].void == cause


def test_grades_are_numbers_of_answers_and_no_games(store, bench):
    grade = {"judge": ["gpt-4", "single-v1"], "user_prompt": "...", "judgment": "[[9]]"}
    graded = [
        {"question_id": 81, "model": model, "score": score, "turn": 1, "tstamp": 1.0, **grade}
        for model, score in zip(MODELS, (-1, 9.5), strict=True)
    ]
    judged(bench, *graded, name="gpt-4_single")
    (taken,), _ = imported(store, "mt-bench", bench)
    ledger = store.load(taken.run.id)
    name = "grade of gpt-4/single-v1"
    assert [(m.name, m.range) for m in ledger.plan.metrics] == [(name, (1.0, 10.0))]
    assert ledger.measurements[MetricSlot(name, "gpt-4", "81/1")].value == 9.5
    assert ledger.measurements[MetricSlot(name, "alpaca-13b", "81/1")].value is None
    assert ledger.plan.rules == ()


def test_pairs_that_were_made_of_two_grades_are_grades(store, bench):
    judged(bench, compared(81, "model_2", "model_2", m1_score=3, m2_score=9))
    (taken,), _ = imported(store, "mt-bench", bench)
    values = [one.value for one in store.load(taken.run.id).measurements.values()]
    assert sorted(values) == [3.0, 9.0]


def test_what_an_api_failed_to_answer_is_a_failure(store, bench):
    lines(bench / "model_answer/alpaca-13b.jsonl", [answer_v1(81, "alpaca-13b", "$ERROR$", "no")])
    judged(bench, compared(81, "model_2", "model_2"))
    (taken,), _ = imported(store, "mt-bench", bench)
    answer = store.load(taken.run.id).answers[AnswerSlot("alpaca-13b", "81/1")].answer
    assert (answer.ok, answer.failure.kind) == (False, "provider")


def test_peoples_votes_on_a_turn_land_on_its_prompt(store, bench):
    said = [
        vote("81", *MODELS, "model_b", judge="author_0", turn=2),
        vote("81", *MODELS, "tie", judge="author_1", turn=2),
    ]
    talk = conversation("Write.", "x", "Again.", "y")
    judged(bench, *({**v, "conversation_a": talk, "conversation_b": talk} for v in said))
    (taken,), _ = imported(store, "mt-bench", bench, baseline="alpaca-13b")
    measured = store.load(taken.run.id).measurements
    votes = {slot.prompt: one.value for slot, one in measured.items() if slot.metric == "votes"}
    assert votes == {"81/2": 1.0, "81/2~2": 0.5}
    assert taken.figures[0].n == 1, "two votes on one question are one cluster"
