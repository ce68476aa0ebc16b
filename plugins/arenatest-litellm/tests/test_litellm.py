import asyncio
import os
import sqlite3
import time
import zlib
from contextlib import closing, suppress
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

import pytest

arenatest_litellm = pytest.importorskip(
    "arenatest_litellm", reason="needs LiteLLM: pip install -e plugins/arenatest-litellm"
)

from arenatest_litellm.kind import LITELLM, LiteLLMOptions  # noqa: E402
from pydantic import ValidationError  # noqa: E402

from arenatest import hookspec  # noqa: E402
from arenatest.errors import MissingKey  # noqa: E402
from arenatest.hookspec import Call, Context  # noqa: E402
from arenatest.model.answer import Usage  # noqa: E402
from arenatest.model.prompt import Message, Prompt  # noqa: E402
from servers.openai_server import serve  # noqa: E402
from servers.script import Script  # noqa: E402

KEY = "sk-canary-of-the-litellm-plugin"
PROMPT = Prompt(id="p1", messages=(Message(role="user", content="Hello?"),))
CALL = Call(chat_id="chat-1", prompt=PROMPT, messages=PROMPT.messages, params={}, timeout=20.0)


def build(base_url, environ=None, **said):
    said.setdefault("api_key_env", "MY_KEY")
    options = LiteLLMOptions(model="openai/m", base_url=base_url, **said)
    environ = {"MY_KEY": KEY} if environ is None else environ
    context = Context(directory=Path(), environ=environ, clock=time.perf_counter, shared={})
    return LITELLM.build(options, context)


def ask(server, *calls, **said):
    """The answers to calls made one after another by one provider."""

    async def run():
        provider = build(server.base_url, **said)
        await provider.open()
        try:
            return [await provider.answer(call) for call in calls or (CALL,)]
        finally:
            await provider.close()

    return asyncio.run(run())


def one(script, reply="Hello there, world.", **said):
    """The answer of a server that follows a script, and what the server was asked."""
    with serve(reply=reply, script=script) as server:
        (answer,) = ask(server, **said)
    return answer, server.requests


def test_an_answer_comes_with_usage_and_clocks_that_are_unfit():
    answer, _ = one(Script(ttft=0.05, itl=0.01, reasoning="Let me think "))
    assert answer.failure is None
    assert (answer.text, answer.reasoning) == ("Hello there, world.", "Let me think ")
    assert (answer.finish, answer.model, answer.response_id) == ("stop", "m", "chatcmpl-1")
    assert answer.usage == Usage(
        input_tokens=1, output_tokens=6, reasoning_tokens=3, cached_tokens=0
    )
    timing = answer.timing
    assert timing.source == "unfit"
    assert 0.05 < timing.ttft < timing.ttfat < timing.e2e <= timing.wall


def test_the_request_is_what_the_suite_says():
    call = replace(CALL, params={"temperature": 0, "max_tokens": 9})
    with serve() as server:
        ask(server, call, body={"top_p": 0.5, "extra_headers": {"X-Team": "blue"}})
    (request,) = server.requests
    assert request.body == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hello?"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0,
        "max_tokens": 9,
        "top_p": 0.5,
    }
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["x-client-request-id"] == "chat-1"
    assert request.headers["x-team"] == "blue"


@pytest.mark.parametrize("usage", ["last", "none"])
def test_a_stream_that_was_cut_off_is_no_answer_though_litellm_says_stop(usage):
    answer, _ = one(Script(fault="cut", fault_after=2, usage=usage))
    assert (answer.text, answer.finish) == ("", None)
    assert (answer.failure.kind, answer.failure.retryable) == ("cut", True)


def test_tokens_that_the_server_did_not_count_are_unknown_though_litellm_counts_them():
    answer, _ = one(Script(usage="none"))
    assert (answer.text, answer.usage) == ("Hello there, world.", None)


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, "request", False),
        (401, "auth", False),
        (403, "auth", False),
        (404, "request", False),
        (429, "rate_limited", True),
        (500, "server", True),
        (503, "server", True),
    ],
)
def test_a_refusal_is_typed_and_asked_once_by_us(status, kind, retryable):
    answer, requests = one(Script(status=status, headers={"retry-after": "3"}))
    failure = answer.failure
    assert (failure.kind, failure.status, failure.retryable) == (kind, status, retryable)
    assert failure.retry_after == (3.0 if retryable else None)
    assert len(requests) == 1


def test_money_that_is_spent_is_not_waited_for():
    error = {"message": "You exceeded your current quota", "code": "insufficient_quota"}
    answer, _ = one(Script(status=429, error=error))
    assert (answer.failure.kind, answer.failure.retryable) == ("spent", False)


