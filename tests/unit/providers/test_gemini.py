"""The kind ``gemini``: what it sends, and what a refusal means."""

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from arenatest.errors import MissingKey
from arenatest.hookspec import Call, Context
from arenatest.model.prompt import Message, Prompt
from arenatest.providers.gemini import GEMINI, GeminiOptions, GeminiWire, stream_url
from servers.canned import Response, serve

KEY = "AIza-canary-0123456789abcdef"
PROMPT = Prompt(id="p1", messages=(Message(role="user", content="Hello?"),))
CALL = Call(chat_id="chat-1", prompt=PROMPT, messages=PROMPT.messages, params={}, timeout=20.0)
CONTENT = {"role": "model", "parts": [{"text": "Hi"}]}
EVENT = {
    "candidates": [{"content": CONTENT, "finishReason": "STOP"}],
    "modelVersion": "gemini-1",
    "responseId": "r-1",
}
STREAM = b"data: " + json.dumps(EVENT).encode() + b"\r\n\r\n"


def options(**given):
    return GeminiOptions(**{"model": "gemini", **given})


def sent(call=CALL, **body):
    return json.loads(GeminiWire(url="http://x", body=body).request(call).body)


def ask(checked, *calls, environ=None):
    """The answers to calls made one after another by one provider."""

    async def run():
        context = Context(
            directory=Path(), environ=environ or {}, clock=time.perf_counter, shared={}
        )
        provider = GEMINI.build(checked, context)
        await provider.open()
        try:
            return [await provider.answer(call) for call in calls or (CALL,)]
        finally:
            await provider.close()

    return asyncio.run(run())


def test_a_request_is_contents_with_the_roles_of_the_api():
    messages = (
        Message(role="system", content="Be brief."),
        Message(role="user", content="a"),
        Message(role="assistant", content="b"),
        Message(role="user", content="c"),
    )
    assert sent() == {"contents": [{"role": "user", "parts": [{"text": "Hello?"}]}]}
    assert sent(replace(CALL, messages=messages)) == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "a"}]},
            {"role": "model", "parts": [{"text": "b"}]},
            {"role": "user", "parts": [{"text": "c"}]},
        ],
    }


def test_parameters_are_the_configuration_by_common_names_or_the_apis_own():
    common = {
        "temperature": 0,
        "max_tokens": 7,
        "top_p": 0.9,
        "top_k": 3,
        "stop": "a",
        "seed": 5,
        "presence_penalty": 1,
        "frequency_penalty": 2,
    }
    assert sent(replace(CALL, params=common))["generationConfig"] == {
        "temperature": 0,
        "maxOutputTokens": 7,
        "topP": 0.9,
        "topK": 3,
        "stopSequences": ["a"],
        "seed": 5,
        "presencePenalty": 1,
        "frequencyPenalty": 2,
    }
    own = {"maxOutputTokens": 7, "stopSequences": ["a"], "thinkingConfig": {"thinkingBudget": 0}}
    assert sent(replace(CALL, params=own))["generationConfig"] == own


def test_what_the_suite_puts_into_the_body_goes_over_parameters():
    settings = [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]
    body = sent(
        replace(CALL, params={"temperature": 0, "seed": 1}),
        generationConfig={"seed": 2},
        safetySettings=settings,
    )
    assert body["generationConfig"] == {"temperature": 0, "seed": 2}
    assert body["safetySettings"] == settings


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"max_tokens": 5, "maxOutputTokens": 6}, "both 'max_tokens' and 'maxOutputTokens'"),
        ({"temperature": {1}}, "not JSON serializable"),
    ],
)
def test_parameters_that_cannot_be_sent_are_a_failure_without_a_request(params, message):
    with serve(Response(body=STREAM)) as server:
        checked = options(base_url=server.url, api_key_env="")
        (answer,) = ask(checked, replace(CALL, params=params))
    assert answer.failure.kind == "request"
    assert message in answer.failure.message
    assert server.requests == []


@pytest.mark.parametrize(
    ("base_url", "model", "path"),
    [
        ("http://x/v1beta", "gemini-2.5-flash", "/v1beta/models/gemini-2.5-flash"),
        ("http://x/v1beta/", "models/gemini", "/v1beta/models/gemini"),
        ("http://x", "tunedModels/mine", "/tunedModels/mine"),
        ("http://x", "a b?c#d", "/models/a%20b%3Fc%23d"),
    ],
)
def test_the_model_stands_in_the_address(base_url, model, path):
    assert stream_url(base_url, model) == f"http://x{path}:streamGenerateContent?alt=sse"


