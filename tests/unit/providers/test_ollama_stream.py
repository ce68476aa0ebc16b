import json

import pytest

from arenatest.model.answer import Usage
from arenatest.providers.clocks import Clocks
from arenatest.providers.ollama_stream import OllamaStream

DONE = {"done": True, "done_reason": "stop"}


def line(content=None, **more):
    message = {} if content is None else {"message": {"role": "assistant", "content": content}}
    return json.dumps({"model": "qwen3:4b", "done": False, **message, **more}).encode() + b"\n"


def thought(text, key="thinking"):
    return line(message={"role": "assistant", "content": "", key: text})


def answered(*reads):
    """The answer to reads a second apart, from 1 s after the request on."""
    stream = OllamaStream(Clocks(start=0.0, headers=0.5))
    for stamp, data in enumerate(reads, start=1):
        stream.feed(float(stamp), data)
    return stream.finish(len(reads) + 1.0)


def test_the_last_line_tells_counts_and_what_loading_took():
    counts = {"prompt_eval_count": 26, "eval_count": 5}
    times = {"total_duration": 4883583458, "load_duration": 1334875000}
    answer = answered(line("Hel"), line("lo"), line("", **DONE, **counts, **times))
    assert (answer.text, answer.finish, answer.model) == ("Hello", "stop", "qwen3:4b")
    assert answer.usage == Usage(input_tokens=26, output_tokens=5)
    timing = answer.timing
    assert (timing.ttft, timing.e2e, timing.tpot) == (1.0, 2.0, pytest.approx(0.25))
    assert timing.load == pytest.approx(1.334875)
    assert timing.server == pytest.approx(4.883583458)


@pytest.mark.parametrize("key", ["thinking", "reasoning_content"])
def test_thinking_is_told_from_the_answer(key):
    answer = answered(thought("Hm", key), line("Yes"), line("", **DONE))
    assert (answer.reasoning, answer.text) == ("Hm", "Yes")
    assert (answer.timing.ttft, answer.timing.ttfat) == (1.0, 2.0)


def test_a_tool_call_is_the_finish_though_ollama_says_stop():
    call = {"function": {"name": "f", "arguments": {"city": "SF"}}}
    message = {"role": "assistant", "content": "", "tool_calls": [call]}
    answer = answered(line(message=message), line("", **DONE))
    assert (answer.finish, answer.text, answer.timing.ttft) == ("tool_calls", "", 1.0)


@pytest.mark.parametrize(
    ("said", "finish"),
    [({"done_reason": "length"}, "length"), ({}, "stop"), ({"done_reason": "load"}, "load")],
)
def test_the_reason_is_the_finish(said, finish):
    assert answered(line("x"), line("", done=True, **said)).finish == finish


def test_an_error_in_the_stream_is_a_failure():
    failure = answered(line(error="an error was encountered while running the model")).failure
    assert (failure.kind, failure.retryable) == ("stream", True)
    assert failure.message.startswith("after a 200: an error was encountered")
    assert not answered(line("Hel"), line(error="oh")).failure.retryable


def test_a_stream_that_ends_before_done_is_cut():
    assert answered(line("Hel"), line("lo")).failure.kind == "cut"


def test_a_last_line_without_an_end_is_read():
    assert answered(line("x"), line("", **DONE)[:-1]).text == "x"
    assert answered(line("x"), line("", **DONE)[:-5]).failure.kind == "cut"


@pytest.mark.parametrize(
    "bad",
    [
        b"{\n",
        b"5\n",
        b'{"message": 5}\n',
        b'{"message": []}x\n',
        line("", done=True, done_reason=5),
    ],
)
def test_a_line_that_is_not_what_the_api_promises_is_malformed(bad):
    assert answered(line("x"), bad).failure.kind == "malformed"


def test_lines_may_end_in_crlf_and_be_blank():
    reads = b"\r\n" + line("x").replace(b"\n", b"\r\n") + b"\n\n" + line("", **DONE)
    assert answered(reads).text == "x"


def test_nothing_is_read_after_the_end():
    assert answered(line("x") + line("", **DONE) + line("y")).text == "x"


def test_a_line_of_ten_megabytes_is_searched_for_its_end_once():
    data = line("word " * 2_000_000)
    reads = [data[at : at + 2**12] for at in range(0, len(data), 2**12)]
    assert len(answered(*reads, line("", **DONE)).text) == 10_000_000