@pytest.mark.parametrize("fault", ["reset", "malformed", "error"])
def test_what_breaks_inside_the_text_is_a_failure_that_is_not_paid_for_twice(fault):
    answer, requests = one(Script(fault=fault, fault_after=2))
    assert (answer.failure.kind, answer.failure.retryable) == ("stream", False)
    assert len(requests) == 1


def test_a_server_that_hangs_up_may_be_asked_again():
    answer, requests = one(Script(fault="drop"))
    assert answer.failure.retryable
    assert len(requests) == 1


def test_litellm_finds_a_key_itself_where_none_is_named(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    _, (request,) = one(Script(), environ={}, api_key_env="")
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_a_missing_key_is_said_before_any_call():
    assert LITELLM.environment(LiteLLMOptions(model="m", api_key_env="MY_KEY")) == ("MY_KEY",)
    assert LITELLM.environment(LiteLLMOptions(model="m")) == ()
    with pytest.raises(MissingKey, match="MY_KEY is not set: it is to hold the key for openai/m"):
        asyncio.run(build("http://localhost:1/v1", environ={}).open())


def test_litellm_is_loaded_without_asking_anybody():
    one(Script())
    import litellm

    assert os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] == "True"
    assert os.environ["LITELLM_MODE"] == "PRODUCTION"
    assert litellm.telemetry is False


def test_the_identity_is_the_model_and_not_the_key():
    plain = LITELLM.identity(LiteLLMOptions(model="cohere/m"), Path())
    assert plain == LITELLM.identity(LiteLLMOptions(model="cohere/m", api_key_env="K"), Path())
    assert plain != LITELLM.identity(LiteLLMOptions(model="cohere/m", body={"a": 1}), Path())


@pytest.mark.parametrize("name", ["stream", "messages", "api_key"])
def test_what_has_a_place_of_its_own_is_refused_in_the_body(name):
    with pytest.raises(ValidationError, match="has a place of its own"):
        LiteLLMOptions(model="m", body={name: "x"})


def test_pytest_finds_it_through_its_entry_point():
    (found,) = entry_points(group="pytest11", name="arenatest_litellm")
    assert found.load() is arenatest_litellm
    assert arenatest_litellm.pytest_arena_providers() == {"litellm": LITELLM}


def test_the_hook_is_spelt_as_arenatest_spells_it():
    hooks = [name for name in vars(arenatest_litellm) if name.startswith("pytest_")]
    assert hooks == ["pytest_arena_providers"]
    assert all(hasattr(hookspec, name) for name in hooks)


SUITE = """
[suite]
name = "x"

[baseline]
name = "old"
provider = "litellm"
model = "openai/old"
base_url = "{url}"
api_key_env = "MY_KEY"

[[candidates]]
name = "new"
provider = "litellm"
model = "openai/new"
base_url = "{url}"
api_key_env = "MY_KEY"

[[judges]]
kind = "reference"

[[gates]]
metric = "error_rate"
max = 0.5

[[gates]]
metric = "ttft"
stat = "p50"
max = "10 s"
"""


def test_a_run_gates_answers_refuses_to_gate_their_clocks_and_leaks_no_key(pytester, monkeypatch):
    monkeypatch.setenv("MY_KEY", KEY)
    asked = "".join(f'[[prompts]]\nquery = "q{n}"\nresponse = "Hello"\n' for n in range(12))
    with serve(reply=lambda body: f"Hello, {body['model']}, here is {KEY}") as server:
        suite = SUITE.format(url=server.base_url) + asked
        (pytester.path / "x.arena.toml").write_text(suite, encoding="utf-8")
        result = pytester.runpytest_subprocess("--arena", "-v", "-W", "error", timeout=120)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*::new::error_rate PASSED*"])
    result.stdout.fnmatch_lines(["*the clocks of new are unfit for gates: other people's code*"])
    written = b"".join((*files(pytester.path), *stored(pytester.path)))
    assert b"Hello, new, here is [MY_KEY]" in written
    assert KEY.encode() not in written


def files(folder):
    """What lies in a folder."""
    return (path.read_bytes() for path in folder.rglob("*") if path.is_file())


def stored(folder):
    """What the store holds compressed."""
    with closing(sqlite3.connect(folder / ".arenatest/arena.sqlite")) as database:
        for (table,) in database.execute("select name from sqlite_master where type = 'table'"):
            for row in database.execute(f"select * from {table}"):  # noqa: S608
                for value in row:
                    with suppress(zlib.error, TypeError):
                        yield zlib.decompress(value)
