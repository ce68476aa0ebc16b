"""Mistakes in the files of prompts are one line with file and line: the exact messages."""

import pytest

from fakes.suites import PROMPTS, changed, message

DATASET = (PROMPTS, '[[datasets]]\npath = "d.jsonl"\n')


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {}, "suites/x.arena.toml:5: datasets[0].path: no such file: 'd.jsonl'", id="missing"
        ),
        pytest.param(
            {"d.json": "[]"},
            "suites/x.arena.toml:5: datasets[0].path: no such file: 'd.jsonl', did you mean "
            "'d.json'?",
            id="near file",
        ),
        pytest.param(
            {"d.jsonl": '{"query": ' + "[" * 100_000 + "]" * 100_000 + "}"},
            "suites/d.jsonl:1: not valid JSON: nested too deeply",
            id="nested",
        ),
        pytest.param(
            {"d.jsonl": '{"query": 1' + "0" * 5000 + "}"},
            "suites/d.jsonl:1: not valid JSON: a number of too many digits",
            id="endless number",
        ),
        pytest.param(
            {"d.jsonl": "\n\n"},
            "suites/x.arena.toml:5: datasets[0].path: suites/d.jsonl has no records",
            id="empty",
        ),
        pytest.param(
            {"d.jsonl": '{"query": "a"}\n\n{"query": "b"'},
            "suites/d.jsonl:3: not valid JSON: Expecting ',' delimiter (column 14)",
            id="bad line",
        ),
        pytest.param(
            {"d.jsonl": '{"query": "a"}\n{"query": "b", "id": "x", "query": "b"}'},
            "suites/d.jsonl:2: has the key 'query' twice",
            id="key twice",
        ),
        pytest.param(
            {"d.jsonl": '{"messages": [{"role": "user", "role": "user", "content": "a"}]}'},
            "suites/d.jsonl:1: has the key 'role' twice",
            id="key twice inside",
        ),
        pytest.param(
            {"d.jsonl": '{"query": "a"}\n[1]'},
            "suites/d.jsonl:2: got a list, expected a JSON object",
            id="no object",
        ),
        pytest.param(
            {"d.jsonl": '{"query": 7}'},
            "suites/d.jsonl:1: query: got 7, expected text in quotes",
            id="number for a question",
        ),
        pytest.param(
            {"d.jsonl": '{"query": "a", "response": 7}'},
            "suites/d.jsonl:1: response: got 7, expected text in quotes",
            id="number for an answer",
        ),
        pytest.param(
            {"d.jsonl": '{"query": " "}'}, "suites/d.jsonl:1: query: is empty", id="blank"
        ),
        pytest.param(
            {"d.jsonl": '{"question": "a"}'},
            "suites/d.jsonl:1: has no query, messages or turns\n"
            "  hint: found 'question'; map them: fields = { query = \"...\" }",
            id="other names",
        ),
        pytest.param(
            {"d.jsonl": '{"query": "a", "id": "x"}\n{"query": "b", "id": "x"}'},
            "suites/d.jsonl:2: id: duplicate prompt id 'x', first used by suites/d.jsonl:1",
            id="duplicate id",
        ),
        pytest.param(
            {"d.jsonl": b'{"query": "a"}\n{"query": "\xff"}'},
            "suites/d.jsonl:2: not UTF-8: byte 0xff",
            id="not UTF-8",
        ),
        pytest.param(
            {"d.jsonl": '{"query": "\\ud800"}'},
            "suites/d.jsonl:1: query: holds half of a surrogate pair, which is no text",
            id="surrogate",
        ),
        pytest.param(
            {"d.jsonl": '{"messages": [{"role": "bot", "content": "x"}]}'},
            "suites/d.jsonl:1: messages[0].role: unknown role 'bot', expected one of 'assistant', "
            "'system', 'user'",
            id="unknown role",
        ),
        pytest.param(
            {"d.jsonl": '{"messages": [{"role": "user", "content": [{"type": "image"}]}]}'},
            "suites/d.jsonl:1: messages[0].content: got a list, expected text in quotes",
            id="content that is no text",
        ),
        pytest.param(
            {"d.jsonl": '{"messages": [{"role": "assistant", "content": "x"}]}'},
            "suites/d.jsonl:1: messages: the last message is the assistant's, expected the "
            "user's\n  hint: a known answer belongs in response",
            id="assistant last",
        ),
        pytest.param(
            {"d.jsonl": '{"turns": ["a", "b"], "response": ["c"]}'},
            "suites/d.jsonl:1: response: got 1 texts, expected a list of 2 texts, one for each "
            "turn",
            id="too few answers",
        ),
    ],
)
def test_a_mistake_in_a_dataset_names_its_file_and_line(tmp_path, files, expected):
    assert message(tmp_path, changed(DATASET), files) == expected


