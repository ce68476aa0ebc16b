import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenatest.model.answer import Failure, Usage
from servers.streams import DONE, answered, event, texts, usage

ROLE = event({"role": "assistant", "content": ""})
COMMENT = b": keep-alive\n\n"
THOUGHT = event({"reasoning_content": "hm"})
CONTENT = event({"content": "Hi"})
STOP = event({}, "stop")


def test_a_refusal_is_answer_text_and_finishes_as_one():
    answer = answered(
        (1.0, event({"refusal": "I can't "})), (2.0, event({"refusal": "do it."})), (3.0, STOP)
    )
    assert answer.text == "I can't do it."
    assert answer.finish == "refusal"


def test_content_in_parts_is_text_and_thought():
    """As Mistral's reasoning models send it, before they go on in strings."""
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    answer = answered(
        (1.0, event({"content": [thought]})),
        (2.0, event({"content": [{"type": "text", "text": "Hel"}, {"type": "reference"}]})),
        (3.0, event({"content": "lo"})),
        (4.0, STOP),
    )
    assert (answer.text, answer.reasoning) == ("Hello", "hm")
    assert (answer.timing.ttft, answer.timing.ttfat) == (1.0, 2.0)


def test_the_older_call_of_a_function_is_a_call():
    call = event({"function_call": {"name": "f", "arguments": "{"}})
    answer = answered((1.0, call), (2.0, event({}, "function_call")))
    assert (answer.finish, answer.timing.ttft) == ("tool_calls", 1.0)


@pytest.mark.parametrize("reason", ["error", "abort", "insufficient_system_resource"])
def test_a_server_that_broke_off_gave_no_answer(reason):
    failure = answered((1.0, event({}, reason))).failure
    assert (failure.kind, failure.retryable) == ("stream", True)
    assert failure.message == f"after a 200: the server broke off: {reason}"


@pytest.mark.parametrize(
    ("last", "server", "queue"),
    [
        (event(None, metrics={"queue_time_ms": 250, "mean_itl_ms": 3.5}), None, 0.25),
        (event({}, "stop", timings={"prompt_ms": 100, "predicted_ms": 400.0}), 0.5, None),
        (event({}, "stop", x_groq={"usage": {"total_time": 0.5, "queue_time": 0.25}}), 0.5, 0.25),
        (event(None, metrics={"queue_time_ms": -1}), None, None),
        (event(None, metrics=7, timings="x", x_groq={"usage": 7}), None, None),
    ],
)
def test_what_a_server_tells_of_its_own_time_is_kept(last, server, queue):
    timing = answered((1.0, CONTENT), (2.0, STOP), (3.0, last)).timing
    assert timing.server == (None if server is None else pytest.approx(server))
    assert timing.server_queue == queue


def test_a_text_completion_is_read_though_its_pieces_are_numbered_as_choices():
    def piece(index, text, finish=None):
        choice = {"index": index, "text": text, "finish_reason": finish}
        said = json.dumps({"object": "text_completion", "choices": [choice]})
        return f"data: {said}\n\n".encode()

    answer = answered((1.0, piece(0, "Hel")), (2.0, piece(1, "lo")), (3.0, piece(1, "", "stop")))
    assert (answer.text, answer.timing.ttft, answer.timing.e2e) == ("Hello", 1.0, 2.0)


def test_a_second_choice_is_left_alone():
    second = b'data: {"choices":[{"index":1,"delta":{"content":"no"},"finish_reason":"stop"}]}\n\n'
    said = event(None, usage=usage(8))
    answer = answered((1.0, second), *texts("y", "es"), (51.0, said))
    assert answer.text == "yes"
    assert answer.timing.tpot is None  # whose tokens they are nobody knows


def test_the_end_of_a_models_context_is_a_length():
    assert answered((1.0, CONTENT), (2.0, event({}, "model_length"))).finish == "length"


@pytest.mark.parametrize(("total", "output"), [(330, 323), (24, 17), (None, 17)])
def test_reasoning_that_is_counted_beside_the_completion_is_output_too(total, output):
    said = {**usage(17, reasoning_tokens=306), "total_tokens": total}
    if total == 24:
        said["completion_tokens_details"] = {"reasoning_tokens": 9}
    counted = answered(*texts("a", "b"), (51.0, event(None, usage=said))).usage
    assert counted.output_tokens == output


def test_an_error_that_is_the_event_itself_is_an_error():
    data = b'data: {"object":"error","message":"out of memory","code":400}\n\n'
    failure = answered((1.0, CONTENT), (2.0, data)).failure
    assert failure == Failure(kind="stream", message="after a 200: out of memory (400)")


