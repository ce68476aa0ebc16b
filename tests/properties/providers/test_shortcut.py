"""Events like one that was parsed are read without parsing: the answer must not show which."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arenatest.providers.anthropic_stream import MessageStream
from arenatest.providers.chat_stream import ChatStream
from arenatest.providers.clocks import Clocks
from arenatest.providers.gemini_stream import GeminiStream
from arenatest.providers.responses_stream import ResponsesStream

some_text = st.sampled_from(["a", "b", "stop", 'x"y', "é", "", "text", "content"])
small = st.integers(0, 4)


def table(**values):
    """A table with some of these keys."""
    return st.fixed_dictionaries({}, optional=values)


def mostly_one(values):
    """A list of one value, or seldom of none or two."""
    one = st.lists(values, min_size=1, max_size=1)
    return st.one_of(one, one, one, st.lists(values, max_size=2))


chat_choices = st.fixed_dictionaries(
    {
        "index": st.sampled_from([0, 0, 0, 1]),
        "delta": table(
            content=some_text | st.none(),
            reasoning=some_text,
            refusal=some_text,
            role=st.just("assistant"),
            tool_calls=st.just([{"function": {"arguments": "text"}}]),
        ),
        "finish_reason": st.sampled_from([None, None, None, "stop", ""]),
    }
)
chat = st.fixed_dictionaries(
    {"choices": mostly_one(chat_choices)},
    optional={
        "usage": st.none() | table(completion_tokens=small),
        "error": st.none() | st.just({"message": "busy"}),
    },
)
responses = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            [
                "response.output_text.delta",
                "response.reasoning_text.delta",
                "response.reasoning_summary_text.delta",
                "response.refusal.delta",
                "response.function_call_arguments.delta",
            ]
        ),
        "delta": some_text,
    }
)
anthropic_deltas = st.one_of(
    st.fixed_dictionaries({"type": st.just(f"{name}_delta"), key: some_text})
    for name, key in (
        ("text", "text"),
        ("thinking", "thinking"),
        ("input_json", "partial_json"),
        ("signature", "signature"),
    )
)
anthropic = st.fixed_dictionaries(
    {"type": st.just("content_block_delta"), "delta": anthropic_deltas}
) | st.fixed_dictionaries(
    {
        "type": st.just("message_delta"),
        "delta": st.just({"stop_reason": "end_turn"}),
        "usage": table(output_tokens=small),
    }
)
gemini_parts = st.fixed_dictionaries({"text": some_text}, optional={"thought": st.booleans()})
gemini_candidates = st.fixed_dictionaries(
    {
        "index": st.sampled_from([0, 0, 0, 1]),
        "content": st.fixed_dictionaries({"parts": mostly_one(gemini_parts)}),
    },
    optional={"finishReason": st.sampled_from(["STOP", "MAX_TOKENS", "SAFETY"])},
)
gemini = st.fixed_dictionaries(
    {"candidates": mostly_one(gemini_candidates)},
    optional={"usageMetadata": table(candidatesTokenCount=small, promptTokenCount=small)},
)


def answered(kind, events):
    stream = kind(Clocks(start=0.0, headers=0.0))
    for at, event in enumerate(events, start=1):
        data = json.dumps(event, ensure_ascii=False).encode()
        stream.feed(float(at // 2), b"data: " + data + b"\n\n")
    return stream.finish(99.0)


@pytest.mark.parametrize(
    ("kind", "events"),
    [
        (ChatStream, chat),
        (ResponsesStream, responses),
        (MessageStream, anthropic),
        (GeminiStream, gemini),
    ],
)
@settings(max_examples=100)
@given(data=st.data())
def test_an_answer_is_the_same_whether_or_not_the_shortcut_is_taken(kind, events, data):
    class Parsing(kind):
        def sole_text(self, event):
            return None

    pool = data.draw(st.lists(events, min_size=2, max_size=3))
    stream = data.draw(st.lists(st.sampled_from(pool), min_size=4, max_size=9))
    assert answered(kind, stream) == answered(Parsing, stream)
