import pytest

from arenatest.model.answer import Usage
from arenatest.providers.clocks import Clocks
from arenatest.providers.converse_stream import ConverseStream
from servers.frames import event, exception, frame

START = event("messageStart", {"role": "assistant"})
STOP = event("messageStop", {"stopReason": "end_turn"})


def said(text, **more):
    return event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}, **more})


def thought(**what):
    delta = {"reasoningContent": what}
    return event("contentBlockDelta", {"contentBlockIndex": 0, "delta": delta})


def metadata(took=0, **usage):
    return event("metadata", {"usage": usage, "metrics": {"latencyMs": took}})


def answered(*reads):
    """The answer to reads a second apart, from 1 s after the request on."""
    stream = ConverseStream(Clocks(start=0.0, headers=0.5))
    for stamp, data in enumerate(reads, start=1):
        stream.feed(float(stamp), data)
    return stream.finish(len(reads) + 1.0)


def test_usage_and_the_servers_own_time_come_with_the_metadata():
    usage = {"inputTokens": 7, "outputTokens": 5, "cacheReadInputTokens": 20}
    end = metadata(1234, **usage, cacheWriteInputTokens=3, totalTokens=35)
    answer = answered(START, said("Hel"), said("lo"), STOP + end)
    assert (answer.text, answer.finish) == ("Hello", "stop")
    assert answer.usage == Usage(input_tokens=30, output_tokens=5, cached_tokens=20)
    timing = answer.timing
    assert (timing.ttft, timing.e2e, timing.server) == (2.0, 3.0, pytest.approx(1.234))
    assert timing.tpot == pytest.approx(1 / 4)


def test_the_start_of_a_block_is_no_text():
    start = event("contentBlockStart", {"start": {"toolUse": {"name": "f", "toolUseId": "1"}}})
    called = event("contentBlockDelta", {"delta": {"toolUse": {"input": '{"a":'}}})
    stop = event("messageStop", {"stopReason": "tool_use"})
    answer = answered(START, start, called, stop)
    assert (answer.finish, answer.text) == ("tool_calls", "")
    assert answer.timing.ttft == 3.0


def test_padding_that_differs_in_every_event_changes_nothing():
    reads = [said(str(n), p="abcdefghijklmnopqrstuvwxyz"[:n]) for n in range(20)]
    assert answered(*reads, STOP).text == "".join(str(n) for n in range(20))


def test_a_signature_is_no_thought_and_hidden_thoughts_make_the_pace_unknown():
    usage = {"inputTokens": 7, "outputTokens": 50}
    seen = answered(thought(text="Hm"), thought(signature="x"), said("a"), said("b"), STOP)
    assert (seen.reasoning, seen.timing.ttft, seen.timing.ttfat) == ("Hm", 1.0, 3.0)
    hidden = answered(
        thought(redactedContent="eA=="), said("a"), said("b"), STOP, metadata(**usage)
    )
    assert (hidden.reasoning, hidden.timing.ttft, hidden.timing.tpot) == ("", 2.0, None)
    assert hidden.usage.output_tokens == 50


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("content_filtered", "content_filter"),
        ("guardrail_intervened", "content_filter"),
        ("Something_New", "something_new"),
    ],
)
def test_every_reason_has_its_finish(reason, finish):
    answer = answered(said("x"), event("messageStop", {"stopReason": reason}))
    assert (answer.failure, answer.finish) == (None, finish)


@pytest.mark.parametrize("reason", ["malformed_model_output", "malformed_tool_use"])
def test_what_bedrock_could_not_read_is_malformed(reason):
    answer = answered(START, event("messageStop", {"stopReason": reason}))
    assert answer.failure.kind == "malformed"
    assert reason in answer.failure.message
    assert answer.failure.retryable


@pytest.mark.parametrize(
    ("name", "retryable"),
    [
        ("throttlingException", True),
        ("internalServerException", True),
        ("modelStreamErrorException", True),
        ("serviceUnavailableException", True),
        ("modelTimeoutException", True),
        ("validationException", False),
        ("accessDeniedException", False),
    ],
)
def test_an_exception_inside_the_stream_is_a_failure_with_its_name(name, retryable):
    answer = answered(START, exception(name, "oh dear"))
    failure = answer.failure
    assert (failure.kind, failure.retryable) == ("stream", retryable)
    assert failure.message == f"after a 200: oh dear ({name})"
    after_text = answered(said("x"), exception(name, "oh dear"))
    assert (after_text.text, after_text.failure.retryable) == ("", False)


def test_an_error_without_a_payload_is_a_failure():
    headers = {":message-type": "error", ":error-code": "Boom", ":error-message": "oh dear"}
    failure = answered(frame(headers)).failure
    assert (failure.kind, failure.message) == ("stream", "after a 200: oh dear (Boom)")


def test_a_frame_with_a_wrong_sum_is_malformed_and_the_text_before_it_counts_as_generated():
    whole = said("Hello") + said("!")
    answer = answered(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert answer.failure.kind == "malformed"
    assert answer.failure.message == "the stream is broken: the CRC of a frame is wrong"
    assert not answer.failure.retryable


@pytest.mark.parametrize("reads", [(START,), (START, said("Hel")), (said("x")[:-3],)])
def test_a_stream_that_ends_before_the_message_does_is_cut(reads):
    assert answered(*reads).failure.kind == "cut"


def test_a_message_is_whole_without_its_metadata():
    answer = answered(said("x"), STOP, metadata()[:-1])
    assert (answer.text, answer.usage, answer.failure) == ("x", None, None)


@pytest.mark.parametrize(
    "payload", [{"delta": {"text": 5}}, {"delta": "x"}, {}, [], {"delta": {"toolUse": "x"}}]
)
def test_an_event_that_is_not_what_the_api_promises_is_malformed(payload):
    assert answered(event("contentBlockDelta", payload)).failure.kind == "malformed"


def test_a_body_of_json_is_no_stream():
    failure = answered(b'{"output": {"message": {}}}').failure
    assert failure.kind == "malformed"
    assert "expected a stream" in failure.message


def test_events_of_other_names_are_skipped():
    other = event("initial-response", {}) + event("contentBlockStop", {"contentBlockIndex": 0})
    assert answered(other + said("x") + STOP).text == "x"
