import asyncio
import json
import re
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from arenatest.errors import MissingKey, OptionError
from arenatest.hookspec import Call, Context
from arenatest.model.answer import Usage
from arenatest.model.prompt import Message, Prompt
from arenatest.providers.openai import OPENAI, OpenAIOptions, chat_url
from servers.openai_server import serve, spawn
from servers.script import Script

KEY = "sk-canary-0123456789abcdef"
PROMPT = Prompt(id="p1", messages=(Message(role="user", content="Hello?"),))
CALL = Call(chat_id="chat-1", prompt=PROMPT, messages=PROMPT.messages, params={}, timeout=20.0)


def build(base_url, *, environ=None, **options):
    options.setdefault("api_key_env", "")
    checked = OpenAIOptions(model="m", base_url=base_url, **options)
    context = Context(directory=Path(), environ=environ or {}, clock=time.perf_counter, shared={})
    return OPENAI.build(checked, context)


def ask(base_url, *calls, environ=None, **options):
    """The answers to calls made one after another by one provider."""

    async def run():
        provider = build(base_url, environ=environ, **options)
        await provider.open()
        try:
            return [await provider.answer(call) for call in calls or (CALL,)]
        finally:
            await provider.close()

    return asyncio.run(run())


def test_an_answer_comes_with_usage_ids_and_clocks():
    script = Script(ttft=0.05, itl=0.01, comments=2, reasoning="Let me think ")
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


