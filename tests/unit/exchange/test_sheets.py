from __future__ import annotations

import csv

import pytest

from arenatest.exchange.losses import Losses
from arenatest.exchange.sheets import LONGEST_CELL, text_cell
from unit.exchange.evidence import FORMULA


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_no_cell_of_text_begins_like_a_formula(first):
    assert text_cell(f"{first}1", Losses()) == f"'{first}1"


def test_what_a_cell_cannot_hold_is_replaced_and_counted():
    losses = Losses()
    assert text_cell("a\ud800\0b", losses) == "a\ufffd\ufffdb"
    assert len(text_cell("x" * 40_000, losses)) == LONGEST_CELL
    assert losses.lines() == [
        "1 place where a lone surrogate became U+FFFD",
        "1 cell where NUL became U+FFFD",
        "1 cell cut to what Excel holds",
    ]


def test_battles_come_with_their_texts_and_numbers_that_no_country_changes(exported):
    folder, manifest = exported("csv")
    found = rows(folder / "battles.csv")
    assert [(row["candidate"], row["prompt"], row["score"]) for row in found] == [
        ("new", "p0", "1.0"),
        ("cheap", "p0", "0.5"),
        ("new", "p1", "0.5"),
        ("cheap", "p1", ""),
    ]
    assert [row["outcome"] for row in found] == ["win", "tie", "tie", "void"]
    assert [row["how"] for row in found] == ["judged", "equal", "judged", "failed"]
    assert [row["flips"] for row in found] == ["0", "0", "1", "0"]
    assert found[0]["baseline_text"] == f"'{FORMULA}"
    assert found[0]["candidate_text"] == 'a\ufffdb\ufffdc\u2028d\x85e\r\nf"g'
    assert manifest.files["battles.csv"].rows == 4


def test_the_file_begins_with_a_mark_and_unknown_is_empty(exported):
    folder, _ = exported("csv")
    assert (folder / "calls.csv").read_bytes().startswith(b"\xef\xbb\xbfchat_id,run,role")
    calls = {row["chat_id"]: row for row in rows(folder / "calls.csv")}
    assert calls["elsewhere"]["cost"] == ""
    assert calls["c-0"]["ttft"] == "0.25"
    assert calls["c-0"]["final"] == "true"
    assert calls["c-0"]["text"] == f"'{FORMULA}"
