import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from arenatest.errors import MissingKey, OptionError
from arenatest.model.answer import Usage
from arenatest.model.prompt import Message
from arenatest.providers.openai import OPENAI, OpenAIOptions, chat_url
from servers.openai_server import serve, spawn
from servers.script import Script
from unit.providers.asking_openai import CALL, KEY, PROMPT, ask, build


def test_an_answer_comes_with_usage_ids_and_clocks():
    script = Script(ttft=0.05, itl=0.1, comments=2, reasoning="Let me think ")
    with serve(reply="Hello there, world.", script=script) as server:
        (answer,) = ask(server.base_url)
    assert answer.failure is None
    assert (answer.text, answer.reasoning) == ("Hello there, world.", "Let me think ")
    assert (answer.finish, answer.model) == ("stop", "m")
    assert (answer.request_id, answer.response_id) == ("req-1", "chatcmpl-1")
    assert answer.usage == Usage(
        input_tokens=1, output_tokens=6, reasoning_tokens=3, cached_tokens=0
    )
    timing = answer.timing
    assert timing.source == "measured"
    assert timing.queue_wait is None
    assert 0 < timing.connect < timing.ttfb < timing.ttft < timing.ttfat < timing.e2e
    assert timing.ttft >= 0.05
    assert timing.e2e <= timing.wall
    assert timing.connection_reused is False


def test_the_request_is_what_the_suite_says():
    messages = (Message(role="system", content="Be brief."), *PROMPT.messages)
    call = replace(CALL, messages=messages, params={"temperature": 0, "top_p": 1})
    with serve() as server:
        ask(
            server.base_url,
            call,
            headers={"X-Team": "blue", "User-Agent": "mine"},
            body={"top_p": 0.5, "seed": 7, "stream_options": {"continuous_usage_stats": True}},
        )
    (request,) = server.requests
    assert request.path == "/v1/chat/completions"
    assert request.body == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello?"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True, "continuous_usage_stats": True},
        "temperature": 0,
        "top_p": 0.5,
        "seed": 7,
    }
    assert request.headers["x-client-request-id"] == "chat-1"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["x-team"] == "blue"
    assert request.headers["user-agent"] == "mine"
    assert "authorization" not in request.headers


def test_connections_are_kept_and_the_answer_says_so():
    with serve() as server:
        first, second = ask(server.base_url, CALL, CALL)
        assert server.connections == 1
    assert (first.timing.connection_reused, second.timing.connection_reused) == (False, True)


def test_calls_made_together_do_not_wait_for_each_other():
    async def run(base_url):
        provider = build(base_url)
        answers = await asyncio.gather(*(provider.answer(CALL) for _ in range(120)))
        await provider.close()
        return answers

    with serve(script=Script(ttft=0.2)) as server:
        answers = asyncio.run(run(server.base_url))
    assert all(answer.ok for answer in answers)
    assert server.connections == 120
    assert max(answer.timing.wall for answer in answers) < 10.0


def test_five_hundred_streams_at_once_are_read_by_one_process():
    async def run(base_url):
        provider = build(base_url)
        answers = await asyncio.gather(*(provider.answer(CALL) for _ in range(500)))
        await provider.close()
        return answers

    with spawn("--tokens", "5", "--ttft-ms", "1000", "--itl-ms", "50") as base_url:
        answers = asyncio.run(run(base_url))
    assert [answer.failure for answer in answers] == [None] * 500
    assert {answer.usage.output_tokens for answer in answers} == {5}


@pytest.mark.parametrize(
    "script",
    [
        Script(split=1),
        Script(newline="\r\n", split=3),
        Script(per_write=3, itl=0.002, usage="finish"),
        Script(order=("reasoning", "role", "content", "comment"), comments=1),
        Script(early=False, reasoning_key="reasoning", done=False),
    ],
)
def test_the_ways_of_servers_change_no_answer(script):
    with serve(reply="Grüße, 你好 🦊!", script=replace(script, reasoning="hm ")) as server:
        (answer,) = ask(server.base_url)
    assert answer.failure is None
    assert (answer.text, answer.reasoning) == ("Grüße, 你好 🦊!", "hm ")
    assert answer.usage.output_tokens == 4


def test_a_server_that_may_not_stream_is_read_whole():
    with serve(reply="Hello") as server:
        (answer,) = ask(server.base_url, body={"stream": False})
    assert answer.text == "Hello"
    assert answer.timing.ttft is None
    assert answer.timing.e2e > 0
    assert "stream_options" not in server.requests[0].body


