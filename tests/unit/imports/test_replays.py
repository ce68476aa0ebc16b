import json

import pytest

from arenatest import judges, metrics, providers
from arenatest.errors import OptionError
from arenatest.suite.kinds import Kinds
from arenatest.suite.load import load_suite
from unit.imports.shapes import (
    answer_v2,
    arena_hard,
    asked_v2,
    conversation,
    generation,
    imported,
    lines,
    vote,
)

KINDS = Kinds(
    providers=providers.pytest_arena_providers(),
    judges=judges.pytest_arena_judges(),
    metrics=metrics.pytest_arena_metrics(),
)
SUITE = """
[suite]
name = "again"
[[datasets]]
path = "elsewhere/prompts.jsonl"
[baseline]
name = "{old}"
provider = "replay"
path = "elsewhere/{old}.jsonl"
[[candidates]]
name = "{new}"
provider = "replay"
path = "elsewhere/{new}.jsonl"
[[judges]]
kind = "reference"
[[gates]]
metric = "win_rate"
min = 0.45
{more}
"""


def records(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def suite(folder, old, new, more=""):
    path = folder / "again.arena.toml"
    path.write_text(SUITE.format(old=old, new=new, more=more))
    return load_suite(path, root=folder, kinds=KINDS)


def test_a_suite_loads_the_prompts_and_the_answers_of_both(store, tmp_path):
    imported(store, "arena-hard", arena_hard(tmp_path / "bench"), answers_to=tmp_path / "elsewhere")
    plan = suite(tmp_path, "old", "new").plan
    assert sorted(prompt.id for prompt in plan.prompts) == ["q0", "q1", "q2"]
    assert {prompt.category for prompt in plan.prompts} == {"hard_prompt"}
    said = {one["prompt_id"]: one["text"] for one in records(tmp_path / "elsewhere/new.jsonl")}
    assert said == {f"q{n}": f"new on q{n}" for n in range(3)}


def test_votes_are_labels_of_the_suite_and_turns_its_conversations(store, tmp_path):
    talk = conversation("Hi", "Hello", "More", "Good")
    said = [
        vote("q", "a", "b", winner, judge=f"user_{n}", conversation_a=talk, conversation_b=talk)
        for n, winner in enumerate(["model_a", "model_b", "tie"])
    ]
    file = lines(tmp_path / "votes.jsonl", ({**one, "turn": 2} for one in said))
    imported(store, "lmsys", file, baseline="a", answers_to=tmp_path / "elsewhere")
    plan = suite(tmp_path, "a", "b", '[labels]\npath = "elsewhere/labels/b.jsonl"').plan
    assert [prompt.id for prompt in plan.prompts] == ["q/1", "q/2"]
    assert [(one.prompt, one.score, one.annotator) for one in plan.labels] == [
        ("q/2", 0.0, "user_0"),
        ("q/2", 1.0, "user_1"),
        ("q/2", 0.5, "user_2"),
    ]


def test_clocks_of_others_are_not_handed_to_a_suite(store, tmp_path):
    file = lines(tmp_path / "o.jsonl", [generation("o1")])
    imported(store, "langfuse", file, answers_to=tmp_path / "elsewhere")
    (answer,) = records(tmp_path / "elsewhere/gpt-4o.jsonl")
    assert "timing" not in answer
    assert answer["usage"] == {"input_tokens": 12, "output_tokens": 6, "cached_tokens": 4}


@pytest.mark.parametrize(
    "names", [("a/b", "a:b"), ("A", "a"), ("../x", "..", "."), ("prompts", "labels"), ("x" * 300,)]
)
def test_every_model_gets_a_file_of_its_own_inside_the_folder(store, tmp_path, names):
    folder = tmp_path / "bench"
    lines(folder / "question.jsonl", [asked_v2("q")])
    lines(folder / "answers.jsonl", (answer_v2("q", name) for name in names))
    imported(store, "arena-hard", folder, answers_to=tmp_path / "elsewhere")
    found = {file.name for file in (tmp_path / "elsewhere").iterdir()} - {"prompts.jsonl"}
    assert len({name.casefold() for name in found}) == len(names)
    said = {records(tmp_path / "elsewhere" / name)[0]["text"] for name in found}
    assert said == {f"{name} on q" for name in names}


def test_a_folder_with_something_in_it_is_left_alone_and_nothing_is_imported(store, tmp_path):
    precious = lines(tmp_path / "elsewhere/mine.jsonl", [{}])
    with pytest.raises(OptionError, match="is not empty"):
        imported(store, "arena-hard", arena_hard(tmp_path / "bench"), answers_to=precious.parent)
    assert [file.name for file in precious.parent.iterdir()] == ["mine.jsonl"]
    assert not store.runs()
