"""The kind ``anthropic``: what it sends, and what the headers of a response mean."""

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from arenatest.errors import MissingKey
from arenatest.hookspec import Call, Context
from arenatest.model.answer import Quota
from arenatest.model.prompt import Message, Prompt
from arenatest.providers.anthropic import ANTHROPIC, AnthropicOptions, MessagesWire
from servers.canned import Response, serve

KEY = "sk-ant-canary-0123456789abcdef"
PROMPT = Prompt(id="p1", messages=(Message(role="user", content="Hello?"),))
CALL = Call(chat_id="chat-1", prompt=PROMPT, messages=PROMPT.messages, params={}, timeout=20.0)
DATE = "Sat, 21 Nov 2026 16:54:48 GMT"
EVENTS = (
    {"type": "message_start", "message": {"id": "msg_1", "model": "claude-1"}},
    {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
    {"type": "message_stop"},
)
STREAM = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in EVENTS)


def options(**given):
    return AnthropicOptions(**{"model": "claude", **given})


def sent(call=CALL, **body):
    wire = MessagesWire(url="http://x/v1/messages", model="claude", body=body)
    return json.loads(wire.request(call).body)


def ask(checked, *calls, environ=None):
    """The answers to calls made one after another by one provider."""

    async def run():
        context = Context(
            directory=Path(), environ=environ or {}, clock=time.perf_counter, shared={}
        )
        provider = ANTHROPIC.build(checked, context)
        await provider.open()
        try:
            return [await provider.answer(call) for call in calls or (CALL,)]
        finally:
            await provider.close()

    return asyncio.run(run())


def test_a_request_is_a_message_with_a_bound_of_tokens():
    assert sent() == {
        "model": "claude",
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": "Hello?"}],
        "stream": True,
    }


def test_the_system_prompt_has_a_field_of_its_own():
    messages = (
        Message(role="system", content="Be brief."),
        Message(role="user", content="a"),
        Message(role="assistant", content="b"),
        Message(role="user", content="c"),
    )
    body = sent(replace(CALL, messages=messages))
    assert body["system"] == "Be brief."
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]


def test_parameters_go_as_they_are_but_for_what_has_another_name_here():
    params = {"temperature": 0, "max_tokens": 7, "top_k": 3, "stop": ["a", "b"]}
    body = sent(replace(CALL, params=params))
    assert body["stop_sequences"] == ["a", "b"]
    assert "stop" not in body
    assert (body["temperature"], body["max_tokens"], body["top_k"]) == (0, 7, 3)
    assert sent(replace(CALL, params={"stop": "a"}))["stop_sequences"] == ["a"]
    assert sent(replace(CALL, params={"seed": 7}))["seed"] == 7


def test_what_the_suite_puts_into_the_body_goes_over_parameters():
    params = {"thinking": {"type": "enabled"}, "max_tokens": 7}
    body = sent(replace(CALL, params=params), thinking={"budget_tokens": 9}, max_tokens=8)
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 9}
    assert body["max_tokens"] == 8


def test_a_conversation_that_the_api_has_no_place_for_is_a_failure_without_a_request():
    messages = (*PROMPT.messages, Message(role="system", content="Now be rude."))
    with serve(Response(body=STREAM)) as server:
        checked = options(base_url=server.url, api_key_env="")
        (answer,) = ask(checked, replace(CALL, messages=messages))
    assert answer.failure.kind == "request"
    assert "takes them only at the start" in answer.failure.message
    assert server.requests == []


def test_a_call_is_made_with_key_version_and_chat_id():
    response = Response(body=STREAM, headers={"request-id": "req_1"})
    with serve(response) as server:
        checked = options(base_url=server.url, headers={"anthropic-beta": "x"})
        (answer,) = ask(checked, environ={"ANTHROPIC_API_KEY": KEY})
    (request,) = server.requests
    assert request.target == "/v1/messages"
    assert request.headers["x-api-key"] == KEY
    assert request.headers["anthropic-version"] == "2023-06-01"
    assert request.headers["anthropic-beta"] == "x"
    assert request.headers["x-client-request-id"] == "chat-1"
    assert "authorization" not in request.headers
    assert (answer.text, answer.finish, answer.model) == ("Hi", "stop", "claude-1")
    assert (answer.request_id, answer.response_id) == ("req_1", "msg_1")
    assert answer.timing.source == "measured"
    assert answer.timing.connection_reused is False


def test_a_path_before_the_api_stays():
    with serve(Response(body=STREAM)) as server:
        ask(options(base_url=f"{server.url}/anthropic/", api_key_env=""))
    assert server.requests[0].target == "/anthropic/v1/messages"
    assert "x-api-key" not in server.requests[0].headers


def test_a_missing_key_is_told_by_its_variable():
    with pytest.raises(MissingKey, match="ANTHROPIC_API_KEY is not set"):
        ask(options())
    assert ANTHROPIC.environment(options()) == ("ANTHROPIC_API_KEY",)
    assert ANTHROPIC.environment(options(api_key_env="")) == ()


def test_the_key_is_in_no_answer_whatever_the_server_echoes():
    error = {"type": "error", "error": {"type": "authentication_error", "message": f"bad {KEY}"}}
    echo = STREAM.replace(b"Hi", KEY.encode())
    refused = Response(status=401, body=json.dumps(error).encode(), headers={"request-id": KEY})
    with serve(refused, Response(body=echo)) as server:
        checked = options(base_url=server.url)
        answers = ask(checked, CALL, CALL, environ={"ANTHROPIC_API_KEY": KEY})
    assert KEY not in repr(answers)
    assert answers[0].failure.message == "HTTP 401: bad [redacted] (authentication_error)"
    assert answers[1].text == "[redacted]"