def test_a_connection_that_the_server_closed_after_all_costs_no_attempt():
    """As llama.cpp's server: it announces keep-alive and closes behind each answer."""
    answers = []

    async def serve_and_close(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        await reader.readexactly(length)
        event = {"choices": [{"delta": {"content": "hi"}, "finish_reason": "stop"}]}
        body = f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n".encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: keep-alive\r\n"
            + f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        writer.close()

    async def run():
        server = await asyncio.start_server(serve_and_close, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        provider = build(f"http://127.0.0.1:{port}/v1")
        await provider.open()
        calls = [replace(CALL, chat_id=f"chat-{number}") for number in range(20)]
        answers.extend([await provider.answer(call) for call in calls])
        await provider.close()
        server.close()

    asyncio.run(run())
    assert [answer.failure for answer in answers] == [None] * 20
    assert all(answer.timing.ttft is not None for answer in answers)


def test_a_server_that_never_takes_a_second_request_is_soon_given_a_connection_a_call():
    seen = set()

    def script(request):
        again = request.connection in seen
        seen.add(request.connection)
        return Script(fault="drop") if again else Script()

    with serve(script=script) as server:
        answers = ask(server.base_url, *[CALL] * 12)
    assert [answer.ok for answer in answers].count(False) == 2
    assert all(answer.ok for answer in answers[4:])


def test_a_server_that_breaks_down_over_a_request_is_sent_it_once():
    """On a connection that was open before, too: only the engine asks again, and records it."""

    def script(request):
        return Script(fault="drop") if request.number == 2 else Script()

    calls = [replace(CALL, chat_id=f"chat-{number}") for number in range(3)]
    with serve(script=script) as server:
        answers = ask(server.base_url, *calls)
        sent = [request.headers["x-client-request-id"] for request in server.requests]
    assert sent == ["chat-0", "chat-1", "chat-2"]
    assert [answer.ok for answer in answers] == [True, False, True]
    assert answers[1].failure.kind == "connection"
    assert answers[1].failure.retryable


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


@pytest.mark.parametrize(
    ("script", "kind", "again", "message"),
    [
        (Script(fault="drop"), "connection", True, "Server disconnected"),
        (Script(fault="cut"), "cut", True, "the stream ended after 6 characters of text"),
        (Script(fault="cut", fault_after=0), "cut", True, "before any text"),
        (Script(fault="reset"), "cut", True, "the connection broke after 6 characters of text"),
        (Script(fault="malformed"), "malformed", False, "an event is not what the API promises"),
        (Script(fault="error"), "stream", False, "after a 200: scripted error"),
        (Script(fault="error", fault_after=0), "stream", True, "after a 200: scripted error"),
        (Script(status=500), "server", True, "HTTP 500: scripted error"),
        (Script(status=401), "auth", False, "HTTP 401: scripted error"),
        (Script(status=404), "request", False, "HTTP 404: scripted error, at http://127.0.0.1:"),
        (
            Script(status=307, headers={"Location": "/elsewhere"}),
            "request",
            False,
            "HTTP 307: moved to /elsewhere, and no redirect is followed",
        ),
    ],
)
def test_a_fault_is_a_failure_and_the_next_call_is_none_the_worse(script, kind, again, message):
    faulty = lambda request: script if request.number == 1 else Script()  # noqa: E731
    with serve(script=faulty) as server:
        failed, after = ask(server.base_url, CALL, CALL)
    assert (failed.failure.kind, failed.failure.retryable) == (kind, again)
    assert message in failed.failure.message
    assert (failed.text, failed.finish) == ("", None)
    assert after.ok


def test_a_rate_limit_says_how_long_to_wait_and_keeps_the_connection():
    busy = Script(status=429, headers={"Retry-After": "2", "retry-after-ms": "1500"})
    with serve(script=lambda request: busy if request.number == 1 else Script()) as server:
        failed, after = ask(server.base_url, CALL, CALL)
        assert server.connections == 1
    assert failed.failure.retry_after == 1.5
    assert after.timing.connection_reused


def test_an_empty_answer_is_an_answer():
    with serve(script=Script(fault="empty")) as server:
        (answer,) = ask(server.base_url)
    assert (answer.ok, answer.text, answer.timing.ttft) == (True, "", None)


@pytest.mark.parametrize(
    ("script", "again", "message"),
    [
        (Script(early=False, ttft=30.0), True, "gave up before the response headers"),
        (Script(ttft=30.0), True, "gave up after the response headers, before any text"),
        (Script(itl=0.4), False, "gave up after 15 characters of text"),
    ],
)
def test_a_call_that_takes_too_long_says_how_far_it_got(script, again, message):
    with serve(reply="word " * 9, script=script) as server:
        (answer,) = ask(server.base_url, replace(CALL, timeout=1.0))
    assert (answer.failure.kind, answer.failure.retryable) == ("timeout", again)
    assert answer.failure.message == f"no answer within 1 s: {message}"


@pytest.mark.parametrize("comments", [0, 500])
def test_an_answer_that_stops_coming_is_stalled_whatever_else_still_comes(comments):
    with serve(script=Script(fault="stall", stall_comments=comments)) as server:
        (answer,) = ask(server.base_url, idle_timeout="200 ms")
        (by_default,) = ask(server.base_url, replace(CALL, timeout=0.6))
    assert (answer.failure.kind, answer.failure.retryable) == ("stalled", False)
    assert answer.failure.message == "no text for 0.2 s: gave up after 6 characters of text"
    assert answer.timing.wall < CALL.timeout / 2
    assert by_default.failure.kind == "stalled"
    assert by_default.failure.message == (
        "no answer within 0.6 s, and no text in half of it: gave up after 6 characters of text"
    )


def test_a_model_may_think_in_silence_before_its_first_text():
    with serve(script=Script(ttft=0.4)) as server:
        (answer,) = ask(server.base_url, idle_timeout="100 ms")
    assert answer.ok


def test_a_body_that_never_ends_holds_an_answer_up_for_a_second_only():
    with serve(script=lambda request: Script(endless=request.number == 1)) as server:
        first, second = ask(server.base_url, CALL, CALL)
    assert (first.ok, second.ok) == (True, True)
    assert 0.9 < first.timing.wall < CALL.timeout / 2
    assert first.timing.e2e < first.timing.wall - 0.9
    assert second.timing.connection_reused is False


def test_the_callers_own_deadline_is_left_to_the_caller():
    async def run(base_url):
        provider = build(base_url)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await provider.answer(CALL)
        answer = await provider.answer(replace(CALL, timeout=0.2))
        await provider.close()
        return answer

    with serve(script=Script(ttft=30.0)) as server:
        assert asyncio.run(run(server.base_url)).failure.kind == "timeout"


def test_a_provider_that_is_cancelled_lets_its_connection_go():
    arrived = threading.Event()

    def script(_request):
        arrived.set()
        return Script(ttft=30.0)

    async def run(server):
        provider = build(server.base_url)
        task = asyncio.create_task(provider.answer(CALL))
        assert await asyncio.to_thread(arrived.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(server.idle.wait, 10)
        await provider.close()

    with serve(script=script) as server:
        asyncio.run(run(server))


def test_nobody_listening_is_a_connection_failure_that_may_pass():
    with serve() as server:
        url = server.base_url
    (answer,) = ask(url)
    assert (answer.failure.kind, answer.failure.retryable) == ("connection", True)
    assert answer.timing.connect is None


def test_a_parameter_that_json_cannot_hold_is_a_failure_of_the_request():
    with serve() as server:
        (answer,) = ask(server.base_url, replace(CALL, params={"x": object()}))
    assert (answer.failure.kind, answer.failure.retryable) == ("request", False)
    assert not server.requests


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