def test_what_is_malformed_is_shown_without_escapes_behind_which_a_key_could_hide():
    data = b'data: {"choices": 7, "said": "key\\u002d\\/1"}\n\n'
    assert "key-/1" in answered((1.0, data)).failure.message


def test_names_of_server_and_answer_are_kept():
    answer = answered(*texts("a"))
    assert (answer.model, answer.response_id) == ("m", "chatcmpl-1")


@pytest.mark.parametrize("tail", [b"", DONE, b"data: [DONE]", b"data:[DONE]\r\n\r\n"])
def test_the_terminal_marker_may_be_missing_where_a_finish_reason_was_seen(tail):
    assert answered((1.0, CONTENT), (2.0, STOP), (3.0, tail)).ok


def test_a_last_event_without_a_blank_line_is_read():
    answer = answered((1.0, CONTENT), (2.0, STOP.strip()))
    assert (answer.ok, answer.text) == (True, "Hi")


def test_half_an_event_at_the_end_is_dropped():
    answer = answered((1.0, CONTENT), (2.0, STOP + event(None, usage=usage(3))[:40]))
    assert (answer.ok, answer.text, answer.usage) == (True, "Hi", None)


@pytest.mark.parametrize("reads", [[], [ROLE], [COMMENT], [DONE], [ROLE, DONE]])
def test_a_stream_without_a_finish_reason_is_cut_and_may_be_tried_again(reads):
    answer = answered(*((float(at), read) for at, read in enumerate(reads)))
    assert answer.failure.kind == "cut"
    assert answer.failure.retryable
    assert "before any text" in answer.failure.message


def test_a_stream_cut_after_text_is_a_failure_without_text_that_may_be_tried_again():
    answer = answered((1.0, CONTENT), (2.0, DONE))
    assert (answer.text, answer.finish) == ("", None)
    assert answer.failure == Failure(
        kind="cut",
        message="the stream ended after 2 characters of text, without a finish reason",
        retryable=True,
    )
    assert answer.timing.ttft == 1.0


@pytest.mark.parametrize(
    "data",
    [
        b"data: {broken\n\n",
        b"data: [1, 2]\n\n",
        b'data: "text"\n\n',
        b"data: null\n\n",
        b"data: \xff\xfe\n\n",
        b'data: {"choices": [7]}\n\n',
        b'data: {"choices": 7}\n\n',
        b'data: {"choices": [{"delta": "text"}]}\n\n',
        b'data: {"choices": [{"delta": {"content": ["part"]}}]}\n\n',
        b'data: {"choices": [{"delta": {"tool_calls": [null]}}]}\n\n',
    ],
)
def test_what_the_api_does_not_promise_is_malformed(data):
    before = answered((1.0, data), (2.0, CONTENT + STOP))
    assert (before.failure.kind, before.failure.retryable) == ("malformed", True)
    after = answered((1.0, CONTENT), (2.0, data), (3.0, STOP))
    assert (after.failure.kind, after.failure.retryable) == ("malformed", False)


@pytest.mark.parametrize(
    ("error", "message", "again"),
    [
        ({"message": "busy", "code": 503}, "after a 200: busy (503)", True),
        (
            {"message": "busy", "type": "overloaded_error"},
            "after a 200: busy (overloaded_error)",
            True,
        ),
        ("went wrong", "after a 200: went wrong", True),
        ({"message": "no", "code": 400}, "after a 200: no (400)", False),
        (
            {"message": "no", "type": "invalid_request_error"},
            "after a 200: no (invalid_request_error)",
            False,
        ),
        (
            {"message": "pay", "code": "insufficient_quota"},
            "after a 200: pay (insufficient_quota)",
            False,
        ),
    ],
)
def test_an_error_in_the_stream_is_a_failure(error, message, again):
    data = b"data: " + json.dumps({"error": error}).encode() + b"\n\n"
    early = answered((1.0, ROLE + data), (2.0, CONTENT + STOP))
    kind = "spent" if "insufficient_quota" in message else "stream"
    assert early.failure == Failure(kind=kind, message=message, retryable=again)
    assert not answered((1.0, CONTENT), (2.0, data)).failure.retryable


def test_an_error_of_null_is_none():
    assert answered((1.0, event({"content": "a"}, error=None)), (2.0, STOP)).text == "a"


