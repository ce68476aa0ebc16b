import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arenatest.providers.converse_stream import ConverseStream
from arenatest.providers.ollama_stream import OllamaStream
from fakes.recorded import check_cuts, check_every_cut, needs_recordings, replayed

pytestmark = needs_recordings

FOX = "The quick brown fox jumps over the lazy dog. 你好，世界！ ñandú 🦊 end."  # noqa: RUF001
REASON = "Let me think step by step about this problem carefully."
ANSWERS = {
    "plain": (FOX, "", "stop"),
    "reason": ("The answer is 42.", REASON, "stop"),
    "tool": ("", "", "tool_calls"),
}
STREAMS = {"aimock_bedrock_converse": ConverseStream, "aimock_ollama": OllamaStream}
each = pytest.mark.parametrize(
    ("server", "what"), [(server, what) for server in STREAMS for what in ANSWERS]
)


@each
def test_a_recorded_stream_is_read_as_what_it_says(server, what):
    answer = replayed(f"{server}_{what}", STREAMS[server])
    assert answer.failure is None
    assert (answer.text, answer.reasoning, answer.finish) == ANSWERS[what]
    assert answer.model == ("llama3" if server == "aimock_ollama" else None)
    timing = answer.timing
    assert timing.ttfb <= timing.ttft <= timing.ttfat <= timing.e2e <= timing.wall
    assert (timing.ttft < timing.ttfat) == (what == "reason")


@each
def test_counts_and_times_of_nothing_are_unknown(server, what):
    """aimock counts no tokens and takes no time, and says 0."""
    answer = replayed(f"{server}_{what}", STREAMS[server])
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (None, None)
    timing = answer.timing
    assert (timing.tpot, timing.server, timing.load) == (None, None, None)


@each
def test_a_recorded_stream_gives_the_same_answer_wherever_it_is_cut(server, what):
    check_every_cut(f"{server}_{what}", STREAMS[server])


@given(
    server=st.sampled_from(list(STREAMS)),
    what=st.sampled_from(list(ANSWERS)),
    cuts=st.lists(st.integers(0, 5000), max_size=9),
)
@settings(max_examples=50)
def test_a_recorded_stream_gives_the_same_answer_however_often_it_is_cut(server, what, cuts):
    check_cuts(f"{server}_{what}", STREAMS[server], cuts)
