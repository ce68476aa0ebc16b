import json

import pytest

from arenatest.model.prompt import Message
from fakes.suites import PROMPTS, changed, load


def prompts(folder, table, files):
    """The prompts of a suite with these tables, in the order of the file."""
    found = load(folder, changed((PROMPTS, table)), files).plan.prompts
    return sorted(found, key=lambda prompt: (prompt.dataset or "", prompt.id))


def dataset(rest="", path="d.jsonl"):
    return f'[[datasets]]\npath = "{path}"\n{rest}\n'


def rows(*records):
    return {"d.jsonl": "".join(json.dumps(record) + "\n" for record in records)}


FULL = {
    "id": "a",
    "query": "Q?",
    "response": "R",
    "category": "c",
    "tags": ["x", "y"],
    "family": "f",
    "subset": "s",
    "other": 5,
}


def test_a_record_becomes_a_prompt(tmp_path):
    (prompt,) = prompts(tmp_path, dataset(), rows(FULL))
    assert prompt.id == "a"
    assert prompt.messages == (Message(role="user", content="Q?"),)
    assert prompt.reference == "R"
    assert (prompt.dataset, prompt.subset, prompt.category) == ("d", "s", "c")
    assert (prompt.tags, prompt.family) == (("x", "y"), "f")
    assert (prompt.conversation, prompt.turn, prompt.system) == (None, 0, None)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("d.jsonl", '{"query": "a b", "response": "5"}\n\n{"query": "c", "response": null}\n'),
        ("d.json", '[{"query": "a b", "response": "5"}, {"query": "c"}]'),
        ("d.csv", 'query,response\r\na b,5\r\n\r\n"c",\r\n'),
        ("d.csv", '\ufeffquery,response\na b,5\nc,""\n'),
        ("d.NDJSON", '{"query": "a b", "response": "5"}\n{"query": "c"}'),
    ],
)
def test_every_format_gives_the_same_prompts(tmp_path, name, content):
    first, second = prompts(tmp_path, dataset(path=name), {name: content})
    assert (first.id, first.text, first.reference) == ("d-1", "a b", "5")
    assert (second.id, second.text, second.reference) == ("d-2", "c", None)


def test_names_of_fields_are_mapped(tmp_path):
    table = dataset('fields = { query = "question", response = "answer", id = "nr", tags = "t" }')
    (prompt,) = prompts(
        tmp_path, table, rows({"question": "a", "answer": "b", "nr": 7, "t": "x; y, z"})
    )
    assert (prompt.id, prompt.text, prompt.reference) == ("7", "a", "b")
    assert prompt.tags == ("x", "y", "z")


def test_a_mapped_question_hides_the_others(tmp_path):
    table = dataset('fields = { query = "question" }')
    (prompt,) = prompts(tmp_path, table, rows({"question": "a", "query": "b", "messages": 3}))
    assert prompt.text == "a"


def test_a_dataset_gives_category_tags_and_name(tmp_path):
    table = dataset('name = "main"\ncategory = "all"\ntags = ["x", "new"]')
    first, second = prompts(tmp_path, table, rows(FULL, {"query": "b"}))
    assert (first.category, first.tags, first.dataset) == ("c", ("x", "new", "y"), "main")
    assert (second.id, second.category, second.tags) == ("main-2", "all", ("x", "new"))


def test_messages_are_kept(tmp_path):
    messages = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b"},
        {"role": "user", "content": "c"},
    ]
    (prompt,) = prompts(tmp_path, dataset(), rows({"messages": messages}))
    assert [(m.role, m.content) for m in prompt.messages] == [
        ("system", "s"),
        ("user", "a"),
        ("assistant", "b"),
        ("user", "c"),
    ]
    assert prompt.text == "c"


def test_turns_become_prompts_of_one_conversation(tmp_path):
    first, second = prompts(
        tmp_path, dataset(), rows({"id": "t", "turns": ["a", "b"], "response": [None, "r"]})
    )
    assert (first.id, second.id) == ("t/1", "t/2")
    assert first.conversation == second.conversation == "t"
    assert (first.turn, second.turn) == (0, 1)
    assert [m.content for m in first.messages] == ["a"]
    assert [m.content for m in second.messages] == ["a", "b"]
    assert (first.reference, second.reference) == (None, "r")
    assert first.cluster == second.cluster == "conversation:t"


def test_csv_holds_turns_as_json(tmp_path):
    csv = 'turns,response\n"[""a"", ""b""]","[""1"", ""2""]"\n'
    found = prompts(tmp_path, dataset(path="d.csv"), {"d.csv": csv})
    assert [(prompt.text, prompt.reference) for prompt in found] == [("a", "1"), ("b", "2")]


def test_limit_takes_the_first_records(tmp_path):
    found = prompts(tmp_path, dataset("limit = 2"), rows(*({"query": str(n)} for n in range(5))))
    assert [prompt.text for prompt in found] == ["0", "1"]


def test_a_subset_takes_its_records_alone_and_keeps_their_ids(tmp_path):
    records = [{"query": str(n), "subset": "ab"[n % 2]} for n in range(5)]
    found = prompts(tmp_path, dataset('subset = "b"\nlimit = 2'), rows(*records))
    assert [(prompt.id, prompt.text) for prompt in found] == [("d-2", "1"), ("d-4", "3")]


def test_a_sample_is_drawn_by_the_seed(tmp_path):
    records = rows(*({"query": str(n)} for n in range(50)))

    def sample(seed):
        table = f"[run]\nseed = {seed}\n\n" + dataset("sample = 10")
        return {prompt.id for prompt in prompts(tmp_path, table, records)}

    assert len(sample(1)) == 10
    assert sample(1) == sample(1)
    assert sample(1) != sample(2)


def test_a_sample_larger_than_its_dataset_is_a_mistake(tmp_path):
    with pytest.raises(Exception, match="got 3, expected at most the 2 records of suites/d"):
        prompts(tmp_path, dataset("sample = 3"), rows({"query": "a"}, {"query": "b"}))


def test_an_unknown_subset_is_a_mistake(tmp_path):
    expected = r":6: datasets\[0\].subset: suites/d.jsonl has no records of this subset"
    with pytest.raises(Exception, match=expected):
        prompts(tmp_path, dataset('subset = "z"'), rows(FULL))


def test_inline_prompts_and_datasets_go_together(tmp_path):
    table = '[[prompts]]\nquery = "first"\n\n' + dataset()
    found = prompts(tmp_path, table, rows(FULL))
    assert [(prompt.id, prompt.dataset) for prompt in found] == [("prompt-1", None), ("a", "d")]


def test_a_line_separator_inside_json_is_no_line_end(tmp_path):
    files = {"d.jsonl": '{"query": "a\u2028b"}\n'}
    (prompt,) = prompts(tmp_path, dataset(), files)
    assert prompt.text == "a\u2028b"


def test_a_dataset_may_lie_in_another_folder(tmp_path):
    (tmp_path / "data.jsonl").write_text('{"query": 1}\n')
    with pytest.raises(Exception, match=r"^data\.jsonl:1: query: got 1"):
        prompts(tmp_path, dataset(path="../data.jsonl"), {})
