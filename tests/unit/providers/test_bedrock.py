import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError
from yarl import URL

from arenatest.errors import MissingKey, OptionError
from arenatest.hookspec import Call, Context
from arenatest.model.prompt import Message, Prompt
from arenatest.providers import signing
from arenatest.providers.bedrock import BEDROCK, BedrockOptions, converse_url
from servers.canned import Response, serve
from servers.frames import event
from servers.signatures import credential, is_signed

MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
KEY_ID, SECRET, TOKEN = (
    "canary-of-a-key-id",
    "canary/secret+key-of-a-test",
    "canary-token-of-a-test",
)
SIGNING = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}
PROMPT = Prompt(id="p1", messages=(Message(role="user", content="Hello?"),))
CALL = Call(chat_id="chat-1", prompt=PROMPT, messages=PROMPT.messages, params={}, timeout=20.0)
GOOD = Response(
    body=event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hi."}})
    + event("messageStop", {"stopReason": "end_turn"})
    + event("metadata", {"usage": {"inputTokens": 3, "outputTokens": 2}, "metrics": {}}),
    headers={"x-amzn-RequestId": "req-7", "Content-Type": "application/vnd.amazon.eventstream"},
)


def options(**said):
    return BedrockOptions(**{"model": MODEL, **said})


def ask(server, *calls, environ=None, **said):
    said.setdefault("base_url", server.url)
    context = Context(directory=Path(), environ=environ or {}, clock=time.perf_counter, shared={})

    async def run():
        provider = BEDROCK.build(options(**said), context)
        await provider.open()
        try:
            return [await provider.answer(call) for call in calls or (CALL,)]
        finally:
            await provider.close()

    return asyncio.run(run())


def test_an_answer_comes_with_usage_and_the_servers_id():
    with serve(GOOD) as server:
        (answer,) = ask(server, api_key_env="")
    assert answer.failure is None
    assert (answer.text, answer.finish, answer.request_id) == ("Hi.", "stop", "req-7")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (3, 2)
    assert answer.timing.ttft > 0


def test_the_request_is_what_the_suite_says():
    messages = (Message(role="system", content="Be brief."), *PROMPT.messages)
    params = {"temperature": 0, "max_tokens": 9, "top_p": 1, "stop": "END", "top_k": 40}
    body = {"additionalModelRequestFields": {"thinking": {"type": "disabled"}}}
    with serve(GOOD) as server:
        ask(server, replace(CALL, messages=messages, params=params), api_key_env="", body=body)
    (asked,) = server.requests
    assert asked.target == f"/model/{MODEL}/converse-stream"
    assert json.loads(asked.body) == {
        "messages": [{"role": "user", "content": [{"text": "Hello?"}]}],
        "system": [{"text": "Be brief."}],
        "inferenceConfig": {"temperature": 0, "maxTokens": 9, "topP": 1, "stopSequences": ["END"]},
        "additionalModelRequestFields": {"top_k": 40, "thinking": {"type": "disabled"}},
    }
    assert asked.headers["x-client-request-id"] == "chat-1"
    assert asked.headers["accept"] == "application/vnd.amazon.eventstream"
    assert "authorization" not in asked.headers


def test_a_bearer_key_comes_from_the_environment():
    with serve(GOOD) as server:
        ask(server, environ={"AWS_BEARER_TOKEN_BEDROCK": "canary-bearer"})
    assert server.requests[0].headers["authorization"] == "Bearer canary-bearer"
    with serve(GOOD) as server, pytest.raises(MissingKey, match="AWS_BEARER_TOKEN_BEDROCK is not"):
        ask(server)


@pytest.mark.parametrize("token", ["", TOKEN])
@pytest.mark.parametrize(
    "model",
    [MODEL, "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/ab12cd34"],
)
def test_a_signature_is_right_for_what_the_server_got(model, token):
    pytest.importorskip("botocore")
    environ = {**SIGNING, "AWS_SESSION_TOKEN": token}
    with serve(GOOD) as server:
        answers = ask(
            server, CALL, CALL, environ=environ, auth="sigv4", region="eu-west-1", model=model
        )
    assert [answer.text for answer in answers] == ["Hi.", "Hi."]
    for asked in server.requests:
        key, scope = credential(asked.headers)
        assert key == KEY_ID
        assert scope.split("/")[1:] == ["eu-west-1", "bedrock", "aws4_request"]
        assert asked.headers.get("x-amz-security-token", "") == token
        assert is_signed("POST", asked.target, asked.headers, asked.body, SECRET)
        assert not is_signed("POST", asked.target, asked.headers, asked.body + b" ", SECRET)
        assert not is_signed("POST", asked.target, asked.headers, asked.body, SECRET + "x")


def test_the_check_of_signatures_agrees_with_the_vector_that_amazon_published():
    """``get-vanilla`` of the Signature Version 4 test suite."""
    signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    headers = {
        "host": "example.amazonaws.com",
        "x-amz-date": "20150830T123600Z",
        "authorization": "AWS4-HMAC-SHA256 "
        "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={signature}",
    }
    secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    assert is_signed("GET", "/", headers, b"", secret)


