"""aimock speaks the wire format of every vendor; here each provider asks it the same things."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from arenatest.hookspec import Call, Context
from arenatest.model.prompt import Message, Prompt
from arenatest.providers import pytest_arena_providers
from servers import aimock

pytestmark = aimock.required

FOX = "The quick brown fox jumps over the lazy dog. 你好，世界！ ñandú 🦊 end."  # noqa: RUF001
THOUGHT = "Let me think step by step about this problem carefully."
TOOL = {"name": "get_weather", "arguments": {"city": "SF"}}
REPLIES = {
    "plain": {"content": FOX},
    "reason": {"content": "The answer is 42.", "reasoning": THOUGHT},
    "tool": {"toolCalls": [TOOL]},
    "length": {"content": "It goes on and", "finishReason": "length"},
    "counted": {
        "content": "Counted.",
        "usage": {
            **{"prompt_tokens": 7, "completion_tokens": 5},
            **{"input_tokens": 7, "output_tokens": 5},
            **{"promptTokenCount": 7, "candidatesTokenCount": 5},
        },
    },
    "busy": {"error": {"message": "too many", "type": "rate_limit_error"}, "status": 429},
    "broken": {"error": {"message": "no luck", "type": "server_error"}, "status": 500},
}
SPREAD = {"plain": 30, "reason": 30}  # ms between pieces: one long read would be no stream
CUT = {"content": FOX}
CHAOS = {"garbled": "malformedRate", "gone": "disconnectRate"}
KEY = "sk-canary-3e9d-of-a-test"


@pytest.fixture(scope="module")
def mock():
    replies = [
        {"match": {"userMessage": word}, "response": reply, "latency": SPREAD.get(word, 0)}
        for word, reply in REPLIES.items()
    ]
    chaos = [
        {"match": {"userMessage": word}, "response": CUT, "chaos": {rate: 1}}
        for word, rate in CHAOS.items()
    ]
    cut = {"match": {"userMessage": "cut"}, "response": CUT, "latency": 30}
    with aimock.serve(*replies, *chaos, {**cut, "truncateAfterChunks": 3}) as running:
        yield running


# Where each API starts below aimock's address, and a model that aimock knows to think.
PLACES = {
    "openai": ("/v1", "gpt-5"),
    "openai-responses": ("/v1", "gpt-5"),
    "azure": ("", "gpt-5"),
    "anthropic": ("", "claude-sonnet-4-5"),
    "gemini": ("/v1beta", "gemini-2.5-pro"),
    "bedrock": ("", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
    "ollama": ("", "qwen3"),
    "openrouter": ("/v1", "gpt-5"),
    "vllm": ("/v1", "qwen3"),
}
KINDS = pytest.mark.parametrize("kind", PLACES)


def ask(mock, kind, word, **params):
    """The answer of a provider of this kind to a user who says this word."""
    made = pytest_arena_providers()[kind]
    environ = {"KEY": KEY}
    context = Context(directory=Path(), environ=environ, clock=time.monotonic, shared={})
    path, model = PLACES[kind]
    options = made.options(model=model, base_url=mock.url + path, api_key_env="KEY")
    provider = made.build(options, context)
    system = Message(role="system", content="Be brief.")
    asked = Message(role="user", content=word)
    call = Call(
        chat_id=f"chat-{kind}-{word}",
        prompt=Prompt(id=word, messages=(asked,), system=system.content),
        messages=(system, asked),
        params=params,
        timeout=20.0,
    )

    async def once():
        await provider.open()
        try:
            return await provider.answer(call)
        finally:
            await provider.close()

    return asyncio.run(once())


@KINDS
def test_text_comes_through_whole(mock, kind):
    answer = ask(mock, kind, "plain")
    assert answer.failure is None
    assert (answer.text, answer.reasoning, answer.finish) == (FOX, "", "stop")
    assert answer.timing.ttft == answer.timing.ttfat > 0
    assert answer.timing.reads >= 1


@KINDS
def test_thinking_is_told_from_the_answer(mock, kind):
    answer = ask(mock, kind, "reason")
    assert (answer.text, answer.reasoning) == ("The answer is 42.", THOUGHT)
    assert answer.timing.ttft <= answer.timing.ttfat


@KINDS
def test_a_tool_call_starts_the_clocks_and_is_the_finish(mock, kind):
    answer = ask(mock, kind, "tool")
    assert (answer.text, answer.finish, answer.failure) == ("", "tool_calls", None)
    assert answer.timing.ttft is not None


@KINDS
def test_an_answer_that_was_cut_by_its_length_says_so(mock, kind):
    """aimock has no words for it in two of the dialects."""
    answer = ask(mock, kind, "length")
    finish = {"ollama": "stop", "openai-responses": "incomplete"}.get(kind, "length")
    assert (answer.text, answer.finish) == ("It goes on and", finish)


@KINDS
def test_tokens_are_counted_by_the_server(mock, kind):
    """aimock lets nobody count in Ollama's words."""
    usage = ask(mock, kind, "counted").usage
    counts = (usage.input_tokens, usage.output_tokens)
    assert counts == ((None, None) if kind == "ollama" else (7, 5))


