from __future__ import annotations

import json
from pathlib import Path

import pytest

from arenatest.model.judgment import Order, Verdict
from arenatest.model.record import AnswerSlot, GameSlot, MetricSlot
from unit.imports.shapes import imported, lines, message

PAIR = "general_arena_general_qa&example@plus&base.jsonl"


def battle(index, *labels, **score):
    """A review of general_arena, as EvalScope 1.14 writes it."""
    seats = (("plus", "base"), ("base", "plus"))
    games = [
        {"model_a": a, "model_b": b, "judgment": label}
        for (a, b), label in zip(seats, labels, strict=False)
    ]
    return {
        "index": index,
        "target": [f"base says {index}"],
        "messages": [message("user", f"ask {index}"), message("assistant", "...")],
        "sample_score": {
            "score": {
                "value": {"score": 0.75},
                "status": "success",
                "extracted_prediction": f"plus says {index}",
                "prediction": f"plus says {index}",
                "explanation": "because",
                "metadata": {"battle_result": {"score": 0.75, "games": games}},
                "judge_summary": {"status": "success", "judge_models": ["qwen-max"]},
                **score,
            },
            "sample_id": index,
            "sample_metadata": {
                "answer_1": f"plus says {index}",
                "model_1": "plus",
                "model_2": "base",
            },
        },
    }


def slot(index, order):
    return GameSlot("plus", f"general_qa_example/{index}", 0, "qwen-max", 0, order)


def test_battles_of_general_arena_are_games_in_both_orders(store, tmp_path):
    lines(tmp_path / "out/reviews/Arena" / PAIR, [battle(n, "A>B", "B>>A") for n in range(3)])
    (taken,), losses = imported(store, "evalscope", tmp_path / "out")
    ledger = store.load(taken.run.id)
    assert ledger.plan.baseline.name == "base"
    assert (ledger.plan.prompts[0].dataset, ledger.plan.prompts[0].subset) == (
        "general_qa",
        "example",
    )
    assert ledger.judgments[slot(1, Order.CANDIDATE_FIRST)].verdict is Verdict.A_BETTER
    assert ledger.judgments[slot(1, Order.BASELINE_FIRST)].verdict is Verdict.B_MUCH_BETTER
    assert ledger.answers[AnswerSlot("base", "general_qa_example/1")].answer.text == "base says 1"
    assert taken.figures[0].value == 1.0
    assert not losses.counts


def test_a_battle_that_evalscope_left_out_is_void_and_does_not_vanish(store, tmp_path):
    unused = battle(0, value={}, status="excluded", metadata={}, judge_summary=None)
    lines(tmp_path / "out/reviews/Arena" / PAIR, [unused, battle(1, "A>B", "B>A")])
    (taken,), _ = imported(store, "evalscope", tmp_path / "out")
    ledger = store.load(taken.run.id)
    assert [seat.name for seat in ledger.plan.judges] == ["qwen-max"]
    assert ledger.judgments[slot(0, Order.BASELINE_FIRST)].void == "unparsed"
    assert taken.decisions[0].planned == 2


def test_a_battle_without_a_swap_is_a_preference(store, tmp_path):
    lines(tmp_path / "out/reviews/Arena" / PAIR, [battle(0, "B>A")])
    (taken,), _ = imported(store, "evalscope", tmp_path / "out")
    ledger = store.load(taken.run.id)
    assert not ledger.judgments
    assert [one.value for one in ledger.measurements.values()] == [0.0]


def reviewed(index, value, **fields):
    score = {"value": value, "prediction": f"It is {index}.", "extracted_prediction": str(index)}
    sample = {"score": score, "sample_id": index, "group_id": index, "sample_metadata": {}}
    return {"index": index, "target": str(index), "sample_score": sample, **fields}


