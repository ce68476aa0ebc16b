import codecs
import gzip
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arenatest.imports import files, json_values
from arenatest.imports.files import files_of, read_rows
from arenatest.imports.losses import Losses

GOOD = {"a": 'é {["\\'}


def read(path):
    losses = Losses()
    return [dict(row.fields) for row in read_rows(path, losses)], list(losses.lines())


def file(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("name", ["x.jsonl", "x.ndjson", "x.JSONL", "x.json"])
def test_records_stand_a_line_each(tmp_path, name):
    text = f"{json.dumps(GOOD)}\n\n  {json.dumps(GOOD, ensure_ascii=False)}\r\n"
    assert read(file(tmp_path, name, text)) == ([GOOD, GOOD], [])


@pytest.mark.parametrize("indent", [None, 2])
def test_records_are_a_json_list(tmp_path, indent):
    text = json.dumps([GOOD, {}, GOOD], indent=indent)
    assert read(file(tmp_path, "x.json", text)) == ([GOOD, {}, GOOD], [])


def test_one_object_over_several_lines_is_one_record(tmp_path):
    assert read(file(tmp_path, "x.json", json.dumps(GOOD, indent=2))) == ([GOOD], [])


def test_a_table_has_a_header_and_cells_with_line_feeds(tmp_path):
    text = 'id,text\n1,"a\nb"\n\n2,c\n3\n'
    rows, lost = read(file(tmp_path, "x.csv", text))
    assert rows == [{"id": "1", "text": "a\nb"}, {"id": "2", "text": "c"}]
    assert lost[1].endswith("x.csv:6: got 1 cells, expected the 2 of the header")


@pytest.mark.parametrize("name", ["x.jsonl.gz", "x.json.gz", "misnamed.jsonl"])
def test_gzip_is_known_by_its_first_bytes(tmp_path, name):
    packed = gzip.compress(json.dumps(GOOD).encode())
    assert read(file(tmp_path, name, packed)) == ([GOOD], [])


@pytest.mark.parametrize("name", ["x.jsonl", "x.json", "x.csv"])
def test_a_byte_order_mark_is_passed_over(tmp_path, name):
    text = "a\n1" if name == "x.csv" else '{"a": "1"}'
    assert read(file(tmp_path, name, codecs.BOM_UTF8 + text.encode())) == ([{"a": "1"}], [])


@pytest.mark.parametrize("name", ["x.jsonl", "x.json", "x.csv"])
def test_utf_16_is_named(tmp_path, name):
    rows, lost = read(file(tmp_path, name, json.dumps(GOOD).encode("utf-16")))
    assert rows == []
    assert lost[1].endswith("is UTF-16, expected UTF-8")


BROKEN = {
    "cut": '{"a": ',
    "a word": '{"a": nope}',
    "raw NUL": '{"a": "\0"}',
    "too deep": '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "too many digits": '{"a": ' + "9" * 5000 + "}",
    "no object": "[1, 2]",
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_line_is_counted_with_its_place_and_loses_no_other(tmp_path, broken):
    text = f"{json.dumps(GOOD)}\n{broken}\n{json.dumps(GOOD)}\n"
    rows, lost = read(file(tmp_path, "x.jsonl", text))
    assert rows == [GOOD, GOOD]
    assert lost[0] == "1 record that cannot be read"
    assert "x.jsonl:2: " in lost[1]


@pytest.mark.parametrize(
    "broken", [b for name, b in BROKEN.items() if name != "cut"], ids=lambda b: b[:12]
)
def test_a_broken_value_of_a_list_loses_no_other(tmp_path, broken):
    text = f"[{json.dumps(GOOD)},\n{broken},\n{json.dumps(GOOD)}]"
    rows, lost = read(file(tmp_path, "x.json", text))
    assert rows == [GOOD, GOOD]
    assert lost[0] == "1 record that cannot be read"
    assert "x.json:2: " in lost[1]


def test_a_list_that_is_cut_off_says_that_the_rest_is_lost(tmp_path):
    rows, lost = read(file(tmp_path, "x.json", f'[{json.dumps(GOOD)}, {{"a": "b'))
    assert rows == [GOOD]
    assert lost[1].endswith("and what follows is lost")


def test_a_gzip_file_that_is_cut_off_says_that_the_rest_is_lost(tmp_path):
    noise = random.Random(1).randbytes(50_000).hex()
    packed = gzip.compress((json.dumps(GOOD) + "\n" + json.dumps({"a": noise}) + "\n").encode())
    rows, lost = read(file(tmp_path, "x.jsonl.gz", packed[: len(packed) // 2]))
    assert rows == [GOOD]
    assert "is damaged, and what follows is lost" in lost[1]


@pytest.mark.parametrize("name", ["x.jsonl", "x.json", "x.csv"])
def test_bytes_that_are_no_utf_8_lose_their_record_alone(tmp_path, name):
    good, bad = b'{"a": "1"}', b'{"a": "\xff"}'
    content = b"\n".join([good, bad, good])
    if name == "x.csv":
        content = b"a\n1\n\xff\n1\n"
    rows, lost = read(file(tmp_path, name, content))
    assert rows == [{"a": "1"}] * 2
    assert "is not UTF-8" in lost[1]


@pytest.mark.parametrize("name", ["x.jsonl", "x.json"])
def test_a_record_that_is_too_long_is_passed_over_and_not_held(tmp_path, name, monkeypatch):
    monkeypatch.setattr(files, "LONGEST", 1000)
    monkeypatch.setattr(json_values, "_READ", 100)
    long = json.dumps({"a": 'x"]}{\\' * 1000})
    text = f"{json.dumps(GOOD)}\n{long}\n{json.dumps(GOOD)}"
    if name == "x.json":
        text = f"[{json.dumps(GOOD)},{long},{json.dumps(GOOD)}]"
    rows, lost = read(file(tmp_path, name, text))
    assert rows == [GOOD, GOOD]
    assert "is longer than 1,000" in lost[1]


def test_nan_is_no_number_and_a_lone_surrogate_stays(tmp_path):
    rows, lost = read(file(tmp_path, "x.jsonl", '{"a": "\\ud800"}\n'))
    assert rows == [{"a": "\ud800"}]
    assert lost == []


def test_folders_are_looked_through_and_hidden_files_are_not(tmp_path):
    for name in ("b/x.jsonl", "a.json", ".git/x.json", "c/.x.csv", "readme.md", "d/y.csv.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    found = [str(path.relative_to(tmp_path)) for path in files_of([tmp_path, tmp_path / "a.json"])]
    assert found == ["a.json", "b/x.jsonl", "d/y.csv.gz"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40)
@given(
    st.lists(st.dictionaries(st.text(), values, max_size=3), max_size=5),
    st.integers(1, 40),
    st.sampled_from([None, 1]),
    st.booleans(),
)
def test_a_list_is_read_alike_however_its_bytes_come(
    tmp_path_factory, records, size, indent, plain
):
    path = tmp_path_factory.mktemp("lists") / "x.json"
    text = json.dumps(records, indent=indent, ensure_ascii=plain)
    path.write_bytes(text.encode("utf-8", "replace" if not plain else "strict"))
    expected = json.loads(path.read_text())
    whole = json_values._READ
    try:
        json_values._READ = size
        assert read(path) == (expected, [])
    finally:
        json_values._READ = whole


def test_a_line_of_a_table_that_is_too_long_is_not_held(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LONGEST", 1000)
    rows, lost = read(file(tmp_path, "x.csv", "a\n1\n" + "," * 5000 + "\n1\n"))
    assert rows == [{"a": "1"}]
    assert "a line is longer than 1,000 characters" in lost[1]