@pytest.mark.parametrize("model", [MODEL, "arn:aws:bedrock:a-b-1:1:x/y z", "a/../b", "ä%2F"])
def test_the_http_client_leaves_the_url_as_it_was_signed(model):
    url = converse_url("http://localhost:1", model)
    assert str(URL(url)) == url


def test_signing_needs_both_parts_of_the_key_and_botocore(monkeypatch):
    said = options(auth="sigv4")
    assert BEDROCK.environment(said) == ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    assert BEDROCK.environment(options()) == ("AWS_BEARER_TOKEN_BEDROCK",)
    assert BEDROCK.environment(options(api_key_env="")) == ()
    with serve(GOOD) as server, pytest.raises(MissingKey, match="AWS_SECRET_ACCESS_KEY is not set"):
        ask(server, environ={"AWS_ACCESS_KEY_ID": KEY_ID}, auth="sigv4")
    monkeypatch.setattr(signing, "find_spec", lambda name: None)
    BEDROCK.ready(options(), {})
    with pytest.raises(OptionError, match=r"pip install 'arenatest\[bedrock\]'"):
        BEDROCK.ready(said, {})


def test_what_is_read_from_the_environment_leaves_in_no_answer():
    echo = f"denied: {KEY_ID}, {SECRET}, {TOKEN}"
    environ = {**SIGNING, "AWS_SESSION_TOKEN": TOKEN}
    refused = Response(status=403, body=json.dumps({"message": echo}).encode())
    spoken = Response(
        body=event("contentBlockDelta", {"delta": {"text": echo}})
        + event("messageStop", {"stopReason": "end_turn"})
    )
    with serve(refused, spoken) as server:
        denied, echoed = ask(server, CALL, CALL, environ=environ, auth="sigv4")
    assert denied.failure.message == "HTTP 403: denied: [redacted], [redacted], [redacted]"
    assert echoed.text == "denied: [redacted], [redacted], [redacted]"


@pytest.mark.parametrize(
    ("status", "name", "message", "kind", "retryable"),
    [
        (429, "ThrottlingException", "Too many requests", "rate_limited", True),
        (429, "ThrottlingException", "Too many tokens per day, please wait", "spent", False),
        (400, "ValidationException", "The model identifier is invalid.", "request", False),
        (403, "ExpiredTokenException", "The token is expired", "auth", False),
        (503, "ServiceUnavailableException", "Bedrock is busy", "server", True),
    ],
)
def test_a_refusal_is_told_by_its_name(status, name, message, kind, retryable):
    headers = {"x-amzn-ErrorType": f"{name}:http://internal.amazon.com/coral/"}
    refused = Response(
        status=status, headers=headers, body=json.dumps({"message": message}).encode()
    )
    with serve(refused) as server:
        (answer,) = ask(server, api_key_env="")
    failure = answer.failure
    assert (failure.kind, failure.retryable, failure.status) == (kind, retryable, status)
    assert failure.message == f"HTTP {status}: {message} ({name})"


def test_a_page_of_html_is_shown_as_it_is():
    with serve(Response(status=502, body=b"<html>bad gateway</html>")) as server:
        (answer,) = ask(server, api_key_env="")
    assert answer.failure.message == "HTTP 502: <html>bad gateway</html>"


def test_a_system_message_further_down_is_a_request_that_cannot_be_made():
    messages = (*PROMPT.messages, Message(role="system", content="Be brief."))
    with serve(GOOD) as server:
        (answer,) = ask(server, replace(CALL, messages=messages), api_key_env="")
    assert answer.failure.kind == "request"
    assert server.requests == []


def test_the_identity_is_model_place_and_body_and_not_the_key():
    same = [options(), options(api_key_env="OTHER"), options(auth="sigv4")]
    other = [options(region="eu-west-1"), options(model="m"), options(body={"x": 1})]
    identities = [BEDROCK.identity(said, Path()) for said in (*same, *other)]
    assert identities[0] == identities[1] == identities[2]
    assert all(identities[0] != identity for identity in identities[3:])
    assert identities[0]["base_url"] == "https://bedrock-runtime.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    "wrong",
    [{"region": "eu west"}, {"base_url": "bedrock"}, {"auth": "iam"}, {"body": {"messages": []}}],
)
def test_a_wrong_option_is_refused(wrong):
    with pytest.raises(ValidationError):
        options(**wrong)


def test_amazons_price_list_knows_the_model():
    prices = pytest.importorskip("genai_prices")
    billed = BEDROCK.billing(options())
    usage = prices.Usage(input_tokens=1000, output_tokens=1000)
    cost = prices.calc_price(usage, billed.model, provider_api_url=billed.url)
    assert cost.total_price > 0


def test_the_default_of_the_address_may_be_written_out():
    assert options(base_url="", region="eu-west-1").endpoint == options(region="eu-west-1").endpoint
