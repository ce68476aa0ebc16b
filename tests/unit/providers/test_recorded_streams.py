import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arenatest.model.answer import Usage
from arenatest.providers.chat_stream import ChatStream
from arenatest.providers.refusals import refusal
from fakes.recorded import check_cuts, check_every_cut, needs_recordings, recorded
from fakes.recorded import replayed as replayed_by

pytestmark = needs_recordings


def replayed(name):
    return replayed_by(name, ChatStream)


FOX = "The quick brown fox jumps over the lazy dog. 你好，世界！ ñandú 🦊 end."  # noqa: RUF001
REASON = "Let me think step by step about this problem carefully."
ANSWERS = {
    "aimock_openai_chat_plain": (FOX, "", "stop", 17),
    "aimock_azure_plain": (FOX, "", "stop", None),
    "aimock_openai_chat_reason": ("The answer is 42.", REASON, "stop", 5),
    "aimock_azure_reason": ("The answer is 42.", REASON, "stop", None),
    "aimock_openai_chat_tool": ("", "", "tool_calls", 6),
    "aimock_azure_tool": ("", "", "tool_calls", None),
    "aimock_openai_chat_filtered": ("I cannot", "", "content_filter", 2),
    "aimock_openai_chat_empty2": ("", "", "stop", 1),
    "aimock_openai_chat_one-token2": ("ok", "", "stop", 1),
    "guidellm_completions": ("Score each cause.", "", "stop", 6),
    "guidellm_chat": ("Score each cause.", "", "stop", 6),
    "llmock_slow_first": ("Simulated answer from gpt-4o for 'hello'.", "", "stop", 10),
    "fakellm_chat": ("Hi there! This is a mock response from fakellm.", "", "stop", None),
    "starlette_early": ("w0 w1 w2 w3 w4 ", "hmm", "stop", None),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_recorded_stream_is_read_as_what_it_says(name):
    answer = replayed(name)
    text, reasoning, finish, tokens = ANSWERS[name]
    assert answer.failure is None
    assert (answer.text, answer.reasoning, answer.finish) == (text, reasoning, finish)
    assert (answer.usage or Usage()).output_tokens == tokens
    assert answer.model
    assert answer.response_id


@pytest.mark.parametrize("name", ANSWERS)
def test_a_recorded_stream_keeps_its_clocks(name):
    """By another way: how many events with text are whole in what came until each read."""
    seen, counts = b"", [(0.0, 0, 0)]
    for stamp, data in recorded(name).reads:
        seen += data
        blocks = [block[6:] for block in seen.split(b"\n\n")[:-1] if block.startswith(b"data: {")]
        deltas = [
            {**choice, **choice.get("delta", {})}
            for block in blocks
            for choice in json.loads(block)["choices"]
        ]
        said = [d for d in deltas if d.get("content") or d.get("text") or _arguments(d)]
        counts.append((stamp, len(said), sum(bool(d.get("reasoning_content")) for d in deltas)))
    pairs = list(itertools.pairwise(counts))
    said = [after[0] for before, after in pairs if after[1] > before[1]]
    generated = [after[0] for before, after in pairs if after[1:] != before[1:]]
    timing = replayed(name).timing
    assert timing.ttfat == (said[0] if said else None)
    assert timing.ttft == (generated[0] if generated else None)
    assert timing.e2e == (generated[-1] if generated else None)
    assert timing.gaps == pytest.approx([b - a for a, b in itertools.pairwise(generated)])


def _arguments(delta):
    return any(call["function"].get("arguments") for call in delta.get("tool_calls") or ())


@pytest.mark.parametrize("name", ANSWERS)
def test_a_recorded_stream_gives_the_same_answer_wherever_it_is_cut(name):
    check_every_cut(name, ChatStream)


@given(name=st.sampled_from(list(ANSWERS)), cuts=st.lists(st.integers(0, 5000), max_size=9))
@settings(max_examples=50)
def test_a_recorded_stream_gives_the_same_answer_however_often_it_is_cut(name, cuts):
    check_cuts(name, ChatStream, cuts)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("aimock_openai_chat_trunc2", "cut"),
        ("llmock_truncate", "cut"),
        ("llmock_disconnect", "cut"),
        ("llmock_malformed", "malformed"),
    ],
)
def test_a_recorded_fault_is_a_failure(name, kind):
    answer = replayed(name)
    assert answer.failure.kind == kind
    assert (answer.text, answer.finish) == ("", None)


def test_the_stream_that_flushes_early_tells_all_clocks_apart():
    timing = replayed("starlette_early").timing
    assert timing.ttfb == pytest.approx(0.039, abs=0.001)
    assert timing.ttft == pytest.approx(0.560, abs=0.001)
    assert timing.ttfat == pytest.approx(1.104, abs=0.001)
    assert timing.tpot is None


@pytest.mark.parametrize(
    ("name", "kind", "again", "wait"),
    [
        ("aimock_openai_chat_ratelimit", "rate_limited", True, 1.0),
        ("guidellm_bad", "request", False, None),
    ],
)
def test_a_recorded_refusal_says_whether_to_come_again(name, kind, again, wait):
    response = recorded(name)
    failure = refusal(response.status, response.headers, response.body)
    assert (failure.kind, failure.retryable, failure.retry_after) == (kind, again, wait)
    assert failure.status == response.status
