import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from arenatest.hookspec import Call, Context
from arenatest.model.answer import Quota
from arenatest.model.prompt import Message, Prompt
from arenatest.providers.azure import AZURE
from arenatest.providers.openai import OPENAI, PRESETS, presets
from arenatest.providers.responses import RESPONSES
from servers.openai_server import serve
from servers.script import Script

KEY = "sk-canary-0123456789abcdef"
PROMPT = Prompt(id="p1", messages=(Message(role="user", content="Hello?"),))
CALL = Call(
    chat_id="chat-1",
    prompt=PROMPT,
    messages=PROMPT.messages,
    params={"max_tokens": 9},
    timeout=20.0,
    session="talk-1",
)
KINDS = presets()


def ask(kind, call=CALL, **options):
    """The one answer to a call of a provider of this kind."""

    async def run():
        checked = kind.options(model="m", **options)
        environ = {"THE_KEY": KEY}
        context = Context(directory=Path(), environ=environ, clock=time.perf_counter, shared={})
        provider = kind.build(checked, context)
        try:
            return await provider.answer(call)
        finally:
            await provider.close()

    return asyncio.run(run())


@pytest.mark.parametrize("name", KINDS)
def test_a_preset_needs_nothing_but_a_model(name):
    kind, preset = KINDS[name], PRESETS[name]
    options = kind.options(model="m")
    assert options.base_url == preset.base_url
    assert list(kind.environment(options)) == ([preset.key] if preset.key else [])
    assert kind.billing(options).url == preset.base_url
    assert kind.identity(options, Path()) == {
        "base_url": preset.base_url,
        "model": "m",
        "headers": {},
        "body": {},
    }
    assert preset.title in kind.options.__doc__


def test_servers_of_ones_own_need_no_key_and_vendors_do():
    free = {name for name, preset in PRESETS.items() if not preset.key}
    assert free == {"llamacpp", "lmstudio", "sglang", "vllm"}
    assert all("localhost" in PRESETS[name].base_url for name in free)
    assert all(preset.base_url.startswith("https://") for preset in PRESETS.values() if preset.key)


@pytest.mark.parametrize(
    ("name", "stream_options"),
    [
        ("deepseek", {"include_usage": True}),
        ("vllm", {"include_usage": True, "continuous_usage_stats": True}),
        ("mistral", None),
    ],
)
def test_a_preset_asks_for_counts_in_the_servers_way(name, stream_options):
    with serve() as server:
        answer = ask(KINDS[name], base_url=server.base_url, api_key_env="THE_KEY")
    assert answer.ok
    (request,) = server.requests
    assert request.body.get("stream_options") == stream_options
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["x-client-request-id"] == "chat-1"
    assert request.headers.get("x-request-id") == ("chat-1" if name == "vllm" else None)


def sent(kind, **options):
    """The body that would go to the kind's own address, which no test may call."""
    checked = kind.options(model="m", **options)
    context = Context(directory=Path(), environ={}, clock=time.perf_counter, shared={})
    return kind.build(checked, context)._wire.request(CALL)


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (OPENAI, "max_completion_tokens"),
        (KINDS["groq"], "max_completion_tokens"),
        (KINDS["mistral"], "max_tokens"),
        (KINDS["deepseek"], "max_tokens"),
        (RESPONSES, "max_output_tokens"),
    ],
)
def test_the_longest_answer_is_told_in_the_vendors_word(kind, key):
    body = sent(kind).body.decode()
    assert f'"{key}": 9' in body
    assert body.count("_tokens") == 1


def test_another_server_hears_what_the_suite_says():
    assert b'"max_tokens": 9' in sent(OPENAI, base_url="http://localhost:1/v1").body