@KINDS
def test_the_server_gets_the_key_and_our_id_of_the_call(mock, kind):
    ask(mock, kind, "plain")
    headers = mock.requests[-1]["headers"]
    assert headers["x-client-request-id"] == f"chat-{kind}-plain"
    assert "[REDACTED]" in headers.values()


@KINDS
def test_a_stream_that_breaks_off_is_no_answer(mock, kind):
    answer = ask(mock, kind, "cut")
    assert answer.failure.kind == "cut"
    assert answer.text == ""


@KINDS
@pytest.mark.parametrize(("word", "failure"), [("busy", "rate_limited"), ("broken", "server")])
def test_a_refusal_of_the_server_has_its_name_and_may_be_tried_again(mock, kind, word, failure):
    answer = ask(mock, kind, word)
    assert (answer.failure.kind, answer.failure.retryable) == (failure, True)


@KINDS
@pytest.mark.parametrize(("word", "failure"), [("garbled", "malformed"), ("gone", "connection")])
def test_a_server_in_chaos_gives_no_answer(mock, kind, word, failure):
    """A line of garbage without an end looks like one that was cut."""
    answer = ask(mock, kind, word)
    if (kind, word) == ("ollama", "garbled"):
        failure = "cut"
    assert (answer.failure.kind, answer.failure.retryable) == (failure, True)


@KINDS
def test_the_key_is_in_no_answer(mock, kind):
    answers = [ask(mock, kind, word) for word in ("plain", "busy")]
    assert KEY not in repr(answers)


def test_a_suite_sets_the_dialects_against_each_other(project, monkeypatch, mock):
    """A whole run: all answer alike, so nothing is lost and every battle is a tie."""
    monkeypatch.setenv("KEY", KEY)
    old, *others = PLACES

    def contestant(kind):
        path, model = PLACES[kind]
        where = f'model = "{model}"\nbase_url = "{mock.url}{path}"\napi_key_env = "KEY"\n'
        return f'name = "{kind}"\nprovider = "{kind}"\n{where}'

    rivals = "".join(f"[[candidates]]\n{contestant(kind)}" for kind in others)
    asked = "".join(f'[[prompts]]\nquery = "plain {n}"\nresponse = "{FOX}"\n' for n in range(8))
    project.write(
        "x.arena.toml",
        f'[suite]\nname = "x"\n[run]\nearly_stop = false\n[baseline]\n{contestant(old)}{rivals}'
        '[[judges]]\nkind = "reference"\n[[gates]]\nmetric = "error_rate"\nmax = 0.8\n'
        f'[[gates]]\nmetric = "win_rate"\nmin = 0.05\n{asked}',
    )
    result = project.run("-vv")
    result.assert_outcomes(passed=2 * len(others))
    calls = "select owner, count(*), sum(failure is null), sum(ttft > 0) from call"
    rows = project.sql(f"{calls} group by owner")
    assert sorted(rows) == [(kind, 8, 8, 8) for kind in sorted(PLACES)]
    assert KEY not in result.stdout.str()