def test_a_query_of_the_address_stays():
    url = stream_url("http://x/v1?tenant=7", "m")
    assert url == "http://x/v1/models/m:streamGenerateContent?tenant=7&alt=sse"


def test_a_call_is_made_with_key_and_chat_id():
    with serve(Response(body=STREAM)) as server:
        checked = options(base_url=f"{server.url}/v1beta", model="models/gemini 1")
        (answer,) = ask(checked, environ={"GEMINI_API_KEY": KEY})
    (request,) = server.requests
    assert request.target == "/v1beta/models/gemini%201:streamGenerateContent?alt=sse"
    assert request.headers["x-goog-api-key"] == KEY
    assert request.headers["x-client-request-id"] == "chat-1"
    assert "authorization" not in request.headers
    assert (answer.text, answer.finish, answer.model) == ("Hi", "stop", "gemini-1")
    assert (answer.request_id, answer.response_id) == (None, "r-1")
    assert answer.timing.ttft is not None


def test_a_missing_key_is_told_by_its_variable():
    with pytest.raises(MissingKey, match="GEMINI_API_KEY is not set"):
        ask(options())


def test_the_key_is_in_no_answer_whatever_the_server_echoes():
    error = {"error": {"code": 403, "message": f"bad {KEY}", "status": "PERMISSION_DENIED"}}
    refused = Response(status=403, body=json.dumps(error).encode())
    with serve(refused, Response(body=STREAM.replace(b'"Hi"', f'"{KEY}"'.encode()))) as server:
        answers = ask(options(base_url=server.url), CALL, CALL, environ={"GEMINI_API_KEY": KEY})
    assert KEY not in repr(answers)
    assert answers[0].failure.message == "HTTP 403: bad [redacted] (PERMISSION_DENIED)"
    assert answers[1].text == "[redacted]"


QUOTA = [
    {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}],
    },
    {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"},
]
DAILY = [
    {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}],
    },
    QUOTA[1],
]
WRONG_KEY = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]


@pytest.mark.parametrize(
    ("code", "status", "details", "kind", "wait"),
    [
        (429, "RESOURCE_EXHAUSTED", QUOTA, "rate_limited", 34.5),
        (429, "RESOURCE_EXHAUSTED", DAILY, "spent", None),
        (429, "RESOURCE_EXHAUSTED", None, "rate_limited", None),
        (503, "UNAVAILABLE", [], "server", None),
        (400, "INVALID_ARGUMENT", [], "request", None),
        (400, "INVALID_ARGUMENT", WRONG_KEY, "auth", None),
        (404, "NOT_FOUND", [], "request", None),
    ],
)
def test_a_refusal_is_a_failure_with_its_kind(code, status, details, kind, wait):
    error = {"error": {"code": code, "message": "no", "status": status, "details": details}}
    for body in (error, [error]):
        failure = GeminiWire(url="http://x", body={}).refusal(code, {}, json.dumps(body).encode())
        assert (failure.kind, failure.retry_after) == (kind, wait)
        assert failure.retryable is (kind in ("rate_limited", "server"))
        assert failure.message == f"HTTP {code}: no ({status})"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"base_url": "generativelanguage.googleapis.com"}, "expected a URL"),
        ({"body": {"contents": []}}, "'contents' has a place of its own"),
        ({"body": {"systemInstruction": {}}}, "'systemInstruction' has a place of its own"),
        ({"body": {"system_instruction": {}}}, "'system_instruction' has a place of its own"),
        ({"base_url": "https://x/v1?alt=json&key=0123"}, "name a variable in api_key_env"),
        ({"temperature": 0}, "Extra inputs are not permitted"),
    ],
)
def test_wrong_options_are_told(given, message):
    with pytest.raises(ValidationError, match=message):
        options(**given)


def test_the_identity_holds_what_determines_answers_and_no_key():
    assert GEMINI.identity(options(), Path()) == {
        "base_url": "https://generativelanguage.googleapis.com/v1beta",
        "model": "gemini",
        "headers": {},
        "body": {},
    }
    assert GEMINI.environment(options()) == ("GEMINI_API_KEY",)


def test_a_model_is_billed_under_its_bare_name():
    assert GEMINI.billing(options(model="models/gemini-2.5-pro")).model == "gemini-2.5-pro"


def test_the_id_of_a_conversation_stands_beside_the_configuration():
    call = replace(CALL, params={"seed": 1}, session="s-1")
    with serve(Response(body=STREAM)) as server:
        ask(options(base_url=server.url, api_key_env="", session_field="session_id"), call)
    body = json.loads(server.requests[0].body)
    assert (body["session_id"], body["generationConfig"]) == ("s-1", {"seed": 1})