def test_an_interruption_counts_only_before_the_finish_reason():
    broke = Failure(kind="connection", message="reset", retryable=True, retry_after=3.0)
    assert answered((1.0, CONTENT), (2.0, STOP), interruption=broke).ok
    assert answered(interruption=broke).failure == broke
    after = answered((1.0, CONTENT), interruption=broke).failure
    assert (after.kind, after.retryable, after.retry_after) == ("connection", False, None)


WHOLE = {
    "id": "chatcmpl-1",
    "model": "m",
    "choices": [{"message": {"content": "Hi", "reasoning": "hm"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2},
}


def test_a_body_that_is_not_streamed_is_read_and_has_no_time_to_first_token():
    data = json.dumps(WHOLE, indent=1).encode()
    answer = answered((1.0, b"\n " + data[:9]), (2.0, data[9:]), end=3.0)
    assert (answer.text, answer.reasoning, answer.finish) == ("Hi", "hm", "stop")
    assert answer.usage == Usage(input_tokens=1, output_tokens=2)
    timing = answer.timing
    assert (timing.ttft, timing.ttfat, timing.tpot, timing.reads) == (None, None, None, 0)
    assert (timing.e2e, timing.wall) == (2.0, 3.0)


@pytest.mark.parametrize(
    ("body", "kind", "again"),
    [
        (b"<html>Welcome</html>", "malformed", False),
        (b'{"choices": []}', "malformed", True),
        (b'{"choices": [{"mess', "malformed", True),
        (b"[1]", "malformed", True),
        (b'{"a": 1}\n{"a": 2}\n', "malformed", True),
        (b'{"error": {"message": "no"}}', "stream", True),
        (b'{"choices": [{"message": {"content": "a"}}]}', "cut", True),
    ],
)
def test_a_body_that_is_no_answer_is_a_failure(body, kind, again):
    failure = answered((1.0, body)).failure
    assert (failure.kind, failure.retryable) == (kind, again)


RICH = (
    COMMENT
    + ROLE
    + event({"reasoning": "I think 🤔 "})
    + event({"content": "你好 "})
    + b": note\r\n\r\n"
    + event({"content": "ñandú 🦊\u2028"}).replace(b"\n", b"\r\n")
    + event({"content": "end"}, "stop").replace(b"data: ", b"data:")
    + event(None, usage=usage(9))
    + DONE
)


def essence(answer):
    return (
        answer.text,
        answer.reasoning,
        answer.finish,
        answer.usage,
        answer.failure,
        answer.model,
    )


def test_every_cut_into_two_reads_gives_the_same_answer():
    whole = essence(answered((1.0, RICH)))
    assert whole[:3] == ("你好 ñandú 🦊\u2028end", "I think 🤔 ", "stop")
    for cut in range(len(RICH) + 1):
        assert essence(answered((1.0, RICH[:cut]), (2.0, RICH[cut:]))) == whole


@given(st.lists(st.integers(0, len(RICH)), max_size=12))
def test_any_cuts_into_reads_give_the_same_answer(cuts):
    bounds = [0, *sorted(cuts), len(RICH)]
    reads = [(float(b), RICH[a:b]) for a, b in itertools.pairwise(bounds)]
    assert essence(answered(*reads)) == essence(answered((1.0, RICH)))


def test_every_cut_short_is_a_cut_until_the_finish_reason_came():
    finished = RICH.index(event(None, usage=usage(9)))
    for length in range(len(RICH)):
        answer = answered((1.0, RICH[:length]))
        if length < finished - 2:  # the blank line may be missing
            assert answer.failure.kind == "cut"
        else:
            assert answer.ok


@given(st.binary(max_size=200), st.integers(0, 200))
def test_no_bytes_make_the_parser_raise(noise, cut):
    answered((1.0, noise[:cut]), (2.0, noise[cut:]))
    answered((1.0, b"data: " + noise), (2.0, b"\n\n" + CONTENT))


KEYS = [
    *("choices", "delta", "content", "usage", "error", "index", "tool_calls", "message"),
    *("function", "arguments", "finish_reason", "id", "model", "completion_tokens"),
]
LEAVES = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False)
JSON = st.recursive(
    LEAVES | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_json_makes_the_parser_raise(value):
    data = json.dumps(value).encode()
    for reads in ([(1.0, b"data: " + data + b"\n\n"), (2.0, CONTENT + STOP)], [(1.0, data)]):
        answer = answered(*reads)
        assert isinstance(answer.text, str)
        assert answer.failure is not None or isinstance(answer.finish, str)
