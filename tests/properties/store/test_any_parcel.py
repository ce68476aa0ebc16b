"""Any answer survives the way through a cache, and nothing that lies there breaks a run."""

from __future__ import annotations

import json
import zlib
from hashlib import sha256

from hypothesis import given, settings
from hypothesis import strategies as st

from arenatest.model.answer import Answer
from arenatest.model.record import Generation
from arenatest.store.parcels import pack_call, unpack_call
from properties.store.strategies import json_values, odd_text, values_of

KEY = "0123456789abcdef0123456789abcdef"
quick = settings(deadline=None, max_examples=60)

calls = values_of(
    Generation,
    chat_id=st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True),
    key=st.just(KEY),
    role=st.just("answer"),
    final=st.sampled_from([True]),
    repeat=st.integers(0, 1000),
    attempt=st.integers(0, 8),
    answer=values_of(Answer, failure=st.none()),
)


@quick
@given(calls)
def test_any_answer_comes_back_as_it_went_or_does_not_leave(call):
    try:
        parcel = pack_call(call)
    except ValueError:  # a number without an end
        assert "inf" in repr(call)
        return
    assert unpack_call(KEY, parcel) == call


@quick
@given(calls, st.data())
def test_any_damage_is_told(call, data):
    try:
        parcel = bytearray(pack_call(call))
    except ValueError:
        return
    place = data.draw(st.integers(0, len(parcel) - 1))
    parcel[place] ^= data.draw(st.integers(1, 255))
    assert not _is_read(bytes(parcel))
    assert not _is_read(bytes(parcel[:place]))


@quick
@given(st.binary(max_size=200) | st.just(b"arenatest answer 1\n"))
def test_any_bytes_are_no_answer_and_no_accident(entry):
    assert not _is_read(entry)


@quick
@given(
    st.dictionaries(
        st.sampled_from(["text", "usage", "timing", "started", "repeat", "chat_id", "finish"]),
        json_values,
    )
    | json_values,
    odd_text,
)
def test_whatever_a_whole_parcel_holds_is_an_answer_or_a_miss(body, text):
    base = {"text": text, "reasoning": "", "chat_id": "c", "run": "r", "owner": "o"}
    base |= {"prompt": "p", "repeat": 0, "attempt": 1, "started": 1.0}
    whole = {**base, **body} if isinstance(body, dict) else body
    packed = zlib.compress(json.dumps(whole).encode())
    digest = sha256(b"%s\n%s" % (KEY.encode(), packed)).digest()[:16]
    _is_read(b"arenatest answer 1\n" + digest + packed)


def _is_read(entry: bytes) -> bool:
    """Whether an entry is taken for an answer; anything but ValueError goes through."""
    try:
        found = unpack_call(KEY, entry)
    except ValueError:
        return False
    assert isinstance(found.answer.text, str)
    return True
