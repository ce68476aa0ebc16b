import json

import pytest

from arenatest.model.record import AnswerSlot
from unit.imports.shapes import annotated, imported


def annotations(folder, *records):
    file = folder / "annotations.json"
    file.write_text(json.dumps(records, indent=2))
    return file


def test_preferences_stay_the_numbers_that_they_are(store, tmp_path):
    preferences = [1.0, 1.0145, 1.5, 1.75, 2.0]
    file = annotations(tmp_path, *(annotated(f"do {p}", p) for p in preferences))
    (taken,), _ = imported(store, "alpaca-eval", file)
    ledger = store.load(taken.run.id)
    assert ledger.plan.baseline.name == "gpt4_1106_preview"
    assert not ledger.judgments, "an annotator saw one order, and nobody wrote down which"
    values = [one.value for one in ledger.measurements.values()]
    assert sorted(values) == pytest.approx([p - 1 for p in preferences])
    assert taken.figures[0].value == pytest.approx(sum(preferences) / 5 - 1)


def test_the_win_rate_is_that_of_the_leaderboard_the_mean_of_preferences(store, tmp_path):
    file = annotations(tmp_path, *(annotated(f"do {n}", 1.0 + n / 7) for n in range(8)))
    (taken,), _ = imported(store, "alpaca-eval", file)
    assert (taken.figures[0].value, taken.figures[0].n) == (pytest.approx(0.5), 8)


@pytest.mark.parametrize("nothing", [None, -1, 0.0, float("nan")])
def test_an_annotator_without_a_preference_is_void_and_never_a_tie(store, tmp_path, nothing):
    file = annotations(tmp_path, annotated("do", nothing), annotated("also", 2))
    (taken,), _ = imported(store, "alpaca-eval", file)
    measured = {one.value for one in store.load(taken.run.id).measurements.values()}
    assert measured == {None, 1.0}


@pytest.mark.parametrize("wrong", [2.5, "2.1", [2], True])
def test_a_preference_beyond_1_to_2_is_named_and_does_not_lose_the_others(store, tmp_path, wrong):
    file = annotations(tmp_path, annotated("do", wrong), annotated("also", 1.25))
    (taken,), losses = imported(store, "alpaca-eval", file)
    assert len(taken.draft.plan.prompts) == 1
    shown = "a list" if wrong == [2] else repr(wrong)
    problem = f"{file}:2: preference: got {shown}, expected a number from 1 to 2"
    assert list(losses.lines()) == ["1 record that cannot be read", f"  {problem}"]


def test_outputs_are_answers_and_find_their_annotations_by_the_instruction(store, tmp_path):
    outputs = tmp_path / "model_outputs.json"
    said = {"instruction": "do", "output": "output of do", "generator": "mine"}
    outputs.write_text(json.dumps([{**said, "dataset": "koala", "datasplit": "eval"}]))
    file = annotations(tmp_path, annotated("do", 1.25))
    (taken,), losses = imported(store, "alpaca-eval", outputs, file)
    ledger = store.load(taken.run.id)
    (prompt,) = ledger.plan.prompts
    assert ledger.answers[AnswerSlot("mine", prompt.id)].answer.text == "output of do"
    assert not losses.counts


def test_what_annotations_cost_is_told_as_lost(store, tmp_path):
    priced = annotated("do", 1.25, price_per_example=0.00846, time_per_example=0.17)
    _, losses = imported(store, "alpaca-eval", annotations(tmp_path, priced))
    assert losses.counts == {"prices of annotations, with their times": 1}