@pytest.mark.parametrize(
    ("status", "error", "kind", "again"),
    [
        (529, {"type": "overloaded_error", "message": "Overloaded"}, "server", True),
        (429, {"type": "rate_limit_error", "message": "slow"}, "rate_limited", True),
        (402, {"type": "billing_error", "message": "pay"}, "spent", False),
        (400, {"type": "invalid_request_error", "message": "no"}, "request", False),
        (413, {"type": "request_too_large", "message": "no"}, "request", False),
        (403, {"type": "permission_error", "message": "no"}, "auth", False),
    ],
)
def test_a_refusal_is_a_failure_with_its_kind(status, error, kind, again):
    body = json.dumps({"type": "error", "error": error, "request_id": "req_2"}).encode()
    headers = {"retry-after": "3", "request-id": "req_2"}
    with serve(Response(status=status, body=body, headers=headers)) as server:
        (answer,) = ask(options(base_url=server.url, api_key_env=""))
    assert (answer.failure.kind, answer.failure.retryable) == (kind, again)
    assert answer.failure.message == f"HTTP {status}: {error['message']} ({error['type']})"
    assert answer.failure.retry_after == (3.0 if again else None)
    assert answer.request_id == "req_2"


def test_a_filter_that_stops_an_answer_before_it_begins_makes_it_empty():
    message = "Output blocked by content filtering policy"
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": message}}
    with serve(Response(status=400, body=json.dumps(error).encode())) as server:
        (answer,) = ask(options(base_url=server.url, api_key_env=""))
    assert (answer.failure, answer.text, answer.finish) == (None, "", "content_filter")
    assert not MessagesWire(url="x", model="m", body={}).filtered(400, b"[" * 60_000)


def quota(**said):
    headers = {"date": DATE, **{f"anthropic-ratelimit-{k}": v for k, v in said.items()}}
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return MessagesWire(url="http://x", model="m", body={}).quota(headers)


def test_what_is_left_counts_from_the_servers_own_clock():
    assert quota(
        requests_limit="50",
        requests_remaining="49",
        requests_reset="2026-11-21T16:55:48Z",
        tokens_limit="80000",
        tokens_remaining="9000",
        tokens_reset="2026-11-21T16:54:50+00:00",
    ) == Quota(
        remaining_requests=49.0,
        limit_requests=50.0,
        reset_requests=60.0,
        remaining_tokens=9000.0,
        limit_tokens=80_000.0,
        reset_tokens=2.0,
    )


def test_of_several_limits_on_tokens_the_one_with_least_left_is_told():
    said = quota(
        tokens_limit="96000",
        tokens_remaining="90000",
        input_tokens_limit="80000",
        input_tokens_remaining="4000",
        input_tokens_reset="2026-11-21T16:54:58Z",
        output_tokens_limit="16000",
        output_tokens_remaining="3000",
    )
    assert said == Quota(remaining_tokens=4000.0, limit_tokens=80_000.0, reset_tokens=10.0)


def test_a_reset_that_lies_in_the_past_is_now():
    said = quota(requests_remaining="5", requests_reset="2026-11-21T16:54:00Z")
    assert said == Quota(remaining_requests=5.0, reset_requests=0.0)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"requests_remaining": "many"},
        {"requests_remaining": "-1"},
        {"requests_remaining": "\u0661"},
        {"requests_remaining": "9" * 400},
        {"requests_limit": "50"},
    ],
)
def test_headers_that_say_nothing_are_no_quota(said):
    assert quota(**said) is None


@pytest.mark.parametrize("reset", ["soon", "2026-11-21T16:55:48", ""])
def test_a_reset_that_is_no_moment_is_unknown(reset):
    assert quota(requests_remaining="5", requests_reset=reset) == Quota(remaining_requests=5.0)


def test_a_quota_is_handed_on_once_a_response():
    heard = []
    headers = {"anthropic-ratelimit-requests-remaining": "49", "Date": DATE}
    with serve(Response(body=STREAM, headers=headers)) as server:
        ask(options(base_url=server.url, api_key_env=""), replace(CALL, on_quota=heard.append))
    assert [said.remaining_requests for said in heard] == [49.0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"base_url": "https://api.anthropic.com/v1/"}, "without the /v1 that is added"),
        ({"base_url": "https://x/v1/messages"}, "expected it without the /v1/messages"),
        ({"base_url": "api.anthropic.com"}, "expected a URL"),
        ({"body": {"system": "x"}}, "'system' has a place of its own"),
        ({"body": {"messages": []}}, "'messages' has a place of its own"),
        ({"version": ""}, "at least 1 character"),
        ({"version": "a\nb"}, "expected the text of a header"),
        ({"temperature": 0}, "Extra inputs are not permitted"),
    ],
)
def test_wrong_options_are_told(given, message):
    with pytest.raises(ValidationError, match=message):
        options(**given)


def test_the_identity_holds_what_determines_answers_and_no_key():
    identity = ANTHROPIC.identity(options(body={"top_k": 1}), Path())
    assert identity == {
        "base_url": "https://api.anthropic.com",
        "model": "claude",
        "headers": {},
        "body": {"top_k": 1},
        "version": "2023-06-01",
        "max_tokens": 4096,
    }