def test_azure_is_asked_at_its_deployment_with_its_own_header():
    with serve() as server:
        resource = server.base_url.removesuffix("/v1")
        plain = ask(AZURE, base_url=resource, api_key_env="THE_KEY")
        named = ask(
            AZURE,
            base_url=resource,
            api_key_env="THE_KEY",
            deployment="my gpt",
            api_version="2025-01-01-preview",
        )
    assert (plain.ok, named.ok) == (True, True)
    first, second = server.requests
    assert first.path == "/openai/deployments/m/chat/completions?api-version=2024-10-21"
    assert second.path == (
        "/openai/deployments/my%20gpt/chat/completions?api-version=2025-01-01-preview"
    )
    assert first.headers["api-key"] == KEY
    assert "authorization" not in first.headers
    assert first.body["max_completion_tokens"] == 9


@pytest.mark.parametrize(
    "url", ["https://a.openai.azure.com/openai/v1", "https://a.openai.azure.com?api-version=1"]
)
def test_azure_wants_the_resource_alone(url):
    with pytest.raises(ValidationError, match="expected the resource alone"):
        AZURE.options(model="m", base_url=url)


@pytest.mark.parametrize("kind", [AZURE, RESPONSES, OPENAI], ids=["azure", "responses", "openai"])
def test_a_prompt_that_a_filter_stopped_is_an_empty_answer(kind):
    error = {"code": "content_filter", "message": "The prompt was filtered."}
    with serve(script=Script(status=400, error=error)) as server:
        answer = ask(kind, base_url=server.base_url.removesuffix("/v1"), api_key_env="THE_KEY")
    assert (answer.ok, answer.text, answer.finish) == (True, "", "content_filter")
    assert (answer.timing.ttft, answer.timing.e2e) == (None, None)


def test_what_a_server_says_of_limits_and_of_its_time_is_passed_on():
    quotas = []
    headers = {
        "x-ratelimit-remaining-requests": "9",
        "x-ratelimit-reset-requests": "2s",
        "openai-processing-ms": "250",
    }
    with serve(script=Script(headers=headers)) as server:
        call = replace(CALL, on_quota=quotas.append)
        answer = ask(OPENAI, call, base_url=server.base_url, api_key_env="THE_KEY")
    assert quotas == [Quota(remaining_requests=9.0, reset_requests=2.0)]
    assert answer.timing.server == 0.25


def test_a_refused_request_tells_of_limits_too():
    quotas = []
    headers = {"x-ratelimit-remaining-tokens": "0"}
    with serve(script=Script(status=429, headers=headers)) as server:
        call = replace(CALL, on_quota=quotas.append)
        answer = ask(OPENAI, call, base_url=server.base_url, api_key_env="THE_KEY")
    assert answer.failure.kind == "rate_limited"
    assert quotas == [Quota(remaining_tokens=0.0)]


def test_the_id_of_a_conversation_goes_where_the_suite_says():
    with serve() as server:
        here = {"base_url": server.base_url, "api_key_env": ""}
        ask(OPENAI, **here)
        ask(OPENAI, session_header="X-Session-Id", **here)
        ask(OPENAI, session_field="session_id", **here)
        ask(OPENAI, replace(CALL, session=None), session_field="session_id", **here)
    silent, header, field, alone = server.requests
    assert "x-session-id" not in silent.headers
    assert header.headers["x-session-id"] == "talk-1"
    assert "session_id" not in header.body
    assert field.body["session_id"] == "talk-1"
    assert "session_id" not in alone.body


@pytest.mark.parametrize("name", ["Authorization", "api-key", "Content-Type"])
def test_a_session_takes_no_header_that_says_something_else(name):
    with pytest.raises(ValidationError, match="says something else already"):
        OPENAI.options(model="m", session_header=name)


def test_a_session_header_is_the_name_of_a_header():
    with pytest.raises(ValidationError, match="session_header"):
        OPENAI.options(model="m", session_header="X Session")


@pytest.mark.parametrize("said", ["9" * 400, "-1", "soon"])
def test_a_time_that_is_none_costs_no_answer(said):
    with serve(reply="Hi", script=Script(headers={"openai-processing-ms": said})) as server:
        answer = ask(OPENAI, base_url=server.base_url, api_key_env="THE_KEY")
    assert (answer.ok, answer.timing.server) == (True, None)