def test_what_is_no_file_is_no_dataset(tmp_path):
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites/d.jsonl").symlink_to("d.jsonl")
    found = message(tmp_path, changed(DATASET))
    assert found.endswith("datasets[0].path: 'd.jsonl' is no file that can be read")
    text = changed((PROMPTS, '[[datasets]]\npath = ".."\n'))
    assert message(tmp_path, text).endswith("datasets[0].path: '..' is a folder")


def test_a_bad_row_of_a_csv_file_is_named(tmp_path):
    text = changed((PROMPTS, '[[datasets]]\npath = "d.csv"\n'))
    files = {"d.csv": 'query,response\n"two\nlines",b\na\n'}
    found = message(tmp_path, text, files)
    assert found == "suites/d.csv:4: got 1 cells, expected the 2 of the header"


def test_a_file_of_another_kind_is_refused(tmp_path):
    text = changed((PROMPTS, '[[datasets]]\npath = "d.txt"\n'))
    expected = "datasets[0]: got '.txt', expected a file in .jsonl, .json or .csv"
    assert message(tmp_path, text, {"d.txt": "x"}).endswith(expected)


def test_the_same_file_twice_gives_duplicate_ids(tmp_path):
    dataset = '[[datasets]]\npath = "d.jsonl"\n'
    text = changed((PROMPTS, dataset + dataset))
    expected = "suites/d.jsonl:1: id: duplicate prompt id 'd-1', first used by suites/d.jsonl:1"
    assert message(tmp_path, text, {"d.jsonl": '{"query": "a"}'}) == expected


def test_only_some_of_many_bad_records_are_shown(tmp_path):
    found = message(tmp_path, changed(DATASET), {"d.jsonl": '{"query": 1}\n' * 12})
    lines = found.split("\n")
    assert [line.partition(": ")[0] for line in lines[:5]] == [
        f"suites/d.jsonl:{n}" for n in range(1, 6)
    ]
    assert lines[5:] == ["suites/d.jsonl: and 7 more"]


def test_a_mapped_field_that_no_record_has_is_a_mistake(tmp_path):
    text = changed((PROMPTS, '[[datasets]]\npath = "d.jsonl"\nfields = { query = "qestion" }\n'))
    found = message(tmp_path, text, {"d.jsonl": '{"question": "a"}'})
    assert found == (
        "suites/x.arena.toml:6: datasets[0].fields.query: unknown field of suites/d.jsonl "
        "'qestion', did you mean 'question'?"
    )


def test_an_unknown_name_of_a_field_is_a_mistake(tmp_path):
    text = changed((PROMPTS, '[[datasets]]\npath = "d.jsonl"\nfields = { qery = "question" }\n'))
    found = message(tmp_path, text, {"d.jsonl": '{"question": "a"}'})
    assert found == (
        "suites/x.arena.toml:6: datasets[0].fields.qery: unknown key 'qery', did you mean 'query'?"
    )


def test_a_csv_file_with_an_open_quote_is_a_mistake(tmp_path):
    text = changed((PROMPTS, '[[datasets]]\npath = "d.csv"\n'))
    found = message(tmp_path, text, {"d.csv": 'query\n"a\nb'})
    assert found == "suites/d.csv:3: not valid CSV: unexpected end of data"


def test_a_json_list_names_the_place_of_a_bad_record(tmp_path):
    text = changed((PROMPTS, '[[datasets]]\npath = "d.json"\n'))
    found = message(tmp_path, text, {"d.json": '[{"query": "a"}, {"query": 1}, 3]'})
    assert found.split("\n") == [
        "suites/d.json: [2]: got 3, expected a JSON object",
        "suites/d.json: [1].query: got 1, expected text in quotes",
    ]
    found = message(tmp_path, text, {"d.json": '{"data": []}'})
    assert found == "suites/d.json: got a table, expected a list of objects"
    found = message(tmp_path, text, {"d.json": '[\n{"query": "a"\n]'})
    assert found == "suites/d.json:3: not valid JSON: Expecting ',' delimiter (column 1)"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            '[{"query": "a"},\n\n {"query": "b", "query": "c"}]',
            ":3: [1]: has the key 'query' twice",
        ),
        (' [ {"turns": ["a"], "turns": 1}]', ":1: [0]: has the key 'turns' twice"),
        ('[[], 7, "[",\n[{"k": 1, "k": 1}]]', ":2: [3]: has the key 'k' twice"),
        ('{"data": [{"query": "a", "query": "b"}]}', ": has the key 'query' twice"),
    ],
)
def test_a_key_twice_in_a_json_file_is_named_with_its_record(tmp_path, content, expected):
    text = changed((PROMPTS, '[[datasets]]\npath = "d.json"\n'))
    assert message(tmp_path, text, {"d.json": content}) == f"suites/d.json{expected}"


def test_the_header_of_a_csv_file_names_each_field_once(tmp_path):
    text = changed((PROMPTS, '[[datasets]]\npath = "d.csv"\n'))
    found = message(tmp_path, text, {"d.csv": "query,id,query\na,b,c\n"})
    assert found == "suites/d.csv:1: the header has 'query' twice"