def test_the_key_is_sent_and_missing_is_one_clear_error():
    with serve() as server:
        ask(server.base_url, environ={"MY_KEY": f" {KEY}\n"}, api_key_env="MY_KEY")
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
        for environ in ({}, {"MY_KEY": " "}):
            with pytest.raises(MissingKey, match="environment variable MY_KEY is not set"):
                ask(server.base_url, environ=environ, api_key_env="MY_KEY")


@pytest.mark.parametrize(
    "script",
    [
        Script(status=401, error={"message": f"Incorrect API key: {KEY}"}),
        Script(status=500, error={"message": "x" * 280 + KEY}),
        Script(fault="error", error={"message": f"bad {KEY}", "code": KEY}),
        Script(finish="stop"),
        Script(fault="cut"),
        Script(fault="drop"),
        Script(fault="reset"),
        Script(fault="malformed"),
        Script(fault="stall"),
        Script(headers={"X-Request-Id": KEY}),
        Script(status=400, headers={"Location": KEY}),
    ],
)
def test_the_key_is_nowhere_in_what_comes_out(script, caplog):
    async def run(base_url):
        provider = build(base_url, environ={"MY_KEY": KEY}, api_key_env="MY_KEY")
        answer = await provider.answer(replace(CALL, timeout=0.5))
        shown = [repr(answer), str(answer), repr(provider), str(provider)]
        await provider.close()
        return shown

    with serve(reply=f"Your key is {KEY}!", script=script) as server:
        shown = "\n".join([*asyncio.run(run(server.base_url)), caplog.text])
    assert KEY not in shown
    assert KEY[:12] not in shown


def test_a_key_that_no_header_can_hold_is_refused_without_showing_it():
    with pytest.raises(OptionError) as caught:
        ask("http://127.0.0.1:1", environ={"MY_KEY": f"{KEY}\r\nX: y"}, api_key_env="MY_KEY")
    assert str(caught.value) == (
        "environment variable MY_KEY holds a blank or a character that no key has"
    )
    assert KEY not in repr(caught.value)


def test_identity_is_what_determines_answers_and_not_where_the_key_is():
    one = OpenAIOptions(model="m", api_key_env="A", headers={"X": "1"}, body={"seed": 1})
    assert OPENAI.identity(one, Path()) == {
        "base_url": "https://api.openai.com/v1",
        "model": "m",
        "headers": {"X": "1"},
        "body": {"seed": 1},
    }
    assert OPENAI.environment(one) == ("A",)
    assert OPENAI.environment(OpenAIOptions(model="m", api_key_env="")) == ()
    assert OPENAI.environment(OpenAIOptions(model="m")) == ("OPENAI_API_KEY",)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"base_url": "localhost:8000"}, "expected a URL such as https://api.openai.com/v1"),
        ({"base_url": "ftp://x/v1"}, "expected a URL"),
        ({"base_url": "http://"}, "expected a URL"),
        ({"base_url": "http://[::1/v1"}, "Invalid IPv6 URL"),
        ({"base_url": "http://me:secret@x/v1"}, "holds a user name or a password"),
        ({"base_url": " http://x/v1"}, "got ' http://x/v1', expected a URL"),
        ({"base_url": "http://x:99999/v1"}, "Port out of range"),
        ({"base_url": "http://x/v1/chat/completions/"}, "without the /chat/completions that is"),
        ({"api_key_env": "secret@1"}, "expected the name of an environment variable"),
        ({"session_field": "messages"}, "'messages' has a place of its own"),
        ({"headers": {"X-Ä": "a"}}, "expected the name and text of a header"),
        ({"headers": {"X-A": "a\nb"}}, "expected the name and text of a header"),
        ({"headers": {"X A": "a"}}, "expected the name and text of a header"),
        ({"body": {"messages": []}}, "'messages' has a place of its own"),
        ({"body": {"x": float("nan")}}, "cannot be written as JSON"),
        ({"model": ""}, "at least 1 character"),
        ({"modle": "m"}, "Extra inputs are not permitted"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ValidationError, match=message) as caught:
        OpenAIOptions(**{"model": "m", **options})
    assert "secret@" not in caught.value.errors()[0]["msg"]


def test_a_url_keeps_its_query():
    assert chat_url("http://x/v1/?api-version=1") == "http://x/v1/chat/completions?api-version=1"


def test_the_endpoint_is_the_base_url():
    provider = build("http://127.0.0.1:1/v1/")
    assert provider.endpoint == "http://127.0.0.1:1/v1"
    assert (provider.timing, provider.max_concurrency) == ("measured", None)
