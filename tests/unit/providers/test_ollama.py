import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from arenatest.hookspec import Call, Context
from arenatest.model.prompt import Message, Prompt
from arenatest.providers.ollama import OLLAMA, OllamaOptions
from servers.canned import Response, serve

PROMPT = Prompt(id="p1", messages=(Message(role="user", content="Hello?"),))
CALL = Call(chat_id="chat-1", prompt=PROMPT, messages=PROMPT.messages, params={}, timeout=20.0)
GOOD = Response(
    body=b'{"model": "qwen3", "message": {"role": "assistant", "content": "Hi."}, "done": false}\n'
    b'{"model": "qwen3", "message": {"role": "assistant", "content": ""}, "done": true, '
    b'"done_reason": "stop", "total_duration": 2000000000, "load_duration": 1500000000, '
    b'"prompt_eval_count": 11, "eval_count": 2}\n',
    headers={"Content-Type": "application/x-ndjson"},
)


def ask(server, call=CALL, environ=None, **said):
    context = Context(directory=Path(), environ=environ or {}, clock=time.perf_counter, shared={})
    checked = OllamaOptions(model="qwen3", base_url=server.url, **said)

    async def run():
        provider = OLLAMA.build(checked, context)
        await provider.open()
        try:
            return await provider.answer(call)
        finally:
            await provider.close()

    return asyncio.run(run())


def test_an_answer_tells_what_loading_the_model_took():
    with serve(GOOD) as server:
        answer = ask(server)
    assert answer.failure is None
    assert (answer.text, answer.finish, answer.model) == ("Hi.", "stop", "qwen3")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (11, 2)
    assert (answer.timing.load, answer.timing.server) == (pytest.approx(1.5), pytest.approx(2.0))


def test_the_request_is_what_the_suite_says():
    messages = (Message(role="system", content="Be brief."), *PROMPT.messages)
    params = {"temperature": 0, "max_tokens": 9, "num_ctx": 4096}
    body = {"think": False, "keep_alive": "10m", "options": {"num_gpu": 1}}
    with serve(GOOD) as server:
        ask(server, replace(CALL, messages=messages, params=params), body=body)
    (asked,) = server.requests
    assert asked.target == "/api/chat"
    assert json.loads(asked.body) == {
        "model": "qwen3",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello?"},
        ],
        "stream": True,
        "options": {"temperature": 0, "num_predict": 9, "num_ctx": 4096, "num_gpu": 1},
        "think": False,
        "keep_alive": "10m",
    }
    assert asked.headers["x-client-request-id"] == "chat-1"
    assert "authorization" not in asked.headers


def test_a_key_is_sent_where_one_is_named():
    assert OLLAMA.environment(OllamaOptions(model="m")) == ()
    assert OLLAMA.environment(OllamaOptions(model="m", api_key_env="KEY")) == ("KEY",)
    with serve(GOOD) as server:
        ask(server, environ={"KEY": "canary-key-of-ollama"}, api_key_env="KEY")
    assert server.requests[0].headers["authorization"] == "Bearer canary-key-of-ollama"


@pytest.mark.parametrize(
    ("status", "said", "kind", "retryable"),
    [
        (404, "model 'qwen3' not found", "request", False),
        (503, "server busy, please try again", "server", True),
        (500, "llama runner process has terminated", "server", True),
    ],
)
def test_a_refusal_says_what_ollama_says(status, said, kind, retryable):
    refused = Response(status=status, body=json.dumps({"error": said}).encode())
    with serve(refused) as server:
        failure = ask(server).failure
    assert (failure.kind, failure.retryable) == (kind, retryable)
    place = f", at {server.url}/api/chat" if status == 404 else ""
    assert failure.message == f"HTTP {status}: {said}{place}"


def test_one_thing_given_by_two_names_is_a_request_that_cannot_be_made():
    with serve(GOOD) as server:
        answer = ask(server, replace(CALL, params={"max_tokens": 9, "num_predict": 9}))
    assert answer.failure.kind == "request"
    assert server.requests == []


def test_answers_are_always_streamed():
    with pytest.raises(ValidationError, match="'stream' has a place of its own"):
        OllamaOptions(model="m", body={"stream": False})


def test_the_identity_is_model_place_and_body_and_not_the_key():
    plain = OLLAMA.identity(OllamaOptions(model="m"), Path())
    assert plain == OLLAMA.identity(OllamaOptions(model="m", api_key_env="KEY"), Path())
    assert plain["base_url"] == "http://localhost:11434"
    assert plain != OLLAMA.identity(OllamaOptions(model="m", body={"think": True}), Path())
