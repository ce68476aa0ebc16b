import json
import struct
import tracemalloc
from zlib import crc32

import pytest

from arenatest.providers.frames import BROKEN, FrameParser
from fakes.recorded import needs_recordings, recorded
from servers.frames import event, exception, frame


def events(data, *more):
    parser = FrameParser()
    return [json.loads(found) for read in (data, *more) for found in parser.feed(read)]


def test_an_event_is_named_by_its_header():
    data = event("messageStart", {"role": "assistant"}) + event("messageStop", {"stopReason": "x"})
    assert events(data) == [
        {"messageStart": {"role": "assistant"}},
        {"messageStop": {"stopReason": "x"}},
    ]


def test_an_exception_is_an_event_of_its_name():
    found = events(exception("throttlingException", "slow down"))
    assert found == [{"throttlingException": {"message": "slow down"}}]


def test_an_error_that_has_headers_only_is_one_with_code_and_message():
    headers = {":message-type": "error", ":error-code": "Internal", ":error-message": "oh"}
    assert events(frame(headers)) == [{"error": {"code": "Internal", "message": "oh"}}]


def test_an_event_without_a_payload_is_empty():
    assert events(frame({":event-type": "initial-response"})) == [{"initial-response": {}}]


def test_a_header_of_an_unknown_type_breaks_the_frame():
    (found,) = events(frame({"a": (7, "x"), "b": (10, b"??")}, b"{}"))
    assert found == {BROKEN: "a header of the unknown type 10"}


def test_a_header_that_runs_out_of_its_frame_breaks_it():
    block = b"\x01a\x07\xff\xffshort"
    prelude = struct.pack(">II", 16 + len(block), len(block))
    start = prelude + struct.pack(">I", crc32(prelude)) + block
    (found,) = events(start + struct.pack(">I", crc32(start)))
    assert found == {BROKEN: "a header that is longer than the headers"}


@pytest.mark.parametrize(
    ("total", "headers"), [(2**32 - 1, 0), (15, 0), (0, 0), (40, 25), (2**20, 2**18), (2**25, 10)]
)
def test_an_impossible_length_is_not_waited_for(total, headers):
    prelude = struct.pack(">II", total, headers)
    tracemalloc.start()
    (found,) = events(prelude + struct.pack(">I", crc32(prelude)), b"x" * 100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == {BROKEN: f"a frame of {total} bytes with {headers} of headers"}
    assert peak < 100_000


def test_nothing_is_read_after_a_broken_frame():
    good = event("messageStop", {"stopReason": "end_turn"})
    broken = good[:-1] + bytes([good[-1] ^ 1])
    assert events(good + broken + good, good) == [
        {"messageStop": {"stopReason": "end_turn"}},
        {BROKEN: "the CRC of a frame is wrong"},
    ]
    assert events(b"\0" * 12) == [{BROKEN: "the CRC of a frame's prelude is wrong"}]


def test_a_large_frame_in_many_reads_is_put_together():
    text = "word " * 400_000
    data = event("contentBlockDelta", {"delta": {"text": text}})
    reads = [data[at : at + 1000] for at in range(0, len(data), 1000)]
    assert events(*reads) == [{"contentBlockDelta": {"delta": {"text": text}}}]


@needs_recordings
@pytest.mark.parametrize("name", ["plain", "reason", "tool"])
def test_amazons_own_parser_finds_the_same_in_a_recorded_stream(name):
    eventstream = pytest.importorskip("botocore.eventstream")
    body = recorded(f"aimock_bedrock_converse_{name}").body
    theirs = eventstream.EventStreamBuffer()
    theirs.add_data(body)
    expected = [{m.headers[":event-type"]: json.loads(m.payload)} for m in theirs]
    assert events(body) == expected
    assert "metadata" in expected[-1]
