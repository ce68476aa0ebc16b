"""Gemini's events: what each means, however they are cut, whatever a server makes of them."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arenatest.model.answer import Usage
from arenatest.providers.clocks import Clocks
from arenatest.providers.gemini_stream import GeminiStream
from fakes.hostile import jsons, mangled
from fakes.recorded import check_cuts, check_every_cut, needs_recordings, recorded, replayed

FOX = "The quick brown fox jumps over the lazy dog. 你好，世界！ ñandú 🦊 end."  # noqa: RUF001
REASON = "Let me think step by step about this problem carefully."
SIMULATED = "Hi there. This is a simulated reply from gemini-2.5-flash."
ANSWERS = {
    "aimock_gemini_plain": (FOX, "", "stop", Usage()),
    "aimock_gemini_reason": ("The answer is 42.", REASON, "stop", Usage()),
    "aimock_gemini_tool": ("", "", "tool_calls", Usage()),
    "llmock_gemini": (SIMULATED, "", "stop", Usage(output_tokens=14)),
}


def sse(event):
    return b"data: " + json.dumps(event).encode() + b"\r\n\r\n"


def response(*parts, finish=None, counts=None, **more):
    candidate = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    event = {"candidates": [candidate], "modelVersion": "gemini", "responseId": "r-1", **more}
    return event if counts is None else {**event, "usageMetadata": counts}


def chunk(*parts, **more):
    return sse(response(*parts, **more))


def text(piece):
    return {"text": piece}


def thought(piece):
    return {"text": piece, "thought": True}


def counts(candidates=None, thoughts=None, prompt=7, **more):
    said = {"promptTokenCount": prompt, **more}
    said |= {} if candidates is None else {"candidatesTokenCount": candidates}
    return said if thoughts is None else {**said, "thoughtsTokenCount": thoughts}


def answered(*reads):
    """The answer to reads at 1, 2, 3, ... seconds, the request having started at 0."""
    stream = GeminiStream(Clocks(start=0.0, headers=0.0))
    for stamp, read in enumerate(reads, start=1):
        stream.feed(float(stamp), read)
    return stream.finish(99.0)


@needs_recordings
@pytest.mark.parametrize("name", ANSWERS)
def test_a_recorded_stream_is_read_as_what_it_says(name):
    """aimock and llmock count a prompt, and aimock an answer, as 0 tokens: that is unknown."""
    answer = replayed(name, GeminiStream)
    said, reasoning, finish, usage = ANSWERS[name]
    assert answer.failure is None
    assert (answer.text, answer.reasoning, answer.finish) == (said, reasoning, finish)
    assert answer.usage == usage
    assert answer.model == ("gemini-2.5-flash" if name.startswith("llmock") else None)


@needs_recordings
@pytest.mark.parametrize("name", ANSWERS)
def test_a_recorded_stream_gives_the_same_answer_wherever_it_is_cut(name):
    check_every_cut(name, GeminiStream)


@needs_recordings
@given(name=st.sampled_from(list(ANSWERS)), cuts=st.lists(st.integers(0, 5000), max_size=9))
@settings(max_examples=30)
def test_a_recorded_stream_gives_the_same_answer_however_often_it_is_cut(name, cuts):
    check_cuts(name, GeminiStream, cuts)


@needs_recordings
def test_the_clocks_of_a_recorded_stream_tell_thought_from_answer():
    timing = replayed("aimock_gemini_reason", GeminiStream).timing
    assert (timing.ttft, timing.ttfat, timing.e2e) == (0.3278, 0.5479, 0.5479)
    assert timing.reads == 4


@needs_recordings
def test_a_recorded_stream_that_ends_before_its_finish_reason_is_cut():
    body = recorded("llmock_gemini").body
    for end in range(body.rindex(b"data: ")):
        answer = answered(body[:end])
        assert answer.failure.kind == "cut", end
        assert (answer.text, answer.finish) == ("", None)


@pytest.mark.parametrize(
    ("said", "finish"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("LANGUAGE", "content_filter"),
        ("BLOCKLIST", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("SPII", "content_filter"),
        ("IMAGE_SAFETY", "content_filter"),
        ("ESCALATION", "content_filter"),
        ("CONTINUATION", "length"),
        ("FUNCTION_CALL", "tool_calls"),
        ("OTHER", "other"),
    ],
)
def test_a_finish_reason_is_a_finish_in_our_words(said, finish):
    assert answered(chunk(text("Hi")), chunk(finish=said)).finish == finish
    assert answered(sse({"candidates": [{"finishReason": said}]})).finish == finish


@pytest.mark.parametrize("said", ["MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE"])
def test_output_that_the_server_could_not_read_is_no_answer(said):
    answer = answered(chunk(text("Hi")), chunk(finish=said))
    assert (answer.failure.kind, answer.text) == ("malformed", "")
    assert said in answer.failure.message


def test_a_reason_that_is_not_specified_is_none():
    assert answered(chunk(text("Hi"), finish="FINISH_REASON_UNSPECIFIED")).failure.kind == "cut"


def test_a_prompt_that_was_blocked_is_an_empty_answer_that_was_filtered():
    blocked = {
        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
        "usageMetadata": {"promptTokenCount": 12_559, "totalTokenCount": 12_559},
        "modelVersion": "gemini-1.5-flash-002",
    }
    answer = answered(sse(blocked))
    assert (answer.ok, answer.text, answer.finish) == (True, "", "content_filter")
    assert answer.usage == Usage(input_tokens=12_559, output_tokens=0)
    assert answer.timing.ttft is None
    assert answer.model == "gemini-1.5-flash-002"


def test_feedback_that_blocks_nothing_is_no_end():
    for feedback in ({"safetyRatings": []}, {"blockReason": "BLOCK_REASON_UNSPECIFIED"}, None):
        assert answered(chunk(text("Hi"), promptFeedback=feedback)).failure.kind == "cut"


def test_output_holds_the_thoughts_and_the_last_counts_stand():
    reads = (
        chunk(text("Hi"), counts=counts(1, 20, cachedContentTokenCount=5)),
        chunk(text("!"), finish="STOP", counts=counts(3, 20, cachedContentTokenCount=5)),
    )
    assert answered(*reads).usage == Usage(
        input_tokens=7, output_tokens=23, reasoning_tokens=20, cached_tokens=5
    )


def test_an_event_without_counts_leaves_the_earlier_ones():
    reads = (chunk(text("Hi"), counts=counts(1, 20)), chunk(finish="STOP"))
    assert answered(*reads).usage == Usage(input_tokens=7, output_tokens=21, reasoning_tokens=20)


def test_the_last_counts_and_reason_stand_though_an_earlier_event_had_the_same():
    one = chunk(text("Hi"), finish="STOP", counts=counts(2))
    two = chunk(text("Ho"), finish="MAX_TOKENS", counts=counts(1))
    answer = answered(one, one, two, one)
    assert (answer.text, answer.finish, answer.usage.output_tokens) == ("HiHiHoHi", "stop", 2)


def test_the_prompts_of_tools_are_input_and_thoughts_without_an_answer_are_output():
    said = counts(thoughts=64, toolUsePromptTokenCount=100)
    assert answered(chunk(finish="MAX_TOKENS", counts=said)).usage == Usage(
        input_tokens=107, output_tokens=64, reasoning_tokens=64
    )


def test_time_per_token_leaves_out_thoughts_that_were_not_streamed():
    reads = (
        chunk(text("Hi"), counts=counts(3, 90)),
        chunk(text("!"), counts=counts(10, 90)),
        chunk(text("!"), finish="STOP", counts=counts(13, 90)),
    )
    assert answered(*reads).timing.tpot == pytest.approx(2.0 / 10)


def test_time_per_token_is_unknown_where_thoughts_are_summed_up():
    reads = (
        chunk(thought("Hm"), counts=counts(None, 30)),
        chunk(text("Hi"), counts=counts(1, 90)),
        chunk(text("!"), finish="STOP", counts=counts(10, 90)),
    )
    assert answered(*reads).timing.tpot is None


@pytest.mark.parametrize(("tokens", "ttft"), [(100, 1.0), (1000, None)])
def test_a_paragraph_may_come_at_once_and_a_page_was_held_up(tokens, ttft):
    said = counts(tokens)
    timing = answered(chunk(text("word " * tokens), finish="STOP", counts=said)).timing
    assert (timing.ttft, timing.e2e) == (ttft, 1.0)


def test_a_signature_or_an_empty_part_is_no_text():
    reads = (
        chunk({"text": "", "thoughtSignature": "x"}),
        chunk(text("")),
        chunk(),
        sse({"candidates": [{"groundingMetadata": {"webSearchQueries": ["a"]}}]}),
        sse({"candidates": [{"content": {"role": "model"}}]}),
        chunk(text("Hi"), finish="STOP"),
    )
    answer = answered(*reads)
    assert (answer.text, answer.timing.ttft, answer.timing.reads) == ("Hi", 6.0, 1)


@pytest.mark.parametrize(
    ("part", "finish"),
    [
        ({"functionCall": {"name": "weather", "args": {}}}, "tool_calls"),
        ({"executableCode": {"language": "PYTHON", "code": "1"}}, "stop"),
    ],
)
def test_a_call_starts_the_clocks_and_is_no_text(part, finish):
    answer = answered(chunk(text("")), chunk(part, finish="STOP"))
    assert (answer.text, answer.finish) == ("", finish)
    assert (answer.timing.ttft, answer.timing.ttfat) == (2.0, 2.0)


def test_only_the_first_candidate_is_the_answer():
    second = {"content": {"parts": [text("no")]}, "index": 1, "finishReason": "SAFETY"}
    first = response(text("yes"), finish="STOP")
    assert answered(sse({"candidates": [second, *first["candidates"]]})).text == "yes"
    answer = answered(chunk(text("yes"), finish="STOP"), sse({"candidates": [second]}))
    assert (answer.text, answer.finish) == ("yes", "stop")


def test_a_candidate_that_comes_in_two_pieces_ends_as_the_second_says_each_time():
    pieces = [
        {"content": {"parts": []}},
        response(text("yes"), finish="MAX_TOKENS")["candidates"][0],
    ]
    twice = sse({"candidates": pieces})
    answer = answered(twice, twice, chunk(finish="STOP"), twice)
    assert (answer.text, answer.finish) == ("yesyesyes", "length")


def test_text_that_comes_after_a_finish_reason_is_text():
    """Older models gave ``STOP`` with every event."""
    assert answered(chunk(text("Hi"), finish="STOP"), chunk(text("!"), finish="STOP")).text == "Hi!"


def test_events_alike_but_for_their_text_are_told_from_those_that_are_not():
    parts = [text("a"), text('quoted "text"'), thought("h"), thought("m"), text("b"), text("\n")]
    data = b"".join(map(chunk, parts))
    answer = answered(data, chunk(text("c"), text("d"), thought("?"), finish="STOP"))
    assert answer.text == 'aquoted "text"b\ncd'
    assert answer.reasoning == "hm?"


@pytest.mark.parametrize(
    ("error", "again"),
    [
        ({"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}, True),
        ({"code": 500, "message": "Internal", "status": "INTERNAL"}, True),
        ({"code": 429, "message": "Resource exhausted", "status": "RESOURCE_EXHAUSTED"}, True),
        ({"code": 400, "message": "no", "status": "INVALID_ARGUMENT"}, False),
        ({"code": 403, "message": "no", "status": "PERMISSION_DENIED"}, False),
    ],
)
def test_an_error_in_the_stream_can_be_tried_again_before_any_text_only(error, again):
    before = answered(sse({"error": error})).failure
    after = answered(chunk(text("Hi")), sse({"error": error})).failure
    assert before.kind == after.kind == "stream"
    assert before.message == f"after a 200: {error['message']} ({error['status']})"
    assert (before.retryable, after.retryable) == (again, False)


EVENTS = [
    response(thought("Hm"), counts=counts(None, 5)),
    response(text("Hi"), {"functionCall": {"name": "f", "args": {"a": 1}}}),
    {"promptFeedback": {"safetyRatings": [{"category": "X"}]}},
    response(text("!"), finish="STOP", counts=counts(3, 5)),
]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_list_is_read_whole_where_events_were_not_sent(indent):
    body = json.dumps(EVENTS, indent=indent).encode()
    whole = answered(body)
    assert (whole.text, whole.reasoning, whole.finish) == ("Hi!", "Hm", "tool_calls")
    assert whole.usage == Usage(input_tokens=7, output_tokens=8, reasoning_tokens=5)
    assert (whole.timing.ttft, whole.timing.e2e) == (None, 1.0)
    streamed = answered(*map(sse, EVENTS))
    assert (streamed.text, streamed.usage) == (whole.text, whole.usage)


def test_a_list_that_holds_an_error_is_one():
    late = {"error": {"code": 500, "message": "gone"}}
    body = [response(text("Hi")), {"error": {"code": 503, "message": "busy"}}, late]
    assert answered(json.dumps(body).encode()).failure.message == "after a 200: busy (503)"


def test_a_single_response_is_an_answer():
    answer = answered(json.dumps(response(text("Hi"), finish="STOP")).encode())
    assert (answer.text, answer.finish) == ("Hi", "stop")


def test_a_list_that_breaks_off_is_malformed_and_an_empty_one_is_cut():
    assert answered(json.dumps(EVENTS).encode()[:-9]).failure.kind == "malformed"
    assert answered(b"[]").failure.kind == "cut"


def test_a_character_that_was_cut_in_two_is_one_again():
    """As servers do that count in UTF-16; a half that stays alone is kept as it is."""
    assert answered(chunk(text("a\ud83e")), chunk(text("\udd8az"), finish="STOP")).text == "a🦊z"


def test_ten_thousand_events_are_one_text():
    pieces = [f"w{n} " for n in range(10_000)]
    events = (chunk(text(p), counts=counts(n)) for n, p in enumerate(pieces))
    assert answered(b"".join(events), chunk(finish="STOP")).text == "".join(pieces)


@given(
    pieces=st.lists(st.tuples(st.booleans(), st.text()), max_size=12),
    ascii_only=st.booleans(),
)
def test_any_text_comes_through_in_its_place(pieces, ascii_only):
    """Events that differ in their text only are not parsed one by one: that must not be seen."""
    events = [response((thought if hidden else text)(piece)) for hidden, piece in pieces]
    lines = [f"data: {json.dumps(event, ensure_ascii=ascii_only)}\n\n" for event in events]
    answer = answered(*(line.encode() for line in lines), chunk(finish="STOP"))
    assert answer.text == "".join(piece for hidden, piece in pieces if not hidden)
    assert answer.reasoning == "".join(piece for hidden, piece in pieces if hidden)


def test_an_event_of_megabytes_is_one_piece():
    piece = "🦊" * 500_000
    data = chunk(text(piece), finish="STOP")
    cuts = range(0, len(data), 65_536)
    assert answered(*(data[cut : cut + 65_536] for cut in cuts)).text == piece


@pytest.mark.parametrize(
    "hostile",
    [
        b"data: 7\n\n",
        b"data: null\n\n",
        b'data: "text"\n\n',
        b"data: [1]\n\n",
        sse({"candidates": 7}),
        sse({"candidates": [None]}),
        sse({"candidates": [{"content": "Hi"}]}),
        sse({"candidates": [{"content": {"parts": 7}}]}),
        sse({"candidates": [{"content": {"parts": ["Hi"]}}]}),
        sse({"candidates": [{"content": {"parts": [{"text": 7}]}}]}),
        sse({"candidates": [{"content": {"parts": [{"text": ["Hi"], "thought": True}]}}]}),
        sse({"candidates": [{"finishReason": 7}]}),
        sse({"candidates": [{"finishReason": ["STOP"]}]}),
        sse({"promptFeedback": "no"}),
        b"data: " + b"[" * 100_000 + b"\n\n",
        b'data: {"candidates":' + b"[" * 100_000 + b"\n\n",
        b"data: \xff\xfe\n\n",
    ],
)
def test_what_breaks_the_promise_of_the_api_is_malformed(hostile):
    answer = answered(hostile, chunk(finish="STOP"))
    assert answer.failure.kind == "malformed"
    assert len(answer.failure.message) <= 300


@given(st.lists(jsons, max_size=5))
def test_no_events_whatever_raise(events):
    answer = answered(b"".join(map(sse, events)), chunk(finish="STOP"))
    assert answer.text == ""


@given(mangled(EVENTS), st.booleans())
@settings(max_examples=200)
def test_a_value_of_any_type_anywhere_is_an_answer_or_a_failure(events, listed):
    answer = answered(json.dumps(events).encode()) if listed else answered(*map(sse, events))
    assert answer.ok == (answer.failure is None)
    assert answer.ok or answer.failure.kind in ("malformed", "cut", "stream")
