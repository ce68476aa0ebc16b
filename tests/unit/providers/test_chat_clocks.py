"""The clocks of a chat's stream, and the counts of tokens that they are divided by."""

import itertools

import pytest

from arenatest.model.answer import Usage
from arenatest.providers.chat_stream import ChatStream
from arenatest.providers.clocks import Clocks
from servers.streams import DONE, answered, event, texts, usage

ROLE = event({"role": "assistant", "content": ""})
COMMENT = b": keep-alive\n\n"
THOUGHT = event({"reasoning_content": "hm"})
CONTENT = event({"content": "Hi"})
STOP = event({}, "stop")
ORDERS = list(itertools.permutations(["headers", "role", "comment", "reasoning", "content"]))
PARTS = {"role": ROLE, "comment": COMMENT, "reasoning": THOUGHT, "content": CONTENT}


def groupings(count):
    """Every way to share ``count`` events in a row among reads: the read of each event."""
    for cuts in itertools.product((0, 1), repeat=count - 1):
        yield list(itertools.accumulate(cuts, initial=0))


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_every_clock_is_right_in_every_order_and_every_grouping_of_reads(order):
    for reads in groupings(len(order)):
        at = {name: 10.0 + 2.0 ** reads[place] for place, name in enumerate(order)}
        clocks = Clocks(start=10.0, headers=at["headers"])
        stream = ChatStream(clocks)
        for _, names in itertools.groupby(order, key=at.__getitem__):
            group = list(names)
            data = b"".join(PARTS.get(name, b"") for name in group)
            if data:
                stream.feed(at[group[0]], data)
        stream.feed(1000.0, STOP + event(None, usage=usage(5, reasoning_tokens=2)) + DONE)
        timing = stream.finish(1010.0).timing

        first, last = sorted((at["reasoning"], at["content"]))
        assert timing.ttfb == at["headers"] - 10.0
        assert timing.ttft == first - 10.0
        assert timing.ttfat == at["content"] - 10.0
        assert timing.e2e == last - 10.0
        assert timing.wall == 1000.0
        assert timing.gaps == ((last - first,) if last > first else ())
        assert timing.tpot == ((last - first) / 4 if last > first else None)
        assert timing.reads == 1 + (last > first)


def test_an_empty_first_delta_is_not_the_first_token():
    answer = answered(
        (0.1, ROLE), (0.5, event({"content": "Hel"})), (0.7, event({"content": "lo"})), (0.8, STOP)
    )
    assert answer.text == "Hello"
    assert answer.timing.ttft == 0.5
    assert answer.finish == "stop"


@pytest.mark.parametrize(
    ("delta", "answer_too"),
    [
        ({"content": "a"}, True),
        ({"content": " "}, True),
        ({"reasoning_content": "a"}, False),
        ({"reasoning": "a", "content": None}, False),
        ({"refusal": "No."}, True),
        ({"tool_calls": [{"index": 0, "function": {"arguments": '{"a'}}]}, True),
    ],
)
def test_all_generated_text_starts_the_clock_but_reasoning_not_that_of_the_answer(
    delta, answer_too
):
    timing = answered((1.0, event(delta)), (2.0, CONTENT), (3.0, STOP)).timing
    assert timing.ttft == 1.0
    assert timing.ttfat == (1.0 if answer_too else 2.0)


@pytest.mark.parametrize(
    "delta",
    [
        {},
        {"content": None},
        {"role": "assistant"},
        {"content": "", "reasoning": ""},
        {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": ""}}]},
        None,
    ],
)
def test_what_holds_no_text_starts_no_clock(delta):
    assert answered((1.0, event(delta)), (2.0, CONTENT), (3.0, STOP)).timing.ttft == 2.0


def test_usage_and_the_terminal_marker_are_after_the_end_of_the_answer():
    tail = [(4.0, STOP), (5.0, event(None, usage=usage(3))), (6.0, DONE)]
    timing = answered(*texts("a", "b", "c")[:-1], *tail, end=7.0).timing
    assert (timing.e2e, timing.wall) == (3.0, 7.0)
    assert timing.tpot == 1.0


@pytest.mark.parametrize(
    "reads",
    [
        [(4.0, STOP), (5.0, event(None, usage=usage(3)))],
        [(4.0, event({}, "stop", usage=usage(3)))],
        [(4.0, event({"content": ""}, "stop", usage=usage(3)) + DONE)],
        [(4.0, STOP), (5.0, event({}, usage=usage(3)))],
    ],
)
def test_usage_is_taken_beside_choices_and_after_them(reads):
    answer = answered(*texts("a", "b", "c")[:-1], *reads)
    assert answer.usage == Usage(input_tokens=7, output_tokens=3)
    assert answer.timing.tpot == 1.0


def test_tokens_that_were_not_streamed_do_not_make_the_stream_faster():
    hidden = usage(13, reasoning_tokens=8, rejected_prediction_tokens=2)
    plain = answered(*texts("a", "b", "c"), (51.0, event(None, usage=hidden)))
    assert plain.timing.tpot == 1.0
    assert plain.usage.output_tokens == 13
    shown = answered((0.5, THOUGHT), *texts("a", "b", "c"), (51.0, event(None, usage=hidden)))
    assert shown.timing.tpot == 2.5 / 10


def test_counts_in_every_chunk_tell_how_many_tokens_the_first_read_held():
    answer = answered(
        (1.0, event({"content": "abc"}, usage=usage(3)) + event({"content": "d"}, usage=usage(4))),
        (2.0, event({"content": "e"}, usage=usage(5))),
        (3.0, event({"content": "f"}, "stop", usage=usage(6))),
    )
    assert answer.timing.tpot == 1.0


@pytest.mark.parametrize("said", [usage(0), {"completion_tokens": 0, "prompt_tokens": 0}])
def test_a_count_of_nothing_beside_text_is_no_count(said):
    answer = answered(*texts("a", "b"), (51.0, event(None, usage=said)))
    assert answer.usage.output_tokens is None
    assert answer.usage.input_tokens == (said["prompt_tokens"] or None)
    assert answer.timing.tpot is None
    nothing = answered((1.0, STOP), (2.0, event(None, usage=usage(0))))
    assert nothing.usage.output_tokens == 0


def test_null_usage_counts_nothing():
    answer = answered(*[(1.0, event({"content": "a"}, usage=None)), (2.0, STOP)])
    assert answer.usage is None
    assert answer.timing.tpot is None


@pytest.mark.parametrize("count", [None, "5", 1.5, True, -1])
def test_a_count_that_is_no_number_is_unknown(count):
    answer = answered(*texts("a", "b"), (51.0, event(None, usage={"completion_tokens": count})))
    assert answer.ok
    assert answer.usage.output_tokens is None


def test_cached_tokens_are_taken_from_both_dialects():
    one = event(None, usage={"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 4}})
    two = event(None, usage={"prompt_tokens": 9, "prompt_cache_hit_tokens": 4})
    for said in (one, two):
        assert answered(*texts("a"), (51.0, said)).usage == Usage(input_tokens=9, cached_tokens=4)
