"""Recorded streams of Anthropic's API: each is read as what it says, however it is cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arenatest.model.answer import Usage
from arenatest.providers.anthropic_stream import MessageStream
from fakes.recorded import check_cuts, check_every_cut, needs_recordings, replayed

FOX = "The quick brown fox jumps over the lazy dog. 你好，世界！ ñandú 🦊 end."  # noqa: RUF001
REASON = "Let me think step by step about this problem carefully."
SIMULATED = "Hi there. This is a simulated reply from claude-sonnet-4-5."
ANSWERS = {
    "aimock_anthropic_plain": (FOX, "", "stop", None),
    "aimock_anthropic_reason": ("The answer is 42.", REASON, "stop", None),
    "aimock_anthropic_tool": ("", "", "tool_calls", None),
    "llmock_anthropic": (SIMULATED, "", "stop", Usage(input_tokens=1, output_tokens=14)),
}


@needs_recordings
@pytest.mark.parametrize("name", ANSWERS)
def test_a_recorded_stream_is_read_as_what_it_says(name):
    answer = replayed(name, MessageStream)
    said, thought, finish, usage = ANSWERS[name]
    assert answer.failure is None
    assert (answer.text, answer.reasoning, answer.finish) == (said, thought, finish)
    assert answer.usage == (usage or Usage())  # aimock counts nothing, and says 0
    assert answer.model == "claude-sonnet-4-5"
    assert answer.response_id.startswith("msg_")


@needs_recordings
@pytest.mark.parametrize("name", ANSWERS)
def test_a_recorded_stream_gives_the_same_answer_wherever_it_is_cut(name):
    check_every_cut(name, MessageStream)


@needs_recordings
@given(name=st.sampled_from(list(ANSWERS)), cuts=st.lists(st.integers(0, 5000), max_size=9))
@settings(max_examples=30)
def test_a_recorded_stream_gives_the_same_answer_however_often_it_is_cut(name, cuts):
    check_cuts(name, MessageStream, cuts)


@needs_recordings
def test_the_clocks_of_a_recorded_stream_start_with_text_not_with_its_envelope():
    """The recording has ``message_start`` at 0.340 s and an empty block at 0.400 s."""
    timing = replayed("aimock_anthropic_reason", MessageStream).timing
    assert (timing.ttfb, timing.ttft, timing.ttfat) == (0.3401, 0.4681, 0.8286)
    assert timing.e2e == 0.8286
    assert timing.wall == 1.0491
    assert timing.reads == 4
