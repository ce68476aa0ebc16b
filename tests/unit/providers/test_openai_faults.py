"""Whatever goes wrong on the way is a failure that says what, and the next call goes well."""

import asyncio
import json
import re
import threading
from dataclasses import replace

import pytest

from servers.openai_server import serve
from servers.script import Script
from unit.providers.asking_openai import CALL, ask, build


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
    ("script", "seconds", "again", "message"),
    [
        (Script(early=False, ttft=30.0), 1, True, "gave up before the response headers"),
        (Script(ttft=30.0), 1, True, "gave up after the response headers, before any text"),
        (Script(itl=0.8), 2, False, "gave up after 15 characters of text"),
    ],
)
def test_a_call_that_takes_too_long_says_how_far_it_got(script, seconds, again, message):
    with serve(reply="word " * 9, script=script) as server:
        (answer,) = ask(server.base_url, replace(CALL, timeout=float(seconds)))
    assert (answer.failure.kind, answer.failure.retryable) == ("timeout", again)
    assert answer.failure.message == f"no answer within {seconds} s: {message}"


@pytest.mark.parametrize("comments", [0, 500])
def test_an_answer_that_stops_coming_is_stalled_whatever_else_still_comes(comments):
    with serve(script=Script(fault="stall", stall_comments=comments)) as server:
        (answer,) = ask(server.base_url, idle_timeout="200 ms")
        (by_default,) = ask(server.base_url, replace(CALL, timeout=2.0))
    assert (answer.failure.kind, answer.failure.retryable) == ("stalled", False)
    assert answer.failure.message == "no text for 0.2 s: gave up after 6 characters of text"
    assert answer.timing.wall < CALL.timeout / 2
    assert by_default.failure.kind == "stalled"
    assert by_default.failure.message == (
        "no answer within 2 s, and no text in half of it: gave up after 6 characters of text"
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
