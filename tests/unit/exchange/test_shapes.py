"""Answers and judgments in the shapes of other programs, read by the fields that these read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from arenatest.errors import OptionError
from arenatest.exchange.export import export
from arenatest.exchange.line_files import FileNames
from arenatest.model.judgment import Order
from arenatest.model.record import AnswerSlot, GameSlot
from unit.exchange.evidence import FORMULA, whole_plan, whole_run
from unit.store.records import answer, generation, placed

SHOWN = 'a\0b\ufffdc\u2028d\x85e\r\nf"g'
ROWS_OF = {"A>B": [1], "A>>B": [1], "A=B": [0.5], "B>A": [0], "B>>A": [0]}
"""What a verdict is worth for seat A where a clear one counts once."""


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def arena_hard_win_rate(path):
    """As Arena-Hard counts: the second game has the candidate in seat A, nulls drop the row."""
    scores = []
    for row in lines(path):
        first, second = (game["score"] for game in row["games"])
        if first is not None and second is not None:
            scores += ROWS_OF[second] + [1 - score for score in ROWS_OF[first]]
    return sum(scores) / len(scores)


def evalscope_win_rate(path):
    """As EvalScope counts: model_a is the candidate in the first game; no result, no battle."""
    scores = []
    for row in lines(path):
        battle = row["sample_score"]["score"]["metadata"].get("battle_result")
        if battle:
            first, second = battle["games"]
            assert (first["model_a"], first["model_b"]) == (second["model_b"], second["model_a"])
            scores += ROWS_OF[first["judgment"]]
            scores += [1 - score for score in ROWS_OF[second["judgment"]]]
    return sum(scores) / len(scores)


def test_arena_hard_gets_questions_answers_and_both_games(exported):
    folder, manifest = exported("arena-hard")
    data = folder / "data" / "support"
    assert [(row["uid"], row["category"]) for row in lines(data / "question.jsonl")] == [
        ("p0", "kids"),
        ("p1", "uncategorized"),
    ]
    answers = {row["uid"]: row for row in lines(data / "model_answer" / "new.jsonl")}
    assert answers["p0"]["messages"][-1] == {
        "role": "assistant",
        "content": {"thought": "thought", "answer": SHOWN},
    }
    assert answers["p0"]["metadata"]["token_len"] == 3
    row, _ = lines(data / "model_judgment" / "jury" / "new.jsonl")
    assert {name: row[name] for name in ("uid", "judge", "model", "baseline")} == {
        "uid": "p0",
        "judge": "jury",
        "model": "new",
        "baseline": "old",
    }
    assert [game["score"] for game in row["games"]] == ["B>A", "A>>B"]
    assert row["games"][0]["judgment"] == {"answer": "I say [[B>A]]"}
    (tie,) = lines(data / "model_judgment" / "jury" / "cheap.jsonl")
    assert [game["score"] for game in tie["games"]] == ["A=B", "A=B"]
    assert manifest.not_taken_over == [
        "5 places where a lone surrogate became U+FFFD",
        "1 failed answer",
        "1 battle of the golden set",
        "1 decision of gates",
        "2 values of metrics",
        "1 request under load",
        "3 events",
    ]


def test_style_is_counted_outside_of_code(store, tmp_path):
    text = "# One\n## Two\n- a\n* b\n1. c\n**bold** and __more__\n```\n# no\n- no\n```\n#no"
    made = [generation("s", owner="new", prompt="p2", answer=answer(text, usage=None))]
    plan = replace(
        whole_plan(),
        prompts=(replace(whole_plan().prompts[1], id="p2"),),
        hash="plan-2",
    )
    store.begin(plan, replace(whole_run(), id="run-2"), fresh=True, expire=0.0)
    store.write([*made, placed("s", run="run-2", slot=AnswerSlot("new", "p2"))])
    export(store, [store.run("run-2")], tmp_path / "out", form="arena-hard", now=1.0)
    (row,) = lines(tmp_path / "out" / "data" / "support" / "model_answer" / "new.jsonl")
    assert row["metadata"] == {
        "token_len": -(-len(text) // 4),
        "header_count": {"h1": 1, "h2": 1, "h3": 0, "h4": 0, "h5": 0, "h6": 0},
        "list_count": {"ordered": 1, "unordered": 2},
        "bold_count": {"**": 1, "__": 1},
    }


def test_evalscope_gets_predictions_reviews_and_battles(exported):
    folder, _ = exported("evalscope")
    old = lines(folder / "predictions" / "old" / "faq_geo.jsonl")
    assert old[0]["model_output"]["choices"][0]["message"]["content"] == FORMULA
    assert old[0]["model_output"]["usage"]["total_tokens"] == 15
    (new,) = lines(folder / "predictions" / "new" / "faq_geo.jsonl")
    assert new["model_output"]["choices"][0]["stop_reason"] == "max_tokens"
    assert [message["role"] for message in new["messages"]] == ["system", "user", "assistant"]
    (review,) = lines(folder / "reviews" / "cheap" / "faq_geo.jsonl")
    assert review["target"] == ["Paris"]
    assert review["sample_score"]["score"]["prediction"] == FORMULA
    pair = folder / "reviews" / "jury" / "general_arena_faq&geo@new&old.jsonl"
    (battle,) = lines(pair)
    assert battle["sample_score"]["score"]["metadata"]["battle_result"] == {
        "score": 1.0,
        "games": [
            {"model_a": "new", "model_b": "old", "judgment": "A>>B"},
            {"model_a": "old", "model_b": "new", "judgment": "B>A"},
        ],
    }
    report = json.loads((folder / "reports" / "jury" / "general_arena.json").read_text())
    (metric,) = report["metrics"]
    assert (metric["name"], metric["num"]) == ("win_rate", 3)
    subsets = {one["name"]: one["score"] for one in metric["categories"][0]["subsets"]}
    assert subsets == {
        "faq&geo@new&old": 1.0,
        "faq&geo@cheap&old": 0.5,
        "support&default@new&old": 0.5,
    }


def test_a_prompt_that_not_everybody_answered_has_predictions_but_no_review(exported):
    folder, manifest = exported("evalscope")
    assert lines(folder / "predictions" / "old" / "support_default.jsonl")
    assert not (folder / "reviews" / "old" / "support_default.jsonl").exists()
    told = "1 prompt without reviews, for not everybody answered"
    assert told in manifest.not_taken_over


def our_win_rate(store, judge, again):
    """The mean of both orders, for one judge and one of its repeats, equal answers being ties."""
    ledger, scores = store.load("run-1"), []
    for prompt in ledger.plan.prompts:
        for repeat in range(2):
            texts = {
                ledger.answers[AnswerSlot(n, prompt.id, repeat)].answer.text for n in ("old", "new")
            }
            slots = [GameSlot("new", prompt.id, repeat, judge, again, order) for order in Order]
            both = [ledger.judgments[slot].candidate_score(slot.order) for slot in slots]
            if len(texts) == 1:
                scores.append(0.5)
            elif None not in both:
                scores.append(sum(both) / 2)
    return sum(scores) / len(scores)


@pytest.mark.parametrize(
    ("judge", "again", "name"),
    [("jury", 0, "jury"), ("jury", 1, "jury~2"), ("second", 0, "second")],
)
def test_arena_hard_counts_the_same_win_rate(judged_store, tmp_path, judge, again, name):
    runs = judged_store.runs()
    manifest = export(judged_store, runs, tmp_path / "out", form="arena-hard", now=1.0)
    path = tmp_path / "out" / "data" / "support" / "model_judgment" / name / "new.jsonl"
    assert arena_hard_win_rate(path) == pytest.approx(our_win_rate(judged_store, judge, again))
    assert len({row["uid"] for row in lines(path)}) == len(lines(path)) == 24
    told = "2 void judgments with which Arena-Hard drops a battle"
    assert told in manifest.not_taken_over


def test_evalscope_counts_the_same_win_rate_and_knows_voids(judged_store, tmp_path):
    export(judged_store, judged_store.runs(), tmp_path / "out", form="evalscope", now=1.0)
    folder = tmp_path / "out" / "reviews" / "second"
    path = folder / "general_arena_support&default@new&old.jsonl"
    assert evalscope_win_rate(path) == pytest.approx(our_win_rate(judged_store, "second", 0))
    scores = [row["sample_score"]["score"] for row in lines(path)]
    assert sum(score.get("status") == "parse_error" for score in scores) == 2
    assert [row["index"] for row in lines(path)] == list(range(24))
    again = tmp_path / "out" / "reviews" / "jury~2" / path.name
    assert evalscope_win_rate(again) == pytest.approx(our_win_rate(judged_store, "jury", 1))
    judges = {
        row["sample_score"]["score"]["judge_summary"]["judge_models"][0] for row in lines(again)
    }
    assert judges == {"jury~2"}


@pytest.mark.parametrize("form", ["evalscope", "arena-hard"])
def test_these_shapes_hold_one_run(store, tmp_path, form):
    store.begin(whole_plan(), replace(whole_run(), id="run-2"), fresh=True, expire=0.0)
    with pytest.raises(OptionError, match="got 2 runs, expected one"):
        export(store, store.runs(), tmp_path / "out", form=form, now=1.0)
    assert not (tmp_path / "out").exists()


def test_names_become_files_that_every_system_tells_apart():
    names = FileNames()
    assert [names[name] for name in ("a/b", "A-b", "a b", "..", "ok", "a/b")] == [
        "a-b",
        "A-b-2",
        "a-b-3",
        "_",
        "ok",
        "a-b",
    ]
    assert names.changed == 4
