import json
import struct
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenatest.providers.frames import BROKEN, FrameParser
from servers.frames import event, frame

names = st.text(min_size=1, max_size=60).filter(lambda name: 0 < len(name.encode()) < 256)
payloads = st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3)


def integers(bits):
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


values = st.one_of(
    st.tuples(st.sampled_from((0, 1)), st.none()),
    st.tuples(st.just(2), integers(8)),
    st.tuples(st.just(3), integers(16)),
    st.tuples(st.just(4), integers(32)),
    st.tuples(st.sampled_from((5, 8)), integers(64)),
    st.tuples(st.just(6), st.binary(max_size=40)),
    st.tuples(st.just(7), st.text(max_size=40)),
    st.tuples(st.just(9), st.binary(min_size=16, max_size=16)),
)
headers = st.dictionaries(names.filter(lambda name: name[0] != ":"), values, max_size=4)


@st.composite
def streams(draw):
    """Frames with headers of all types, what they say, and where the reads cut them."""
    said = draw(st.lists(st.tuples(headers, names, payloads), min_size=1, max_size=4))
    data = b"".join(
        frame({**more, ":event-type": name}, json.dumps(payload).encode())
        for more, name, payload in said
    )
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=5)))
    reads = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    return [{name: payload} for _, name, payload in said], reads


@given(streams())
def test_every_event_comes_through_whatever_the_reads_cut(stream):
    said, reads = stream
    parser = FrameParser()
    assert [json.loads(found) for read in reads for found in parser.feed(read)] == said
    assert parser.rest() is None


@given(streams())
def test_amazons_own_parser_finds_the_same_events(stream):
    eventstream = pytest.importorskip("botocore.eventstream")
    said, reads = stream
    theirs = eventstream.EventStreamBuffer()
    for read in reads:
        theirs.add_data(read)
    assert [{m.headers[":event-type"]: json.loads(m.payload)} for m in theirs] == said


@given(streams(), st.data())
def test_a_flipped_bit_is_never_read_as_an_event(stream, data):
    """A CRC finds every single flip; the events before it stand."""
    said, reads = stream
    broken = bytearray(b"".join(reads))
    at = data.draw(st.integers(0, len(broken) * 8 - 1))
    broken[at // 8] ^= 1 << at % 8
    *before, last = [json.loads(found) for found in FrameParser().feed(bytes(broken))]
    assert before == said[: len(before)]
    assert list(last) == [BROKEN]


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(data):
    parser = FrameParser()
    for found in [*parser.feed(data), *parser.feed(event("messageStop", {}))]:
        json.loads(found)


@given(st.binary(max_size=60), st.integers(0, 255))
def test_headers_that_are_nonsense_are_a_broken_frame_or_none(block, kind):
    """Whatever stands in the headers of a frame whose CRCs are right."""
    whole = frame({}, bytes([1, ord("a"), kind]) + block)
    prelude = struct.pack(">II", len(whole), len(block) + 3)
    (found,) = FrameParser().feed(_sealed(prelude, whole[12:-4]))
    json.loads(found)


def _sealed(prelude, body):
    start = prelude + struct.pack(">I", crc32(prelude)) + body
    return start + struct.pack(">I", crc32(start))