def test_reviews_are_answers_with_the_numbers_they_were_given(store, tmp_path):
    asked = {"input": "**User**: \nWhat is 3?"}
    lines(tmp_path / "out/reviews/plus/gsm8k_main.jsonl", [reviewed(3, {"acc": 1.0}, **asked)])
    (taken,), _ = imported(store, "evalscope", tmp_path / "out")
    ledger = store.load(taken.run.id)
    (prompt,) = ledger.plan.prompts
    assert (prompt.id, prompt.text, prompt.reference) == ("gsm8k_main/3", "What is 3?", "3")
    assert ledger.measurements[MetricSlot("acc", "plus", "gsm8k_main/3")].value == 1.0
    assert ledger.answers[AnswerSlot("plus", "gsm8k_main/3")].answer.text == "It is 3."


def predicted(index, **output):
    said = {"role": "assistant", "content": f"It is {index}."}
    perf = {"latency": 1.5, "ttft": 0.3, "tpot": 0.02, "input_tokens": 9, "output_tokens": 5}
    choice = {"message": {**said, "perf_metrics": perf}, "stop_reason": "max_tokens"}
    return {
        "index": index,
        "model": "plus",
        "model_output": {
            "model": "plus-2025",
            "choices": [choice],
            "usage": {"input_tokens": 9, "output_tokens": 5, "total_tokens": 14},
            "time": 1.5,
            **output,
        },
        "messages": [message("user", f"What is {index}?"), said],
    }


def test_predictions_bring_clocks_that_no_gate_may_rest_on(store, tmp_path):
    lines(tmp_path / "out/predictions/plus/gsm8k_main.jsonl", [predicted(3)])
    lines(tmp_path / "out/reviews/plus/gsm8k_main.jsonl", [reviewed(3, {"acc": 1.0})])
    (taken,), losses = imported(store, "evalscope", tmp_path / "out")
    answer = store.load(taken.run.id).timings[AnswerSlot("plus", "gsm8k_main/3")].answer
    assert (answer.timing.source, answer.timing.ttft, answer.timing.e2e) == ("unfit", 0.3, 1.5)
    assert (answer.usage.output_tokens, answer.finish, answer.model) == (5, "length", "plus-2025")
    assert not losses.counts


def test_an_error_is_a_failure_and_its_prompt_stays(store, tmp_path):
    failed = predicted(3, choices=[], error="moderated")
    lines(tmp_path / "out/predictions/plus/gsm8k_main.jsonl", [failed])
    (taken,), _ = imported(store, "evalscope", tmp_path / "out")
    answer = store.load(taken.run.id).answers[AnswerSlot("plus", "gsm8k_main/3")].answer
    assert (answer.failure.kind, answer.failure.message) == ("provider", "moderated")


def test_reports_are_told_as_not_taken_over(store, tmp_path):
    report = tmp_path / "out/reports/plus/general_arena.json"
    report.parent.mkdir(parents=True)
    report.write_text(json.dumps({"name": "plus", "metrics": []}))
    lines(tmp_path / "out/reviews/Arena" / PAIR, [battle(0, "A>B", "B>A")])
    _, losses = imported(store, "evalscope", tmp_path / "out")
    assert losses.counts == {"reports: figures are computed again from the reviews": 1}


@pytest.mark.parametrize("name", ["general_arena_x.jsonl", "general_arena_a&b.jsonl"])
def test_a_battle_in_a_file_of_another_name_is_named(store, tmp_path, name):
    lines(tmp_path / "out/reviews/Arena" / name, [battle(0, "A>B", "B>A")])
    lines(tmp_path / "out/reviews/Arena" / PAIR, [battle(0, "A>B", "B>A")])
    _, losses = imported(store, "evalscope", tmp_path / "out")
    assert losses.counts == {"records that cannot be read": 1}


def test_a_folder_named_reports_above_hides_nothing(store, tmp_path, monkeypatch):
    folder = tmp_path / "reports/evalscope/reviews/plus"
    lines(folder / "gsm8k_main.jsonl", [reviewed(3, {"acc": 1.0})])
    monkeypatch.chdir(folder)
    (taken,), losses = imported(store, "evalscope", Path("gsm8k_main.jsonl"))
    assert taken.draft.plan.baseline.name == "plus"
    assert not losses.counts
