import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arenatest.model.answer import Failure, Usage
from arenatest.providers.clocks import Clocks
from arenatest.providers.responses_stream import ResponsesStream
from fakes.recorded import (
    check_cuts,
    check_every_cut,
    in_pieces,
    needs_recordings,
    recorded,
    replayed,
)

FOX = "The quick brown fox jumps over the lazy dog. 你好，世界！ ñandú 🦊 end."  # noqa: RUF001
REASON = "Let me think step by step about this problem carefully."
ANSWERS = {
    "aimock_openai_responses_plain": (FOX, "", "stop", None),
    "aimock_openai_responses_reason": ("The answer is 42.", REASON, "stop", None),
    "aimock_openai_responses_tool": ("", "", "tool_calls", None),
    "guidellm_responses": ("Score each cause.", "", "stop", 6),
    "llmock_responses": ("Hello! gpt-5 received: hello", "", "stop", 7),
}


@needs_recordings
@pytest.mark.parametrize("name", ANSWERS)
def test_a_recorded_stream_is_read_as_what_it_says(name):
    answer = replayed(name, ResponsesStream)
    text, reasoning, finish, tokens = ANSWERS[name]
    assert answer.failure is None
    assert (answer.text, answer.reasoning, answer.finish) == (text, reasoning, finish)
    assert answer.usage.output_tokens == tokens
    assert answer.model
    assert answer.response_id.startswith("resp")


@needs_recordings
@pytest.mark.parametrize("name", ANSWERS)
def test_a_recorded_stream_keeps_its_clocks(name):
    """By another way: a read holds text where a delta's bytes are complete in it."""
    response = recorded(name)
    timing = replayed(name, ResponsesStream).timing
    text, thought = [], []
    seen = b""
    for stamp, data in response.reads:
        seen, before = seen + data, seen
        for name_of_event, stamps in (
            (b'reasoning_summary_text.delta"', thought),
            (b'output_text.delta"', text),
            (b'function_call_arguments.delta"', text),
        ):
            ends = [
                block
                for block in seen.split(b"\n\n")[:-1]
                if name_of_event in block and b'"delta"' in block
            ]
            earlier = [b for b in before.split(b"\n\n")[:-1] if name_of_event in b]
            if len(ends) > len(earlier):
                stamps.append(stamp)
    assert timing.ttft == min(text + thought)
    assert timing.ttfat == text[0]
    assert timing.e2e == max(text + thought)


@needs_recordings
@pytest.mark.parametrize("name", ANSWERS)
def test_a_recorded_stream_gives_the_same_answer_wherever_it_is_cut(name):
    check_every_cut(name, ResponsesStream)


@needs_recordings
@given(name=st.sampled_from(list(ANSWERS)), cuts=st.lists(st.integers(0, 5000), max_size=9))
@settings(max_examples=40)
def test_a_recorded_stream_gives_the_same_answer_however_often_it_is_cut(name, cuts):
    check_cuts(name, ResponsesStream, cuts)


def event(name, **more):
    data = json.dumps({"type": name, **more}, ensure_ascii=False)
    return f"event: {name}\ndata: {data}\n\n".encode()


def text(piece):
    return event("response.output_text.delta", item_id="m", output_index=0, delta=piece)


def ended(status="completed", **more):
    response = {"id": "resp_1", "model": "m", "status": status, "output": [], **more}
    return event(f"response.{status}", response=response)


def answered(*pieces):
    return in_pieces(list(pieces), ResponsesStream)


def test_events_become_an_answer_with_usage_and_names():
    usage = {
        "input_tokens": 9,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 8,
        "output_tokens_details": {"reasoning_tokens": 5},
    }
    answer = answered(
        event("response.created", response={"id": "resp_1", "model": "m"}),
        text("Hel"),
        text("lo"),
        ended(usage=usage),
    )
    assert (answer.text, answer.finish) == ("Hello", "stop")
    assert (answer.model, answer.response_id) == ("m", "resp_1")
    assert answer.usage == Usage(
        input_tokens=9, output_tokens=8, reasoning_tokens=5, cached_tokens=4
    )
    assert answer.timing.ttft == 2.0
    assert answer.timing.tpot == 1.0 / 2


