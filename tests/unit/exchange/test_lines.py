from __future__ import annotations

import dataclasses
import json
import math

import pytest

from arenatest.errors import OptionError
from arenatest.exchange import records
from arenatest.exchange.lines import json_line, read_lines
from arenatest.exchange.plan_rows import EventRow
from arenatest.exchange.rows import ROWS, CallRow, MeasurementRow
from unit.exchange.evidence import HOSTILE
from unit.store.records import failed, generation

ROW = MeasurementRow(
    run="r", metric="m", contestant="c", prompt="p", repeat=0, key="k", value=0.5, error=""
)


def read(text, kind=MeasurementRow):
    return list(read_lines(kind, text.split("\n"), "m.jsonl"))


def test_a_line_is_ascii_and_gives_back_what_no_utf8_holds():
    row = dataclasses.replace(ROW, error=HOSTILE)
    line = json_line(row)
    assert line.isascii()
    assert line.count("\n") == 1
    assert read(line) == [row]


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_number_that_is_none_becomes_null(value):
    row = EventRow(id="1", run="r", at=1.0, kind="k", details={"a": [value, 2.0]})
    assert json.loads(json_line(row))["details"] == {"a": [None, 2.0]}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("[1]", "got list, expected an object"),
        ("{", "Expecting property name"),
        ('{"run": 1}', "run: got 1, expected a text"),
        ('{"run": null}', "run is missing"),
        (json_line(ROW).replace("0.5", '"0.5"'), "value: got '0.5', expected a number"),
        (json_line(ROW).replace("0.5", "true"), "value: got True, expected a number"),
        (json_line(ROW).replace("0.5", "NaN"), "NaN is no number"),
        (json_line(ROW).replace('"repeat":0', '"repeat":0.5'), "repeat: got 0.5"),
        (json_line(ROW).replace('"repeat":0', f'"repeat":{2**63}'), "expected a whole number"),
        (json_line(ROW).replace("0.5", "1e999"), "value: got inf, expected a number"),
        (json_line(ROW).replace("0.5", "1" + 400 * "0"), "expected a number"),
        ("[" * 100_000, "m.jsonl:2: "),
    ],
)
def test_a_line_that_is_no_row_is_refused_with_its_number(line, problem):
    with pytest.raises(OptionError) as caught:
        read(f"\n{line}")
    assert str(caught.value).startswith("m.jsonl:2: ")
    assert problem in str(caught.value)


def test_fields_of_a_later_version_are_left_out():
    assert read(json_line(ROW).replace("{", '{"later":1,', 1)) == [ROW]


def test_a_failed_call_and_one_without_clocks_come_back_equal():
    calls = [generation("a", answer=failed()), generation("b")]
    lines = "".join(json_line(records.call_row(call)) for call in calls)
    assert [records.call_of(row) for row in read(lines, CallRow)] == calls


def test_every_field_of_a_row_is_described():
    for kind in ROWS.values():
        words = (kind.__doc__ or "").split("Attributes:")[1].replace(":", ",").split(",")
        told = {word.strip() for part in words for word in part.split("\n")}
        assert not {field.name for field in dataclasses.fields(kind)} - told, kind
