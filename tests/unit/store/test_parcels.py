"""Calls as bytes that come back from anywhere: whatever is not sound is no answer."""

import json
import zlib
from dataclasses import replace
from hashlib import sha256

import pytest

from arenatest.model.answer import Failure, Timing, Usage
from arenatest.store import parcels
from arenatest.store.parcels import pack_call, unpack_call
from unit.store.records import answer, generation

KEY = "0123456789abcdef0123456789abcdef"
CALL = generation("chat-1", key=KEY, answer=answer())


def parcel(body, key=KEY):
    """A parcel that is whole, whatever it holds."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    packed = zlib.compress(text)
    digest = sha256(b"%s\n%s" % (key.encode(), packed)).digest()[:16]
    return b"arenatest answer 1\n" + digest + packed


def body(**changes):
    head = len(b"arenatest answer 1\n") + 16
    return json.loads(zlib.decompress(pack_call(CALL)[head:])) | changes


def test_a_call_comes_back_as_it_went():
    assert unpack_call(KEY, pack_call(CALL)) == CALL


def test_equal_calls_are_equal_bytes():
    assert pack_call(CALL) == pack_call(replace(CALL))


def test_a_body_made_by_hand_is_read_as_one_of_ours():
    assert unpack_call(KEY, parcel(body())) == CALL


def test_a_failed_call_is_not_packed():
    failed = replace(CALL.answer, failure=Failure(kind="server", message="away"))
    with pytest.raises(ValueError, match="nobody's answer"):
        pack_call(replace(CALL, answer=failed))


def test_a_clock_that_is_no_number_is_not_packed():
    odd = replace(CALL.answer, timing=Timing(ttft=float("nan")))
    with pytest.raises(ValueError, match=r"Out of range|not JSON compliant"):
        pack_call(replace(CALL, answer=odd))


def test_a_parcel_under_another_key_is_not_its_answer():
    with pytest.raises(ValueError, match="under this key"):
        unpack_call("f" * 32, pack_call(CALL))


@pytest.mark.parametrize("place", [0, 18, 25, 40, -1])
def test_one_flipped_bit_is_told(place):
    damaged = bytearray(pack_call(CALL))
    damaged[place] ^= 1
    with pytest.raises(ValueError, match="damaged"):
        unpack_call(KEY, bytes(damaged))


@pytest.mark.parametrize("length", [0, 1, 19, 35, 60])
def test_what_is_cut_is_told(length):
    with pytest.raises(ValueError, match="damaged"):
        unpack_call(KEY, pack_call(CALL)[:length])


def test_another_version_is_not_read():
    with pytest.raises(ValueError, match="this version"):
        unpack_call(KEY, pack_call(CALL).replace(b"answer 1", b"answer 2", 1))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"started": NaN}',
        b'{"started": Infinity}',
        b'{"repeat": ' + b"9" * 5000 + b"}",
        b"cos\nsystem\n(S'true'\ntR.",  # what pickle would run
    ],
)
def test_a_whole_parcel_of_nonsense_is_no_answer(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the words are many
        unpack_call(KEY, parcel(text))


@pytest.mark.parametrize(
    "change",
    [
        {"text": None},
        {"text": 5},
        {"text": ["a"]},
        {"finish": {}},
        {"chat_id": ""},
        {"chat_id": "a b"},
        {"chat_id": "x" * 201},
        {"run": 1},
        {"repeat": True},
        {"repeat": -1},
        {"repeat": 1.0},
        {"attempt": 10**9},
        {"started": "now"},
        {"started": 10**400},
        {"cost": True},
        {"usage": []},
        {"usage": {"input_tokens": "ten"}},
        {"usage": {"input_tokens": 2**63}},
        {"timing": {"source": "measured", "reads": 0}},
        {"timing": {"source": "guessed", "reads": 0, "gaps": []}},
        {"timing": {"source": "measured", "reads": 0, "gaps": ["a"]}},
        {"timing": {"source": "measured", "reads": 0, "gaps": [], "ttft": []}},
        {"timing": {"source": ["measured"], "reads": 0, "gaps": []}},
    ],
    ids=str,
)
def test_a_value_of_another_type_makes_it_no_answer(change):
    with pytest.raises(ValueError):  # noqa: PT011 - the words are many
        unpack_call(KEY, parcel(body(**change)))


def test_what_a_later_arenatest_adds_is_left_out():
    more = body(colour="red")
    more["timing"]["moon"] = 1.0
    assert unpack_call(KEY, parcel(more)) == CALL


def test_what_an_earlier_arenatest_did_not_know_is_unknown():
    less = body()
    del less["timing"]["lag"], less["usage"]["cached_tokens"]
    found = unpack_call(KEY, parcel(less)).answer
    assert found.timing.lag is None
    assert found.usage.cached_tokens is None


def test_a_parcel_that_would_fill_the_memory_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(parcels, "LARGEST", 10_000)
    bomb = parcel(body(text="a" * 1_000_000))
    assert len(bomb) < 3000
    with pytest.raises(ValueError, match="too large"):
        unpack_call(KEY, bomb)


def test_odd_characters_and_long_texts_survive():
    text = "\0 \ud800 \U0001f980 </script> " + "long " * 50_000
    odd = replace(CALL.answer, text=text, reasoning=text, finish="\ud800", usage=Usage())
    call = replace(CALL, answer=odd, owner="\0", prompt="\ud800")
    assert unpack_call(KEY, pack_call(call)) == call
