"""Ids as bytes: half as long, and found by their beginnings as before."""

from __future__ import annotations

import pytest

from arenatest.errors import StoreError
from arenatest.store.ids import LONGEST, id_from_bytes, id_to_bytes, server_id_to_bytes
from unit.store.records import generation, plan, run

LONG = "é" * LONGEST


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("00ff" * 8, 17),
        ("req_" + "00ff" * 8, 21),
        ("chatcmpl-" + "a" * 29, 25),  # an odd digit stands with what comes before
        ("ABCD", 5),
        ("", 1),
        ("\0\ud800", 16),
        (LONG + "ff", 2 * LONGEST + 3),
    ],
)
def test_an_id_takes_a_byte_for_two_digits(text, length):
    assert len(id_to_bytes(text)) == length
    assert id_from_bytes(id_to_bytes(text)) == text


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("req_" + "00ff" * 8, 18),
        ("chatcmpl-" + "a" * 29, 17),
        ("chatcmpl-BxYz", 6),
        ("chatcmpl-" * 2, 11),
        ("00ff" * 8, 17),
    ],
)
def test_how_many_ids_of_servers_begin_takes_a_byte(text, length):
    assert len(server_id_to_bytes(text)) == length
    assert id_from_bytes(server_id_to_bytes(text)) == text


@pytest.fixture
def begun(store):
    store.begin(plan(), run(), fresh=False, expire=0.0)
    ids = ("17ab", "17ac00", "call-17ab", "call-17", "call", "calls-00", "é1", LONG, f"{LONG}ff")
    store.write([generation(chat_id) for chat_id in ids])
    return store


@pytest.mark.parametrize(
    ("beginning", "found"),
    [
        ("17ab", "17ab"),
        ("17ac", "17ac00"),
        ("call-17a", "call-17ab"),
        ("call", "call"),
        ("calls", "calls-00"),
        ("é", None),
        ("é1", "é1"),
        (f"{LONG}f", f"{LONG}ff"),
    ],
)
def test_a_call_is_found_by_whatever_part_of_its_id_comes_first(begun, beginning, found):
    if found is None:
        with pytest.raises(StoreError, match="several calls begin with 'é': é1, ééé"):
            begun.find_call(beginning)
    else:
        assert begun.find_call(beginning)[0].chat_id == found


@pytest.mark.parametrize("beginning", ["17ad", "call-18", "x", "callsx"])
def test_what_no_id_begins_with_finds_nothing(begun, beginning):
    with pytest.raises(StoreError, match="no call has the chat id"):
        begun.find_call(beginning)