def test_a_summary_of_reasoning_leaves_the_time_per_token_unknown():
    usage = {"output_tokens": 8, "output_tokens_details": {"reasoning_tokens": 5}}
    thought = event("response.reasoning_summary_text.delta", delta="hm")
    answer = answered(thought, text("a"), text("b"), ended(usage=usage))
    assert (answer.reasoning, answer.timing.ttft, answer.timing.ttfat) == ("hm", 1.0, 2.0)
    assert answer.timing.tpot is None
    raw = event("response.reasoning_text.delta", delta="hm")
    assert answered(raw, text("a"), text("b"), ended(usage=usage)).timing.tpot == 2.0 / 7


@pytest.mark.parametrize(
    ("status", "more", "finish"),
    [
        ("incomplete", {"incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ("incomplete", {"incomplete_details": {"reason": "content_filter"}}, "content_filter"),
        ("incomplete", {"incomplete_details": None}, "incomplete"),
        ("completed", {"output": [{"type": "function_call"}]}, "tool_calls"),
        ("completed", {"output": [{"type": "web_search_call"}]}, "stop"),
    ],
)
def test_the_end_of_a_response_has_our_words(status, more, finish):
    assert answered(text("a"), ended(status, **more)).finish == finish


def test_a_refusal_is_answer_text_and_finishes_as_one():
    answer = answered(event("response.refusal.delta", delta="No."), ended())
    assert (answer.text, answer.finish, answer.timing.ttfat) == ("No.", "refusal", 1.0)


@pytest.mark.parametrize("what", ["function_call_arguments", "custom_tool_call_input"])
def test_arguments_of_a_call_start_the_clocks(what):
    answer = answered(
        event(f"response.{what}.delta", delta=""),
        event(f"response.{what}.delta", delta="{"),
        ended(),
    )
    assert (answer.text, answer.timing.ttft) == ("", 2.0)


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        (
            event("error", code="server_error", message="broke", param=None),
            Failure(kind="stream", message="after a 200: broke (server_error)", retryable=True),
        ),
        (
            event("error", error={"code": "insufficient_quota", "message": "pay"}),
            Failure(kind="spent", message="after a 200: pay (insufficient_quota)"),
        ),
        (
            ended("failed", error={"code": "server_error", "message": "broke"}),
            Failure(kind="stream", message="after a 200: broke (server_error)", retryable=True),
        ),
        (
            ended("cancelled"),
            Failure(
                kind="stream", message="after a 200: the response is cancelled", retryable=True
            ),
        ),
    ],
)
def test_an_error_after_a_200_is_a_failure(data, failure):
    assert answered(data).failure == failure
    late = answered(text("a"), data)
    assert (late.failure.kind, late.failure.retryable, late.text) == (failure.kind, False, "")


def test_a_stream_without_its_last_event_is_cut():
    assert answered(text("a"), text("b")).failure.kind == "cut"
    assert answered(text("a"), b"data: [DONE]\n\n").failure.kind == "cut"


@pytest.mark.parametrize(
    "data",
    [
        event("response.output_text.delta"),
        event("response.output_text.delta", delta=["a"]),
        event("response.completed"),
        event("response.completed", response=7),
        b"data: [1]\n\n",
    ],
)
def test_what_the_api_does_not_promise_is_malformed(data):
    assert answered(data).failure.kind == "malformed"


def test_a_body_that_is_not_streamed_is_read():
    body = {
        "id": "resp_1",
        "model": "m",
        "status": "completed",
        "error": None,
        "output": [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
            {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]},
        ],
        "usage": {"input_tokens": 1, "output_tokens": 2},
    }
    answer = answered(json.dumps(body).encode())
    assert (answer.text, answer.reasoning, answer.finish) == ("Hi", "hm", "stop")
    assert (answer.timing.ttft, answer.timing.e2e) == (None, 1.0)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_parser_raise(noise):
    answered(noise)
    answered(b"data: " + noise + b"\n\n", ended())


def test_the_shortcut_serves_deltas_that_differ_in_nothing_but_their_text():
    stream = ResponsesStream(Clocks(start=0.0))
    stream.feed(1.0, text("a") + text('"b"') + text("c"))
    stream.feed(2.0, text("d") + ended())
    assert stream.finish(3.0).text == 'a"b"cd'
