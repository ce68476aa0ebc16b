"""Anthropic's events: what each means, however they are cut, whatever a server makes of them."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arenatest.model.answer import Usage
from arenatest.providers.anthropic_stream import MessageStream
from arenatest.providers.clocks import Clocks
from fakes.hostile import jsons, mangled
from fakes.recorded import needs_recordings, recorded


def event(kind, **more):
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n".encode()


def start(**usage):
    message = {"id": "msg_1", "type": "message", "model": "claude", "content": [], "usage": usage}
    return event("message_start", message=message)


def block(kind, **more):
    return event("content_block_start", index=0, content_block={"type": kind, **more})


def delta(kind, **more):
    return event("content_block_delta", index=0, delta={"type": kind, **more})


def text(piece):
    return delta("text_delta", text=piece)


def thinking(piece):
    return delta("thinking_delta", thinking=piece)


def reason(stop_reason="end_turn", **usage):
    said = {"stop_reason": stop_reason, "stop_sequence": None}
    return event("message_delta", delta=said, usage=usage)


STOP = event("message_stop")


def answered(*reads):
    """The answer to reads at 1, 2, 3, ... seconds, the request having started at 0."""
    stream = MessageStream(Clocks(start=0.0, headers=0.0))
    for stamp, read in enumerate(reads, start=1):
        stream.feed(float(stamp), read)
    return stream.finish(99.0)


@needs_recordings
def test_a_recorded_stream_that_ends_before_its_end_mark_is_cut():
    body = recorded("llmock_anthropic").body
    for end in range(body.index(b"event: message_stop")):
        answer = answered(body[:end])
        assert answer.failure.kind == "cut", end
        assert (answer.text, answer.finish) == ("", None)


@pytest.mark.parametrize(
    ("said", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "refusal"),
        ("pause_turn", "pause_turn"),
        ("SOMETHING_NEW", "something_new"),
    ],
)
def test_a_stop_reason_is_a_finish_in_our_words(said, finish):
    assert answered(start(), text("Hi"), reason(said), STOP).finish == finish


def test_a_reason_without_the_end_mark_is_no_end_and_neither_is_the_mark_alone():
    assert answered(start(), text("Hi"), reason()).failure.kind == "cut"
    assert answered(start(), text("Hi"), STOP).failure.kind == "cut"
    assert answered(start(), text("Hi"), reason(None), STOP).failure.kind == "cut"


def test_input_holds_what_was_read_from_and_written_to_a_cache():
    usage = {"input_tokens": 10, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 7}
    answer = answered(start(**usage, output_tokens=1), text("Hi"), reason(output_tokens=3), STOP)
    assert answer.usage == Usage(input_tokens=117, output_tokens=3, cached_tokens=100)


def test_later_counts_replace_earlier_ones_unless_they_are_null():
    reads = (
        start(input_tokens=10, cache_read_input_tokens=5, output_tokens=1),
        text("Hi"),
        reason(None, output_tokens=20, input_tokens=12),
        reason(input_tokens=None, output_tokens=40, output_tokens_details={"thinking_tokens": 30}),
        STOP,
    )
    assert answered(*reads).usage == Usage(
        input_tokens=17, output_tokens=40, reasoning_tokens=30, cached_tokens=5
    )


def test_the_output_of_a_message_that_was_cut_is_not_what_it_began_with():
    answer = answered(start(input_tokens=10, output_tokens=1), text("Hi"), text(" there"))
    assert answer.usage == Usage(input_tokens=10)


def test_time_per_token_takes_all_tokens_where_thinking_was_streamed():
    usage = {"output_tokens": 41, "output_tokens_details": {"thinking_tokens": 30}}
    reads = (start(), thinking("Hm"), text("Hi"), text("!"), reason(**usage), STOP)
    timing = answered(*reads).timing
    assert (timing.ttft, timing.ttfat, timing.e2e) == (2.0, 3.0, 4.0)
    assert timing.tpot == pytest.approx(2.0 / 40)


def test_time_per_token_is_unknown_where_thinking_is_a_summary_of_what_was_sealed():
    sealed = delta("signature_delta", signature="EqQB")
    reads = (start(), thinking("Hm"), sealed + text("Hi"), text("!"), reason(output_tokens=41))
    assert answered(*reads, STOP).timing.tpot is None


@pytest.mark.parametrize(
    ("opening", "details", "tpot"),
    [
        (block("thinking", thinking="", signature=""), {"thinking_tokens": 30}, 1.0 / 10),
        (block("redacted_thinking", data="x"), {"thinking_tokens": 30}, 1.0 / 10),
        (block("thinking", thinking="", signature=""), None, None),
        (block("redacted_thinking", data="x"), None, None),
        (block("text", text=""), None, 1.0 / 40),
    ],
)
def test_thinking_that_was_not_streamed_is_no_part_of_the_time_per_token(opening, details, tpot):
    usage = {"output_tokens": 41, "output_tokens_details": details}
    reads = (start(), opening + delta("signature_delta", signature="s"), text("Hi"), text("!"))
    timing = answered(*reads, reason(**usage), STOP).timing
    assert timing.ttft == timing.ttfat == 3.0
    assert timing.tpot == (None if tpot is None else pytest.approx(tpot))


def test_arguments_of_a_tool_start_the_clocks_and_are_no_text():
    opening = block("tool_use", id="t", name="weather", input={})
    reads = (start(), opening, delta("input_json_delta", partial_json=""))
    piece = delta("input_json_delta", partial_json='{"city"')
    answer = answered(*reads, piece, reason("tool_use", output_tokens=9), STOP)
    assert (answer.text, answer.finish) == ("", "tool_calls")
    assert (answer.timing.ttft, answer.timing.ttfat) == (4.0, 4.0)


def test_what_a_block_opens_with_counts_as_well():
    tool = answered(start(), block("tool_use", name="f", input={"a": 1}), reason(), STOP)
    assert (tool.text, tool.timing.ttft) == ("", 2.0)
    reads = (start(), block("thinking", thinking="Hm"), block("text", text="Hi"), reason(), STOP)
    answer = answered(*reads)
    assert (answer.reasoning, answer.text) == ("Hm", "Hi")
    assert (answer.timing.ttft, answer.timing.ttfat) == (2.0, 3.0)


def test_events_blocks_and_deltas_of_types_that_are_new_are_skipped():
    reads = (
        start(),
        event("ping"),
        event("content_block_paused", index=0, why=[1]),
        block("hologram", colours=7),
        delta("citations_delta", citation={"cited_text": "no"}),
        delta("scent_delta", scent="roses"),
        text("Hi"),
        event("content_block_stop", index=0),
        reason(),
        STOP,
    )
    answer = answered(*reads)
    assert (answer.text, answer.finish, answer.timing.ttft) == ("Hi", "stop", 7.0)


@pytest.mark.parametrize(
    ("error", "again"),
    [
        ({"type": "overloaded_error", "message": "Overloaded"}, True),
        ({"type": "api_error", "message": "Internal server error"}, True),
        ({"type": "rate_limit_error", "message": "slow down"}, True),
        ({"type": "invalid_request_error", "message": "no"}, False),
        ({"type": "authentication_error", "message": "no"}, False),
        ({"type": "permission_error", "message": "no"}, False),
        ({"type": "not_found_error", "message": "no"}, False),
        ({"type": "request_too_large", "message": "no"}, False),
    ],
)
def test_an_error_in_the_stream_can_be_tried_again_before_any_text_only(error, again):
    before = answered(start(), event("error", error=error)).failure
    after = answered(start(), text("Hi"), event("error", error=error)).failure
    assert before.kind == after.kind == "stream"
    assert before.message == f"after a 200: {error['message']} ({error['type']})"
    assert (before.retryable, after.retryable) == (again, False)


def test_an_error_about_money_has_a_name_of_its_own():
    error = {"type": "billing_error", "message": "Your credit balance is too low."}
    failure = answered(start(), event("error", error=error)).failure
    assert (failure.kind, failure.retryable) == ("spent", False)


def test_a_filter_that_breaks_in_is_an_end_and_no_error():
    message = "Output blocked by content filtering policy"
    error = event("error", error={"type": "invalid_request_error", "message": message})
    answer = answered(start(input_tokens=3), text("Once upon"), error)
    assert (answer.failure, answer.text, answer.finish) == (None, "Once upon", "content_filter")
    assert answer.usage == Usage(input_tokens=3)


def test_a_message_that_was_not_streamed_has_no_time_to_first_token():
    message = {
        "id": "msg_1",
        "type": "message",
        "model": "claude",
        "content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Hi"}],
        "stop_reason": "max_tokens",
        "usage": {"input_tokens": 3, "output_tokens": 5},
    }
    answer = answered(json.dumps(message).encode())
    assert (answer.text, answer.reasoning, answer.finish) == ("Hi", "Hm", "length")
    assert answer.usage == Usage(input_tokens=3, output_tokens=5)
    assert (answer.timing.ttft, answer.timing.e2e) == (None, 1.0)


def test_a_whole_error_after_a_200_is_an_error():
    body = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    failure = answered(json.dumps(body).encode()).failure
    assert (failure.kind, failure.retryable) == ("stream", True)


def test_an_empty_message_is_an_answer():
    answer = answered(start(input_tokens=3), block("text", text=""), reason(output_tokens=0), STOP)
    assert (answer.ok, answer.text, answer.finish) == (True, "", "stop")
    assert answer.usage == Usage(input_tokens=3, output_tokens=0)
    assert answer.timing.ttft is None


def test_a_message_of_thinking_alone_has_no_time_to_its_answer():
    answer = answered(start(), thinking("Hm"), reason("max_tokens", output_tokens=9), STOP)
    assert (answer.ok, answer.text, answer.reasoning, answer.finish) == (True, "", "Hm", "length")
    assert (answer.timing.ttft, answer.timing.ttfat) == (2.0, None)


def test_a_character_that_was_cut_in_two_is_one_again():
    """As servers do that count in UTF-16; a half that stays alone is kept as it is."""
    assert answered(start(), text("a\ud83e"), text("\udd8az"), reason(), STOP).text == "a🦊z"
    assert answered(start(), text("a\ud83e"), reason(), STOP).text == "a\ud83e"


def test_ten_thousand_events_are_one_text():
    pieces = [f"w{n} " for n in range(10_000)]
    answer = answered(start() + b"".join(map(text, pieces)), reason(output_tokens=10_000), STOP)
    assert answer.text == "".join(pieces)


@given(
    pieces=st.lists(st.tuples(st.sampled_from(["text", "thinking"]), st.text()), max_size=12),
    ascii_only=st.booleans(),
)
def test_any_text_comes_through_in_its_place(pieces, ascii_only):
    """Events that differ in their text only are not parsed one by one: that must not be seen."""
    events = [
        {"type": "content_block_delta", "delta": {"type": f"{kind}_delta", kind: piece}}
        for kind, piece in pieces
    ]
    lines = [f"data: {json.dumps(event, ensure_ascii=ascii_only)}\n\n" for event in events]
    answer = answered(start(), *(line.encode() for line in lines), reason(), STOP)
    assert answer.text == "".join(piece for kind, piece in pieces if kind == "text")
    assert answer.reasoning == "".join(piece for kind, piece in pieces if kind == "thinking")


def test_an_event_of_megabytes_is_one_piece():
    piece = "🦊" * 500_000
    data = start() + text(piece) + reason() + STOP
    cuts = range(0, len(data), 65_536)
    assert answered(*(data[cut : cut + 65_536] for cut in cuts)).text == piece


@pytest.mark.parametrize(
    "hostile",
    [
        b"data: 7\n\n",
        b"data: null\n\n",
        b'data: "text"\n\n',
        b"data: [1]\n\n",
        b"data: {}\n\n",
        b'data: {"type": 5}\n\n',
        b'data: {"type": ["content_block_delta"]}\n\n',
        event("content_block_delta"),
        event("content_block_delta", delta=None),
        event("content_block_delta", delta=[]),
        event("content_block_delta", delta={"type": "text_delta"}),
        delta("text_delta", text=5),
        delta("text_delta", text=["Hi"]),
        delta("thinking_delta", thinking={"a": 1}),
        event("content_block_start"),
        event("content_block_start", content_block="text"),
        block("text", text={"a": 1}),
        event("message_start"),
        event("message_start", message=None),
        event("message_start", message={"usage": [1]}),
        event("message_delta", delta=[1]),
        event("message_delta", delta={}, usage="7"),
        reason(["end_turn"]),
        reason({"end_turn": 1}),
        reason(7),
        b"data: " + b"[" * 100_000 + b"\n\n",
        b'data: {"type":"message_start","message":' + b"[" * 100_000 + b"\n\n",
        b"data: \xff\xfe\n\n",
    ],
)
def test_what_breaks_the_promise_of_the_api_is_malformed(hostile):
    answer = answered(start(), hostile, reason(), STOP)
    assert answer.failure.kind == "malformed"
    assert len(answer.failure.message) <= 300


@given(st.lists(jsons, max_size=5))
def test_no_events_whatever_raise(events):
    data = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
    assert answered(start(), data, reason(), STOP).text == ""


MESSAGE = {
    "model": "c",
    "content": [{"type": "thinking", "thinking": "a"}, {"type": "tool_use", "input": {"a": 1}}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens_details": {"thinking_tokens": 1}},
}


@given(jsons | mangled([MESSAGE]).map(lambda bodies: bodies[0]))
@settings(max_examples=100)
def test_a_whole_body_whatever_it_holds_is_an_answer_or_a_failure(body):
    answer = answered(json.dumps(body).encode())
    assert answer.ok or answer.failure.kind in ("malformed", "cut", "stream")


EVENTS = [
    {"type": "message_start", "message": {"id": "m", "model": "c", "usage": {"input_tokens": 3}}},
    {"type": "content_block_start", "content_block": {"type": "thinking", "thinking": "a"}},
    {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": "b"}},
    {"type": "content_block_start", "content_block": {"type": "tool_use", "input": {"a": 1}}},
    {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "c"}},
    {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": "d"}},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn"},
        "usage": {"output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}},
    },
    {"type": "message_stop"},
]


@given(mangled(EVENTS))
@settings(max_examples=200)
def test_a_value_of_any_type_anywhere_is_an_answer_or_a_failure(events):
    answer = answered(*(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events))
    assert answer.ok == (answer.failure is None)
    assert answer.ok or answer.failure.kind in ("malformed", "cut", "stream")
