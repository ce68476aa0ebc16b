import asyncio
import hashlib
import os
import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from arenatest.errors import ModelMissing, OptionError
from arenatest.hookspec import Call, Context
from arenatest.model.prompt import Message, Prompt
from arenatest.providers.local import LOCAL, LocalOptions, LocalProvider
from arenatest.providers.local_models import KNOWN_MODELS, cached_model, models_folder
from arenatest.providers.local_server import (
    ServerSettings,
    SharedServer,
    check_machine,
    default_threads,
    missing_flags,
)
from servers.openai_server import serve

SETTINGS = ServerSettings(gguf=Path("x.gguf"), name="x", context=2048, threads=1)
PROMPT = Prompt(id="p", messages=(Message(role="user", content="What is the capital of Japan?"),))


class Running:
    def __init__(self, address="http://127.0.0.1:1"):
        self.listening_address = address


class Starter:
    """Starts servers that serve nothing, and remembers how often."""

    def __init__(self, address="http://127.0.0.1:1"):
        self.address, self.started, self.stopped = address, 0, 0

    def __call__(self, settings):
        self.started += 1
        starter = self

        class Counted(Running):
            def __del__(self):
                starter.stopped += 1

        return Counted(self.address)


def call(text="What is the capital of Japan?", **params):
    return Call(
        chat_id="c1",
        prompt=PROMPT,
        messages=(Message(role="user", content=text),),
        params=params,
        timeout=60.0,
    )


def context(directory, **environ):
    return Context(directory=directory, environ=environ, clock=time.perf_counter, shared={})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "got neither of model and gguf, expected exactly one"),
        ({"model": "smollm2-135m", "gguf": "x"}, "got both of model and gguf"),
        ({"model": "smollm-135m"}, "did you mean 'smollm2-135m'"),
        ({"gguf": "x", "threads": 0}, "threads"),
        ({"gguf": "x", "contxt": 1}, "contxt"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ValidationError, match=message):
        LocalOptions(**options)


def test_a_model_that_was_not_fetched_names_the_command(tmp_path):
    with pytest.raises(ModelMissing, match="arenatest local fetch smollm2-135m"):
        LOCAL.build(LocalOptions(model="smollm2-135m"), context(tmp_path, HOME=str(tmp_path)))


def test_the_identity_is_the_weights_not_where_they_lie(tmp_path):
    (tmp_path / "a.gguf").write_bytes(b"weights")
    (tmp_path / "b.gguf").write_bytes(b"weights")
    one, two = (LOCAL.identity(LocalOptions(gguf=f"{n}.gguf"), tmp_path) for n in "ab")
    assert one == two
    assert one["sha256"] == hashlib.sha256(b"weights").hexdigest()
    named = LOCAL.identity(LocalOptions(model="smollm2-135m", threads=3), tmp_path)
    assert named["sha256"] == KNOWN_MODELS["smollm2-135m"].sha256
    assert named != LOCAL.identity(LocalOptions(model="smollm2-135m", context=512), tmp_path)


def test_a_changed_file_has_another_identity(tmp_path):
    file = tmp_path / "a.gguf"
    file.write_bytes(b"weights")
    before = LOCAL.identity(LocalOptions(gguf="a.gguf"), tmp_path)
    file.write_bytes(b"others!")
    os.utime(file, ns=(1, 1))
    assert LOCAL.identity(LocalOptions(gguf="a.gguf"), tmp_path) != before


def test_a_missing_file_is_said_at_collection(tmp_path):
    with pytest.raises(ValueError, match="no such file: 'none"):
        LOCAL.identity(LocalOptions(gguf="none.gguf"), tmp_path)


def test_one_server_serves_all_and_stops_after_the_last():
    async def scenario():
        starter = Starter()
        shared = SharedServer(SETTINGS, starter)
        addresses = await asyncio.gather(shared.acquire(), shared.acquire())
        assert (len(set(addresses)), starter.started) == (1, 1)
        await shared.release()
        assert starter.stopped == 0
        await shared.release()
        assert starter.stopped == 1
        await shared.acquire()
        assert starter.started == 2
        await shared.release()

    asyncio.run(scenario())


def test_a_server_that_does_not_start_can_be_tried_again():
    def failing(settings):
        raise OptionError("llama.cpp cannot load x.gguf")

    async def scenario():
        shared = SharedServer(SETTINGS, failing)
        for _ in range(2):
            with pytest.raises(OptionError):
                await shared.acquire()

    asyncio.run(scenario())


def test_the_prompt_cache_is_off_whatever_the_suite_says():
    with serve(reply=lambda body: "Tokyo.") as server:

        async def scenario():
            starter = Starter(server.base_url.removesuffix("/v1"))
            provider = LocalProvider(
                endpoint="local:x",
                model="x",
                server=SharedServer(SETTINGS, starter),
                clock=time.perf_counter,
            )
            await provider.open()
            answer = await provider.answer(call(cache_prompt=True, max_tokens=5))
            await provider.close()
            await provider.close()
            assert starter.stopped == 1
            return answer

        answer = asyncio.run(scenario())
        body = server.requests[0].body
    assert answer.text == "Tokyo."
    assert (body["cache_prompt"], body["max_tokens"], body["model"]) == (False, 5, "x")


@pytest.mark.parametrize(("cpus", "threads"), [(1, 1), (2, 1), (3, 2), (8, 7), (64, 8)])
def test_one_processor_is_left_to_others(cpus, threads):
    assert default_threads(cpus) == threads


def test_a_processor_without_avx2_is_told_of_the_recorded_suite(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nflags\t\t: fpu sse2 avx f16c\nbugs\t\t: spectre\n")
    assert missing_flags(cpuinfo) == ["avx2", "bmi2", "fma"]
    pytest.importorskip("xllamacpp")
    with pytest.raises(OptionError, match=r"avx2, bmi2, fma, which .*\n.*recorded\.arena\.toml"):
        check_machine(cpuinfo)


@pytest.mark.parametrize("text", ["", "Features\t: fp asimd\n", "flags : avx2 bmi2 f16c fma\n"])
def test_where_nothing_is_known_to_lack_it_may_run(tmp_path, text):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(text)
    assert missing_flags(cpuinfo) == []
    assert missing_flags(tmp_path / "none") == []


@pytest.fixture
def environ():
    pytest.importorskip("xllamacpp")
    found = {key: os.environ[key] for key in ("ARENATEST_MODELS", "HOME") if key in os.environ}
    try:
        cached_model("smollm2-135m", models_folder(found))
        check_machine()
    except OptionError as problem:
        pytest.skip(str(problem))
    return found


@pytest.mark.local_model
def test_two_contestants_share_a_real_model(environ, tmp_path):
    async def scenario():
        shared = context(tmp_path, **environ)
        first, second = (LOCAL.build(LocalOptions(model="smollm2-135m"), shared) for _ in "ab")
        await first.open()
        await second.open()
        one, again = [
            await provider.answer(call(temperature=0, max_tokens=16, seed=1))
            for provider in (first, second)
        ]
        assert len(shared.shared) == 1
        await first.close()
        await second.close()
        return one, again

    one, again = asyncio.run(scenario())
    assert one.text == again.text == "The capital of Japan is Tokyo."
    assert (one.finish, one.model, one.usage.cached_tokens) == ("stop", "smollm2-135m", 0)
    assert again.usage.cached_tokens == 0
    assert 0 < one.timing.ttft < one.timing.e2e
    assert one.timing.source == "measured"


@pytest.mark.local_model
def test_calls_follow_each_other_without_a_failure(environ, tmp_path):
    async def scenario():
        provider = LOCAL.build(LocalOptions(model="smollm2-135m"), context(tmp_path, **environ))
        await provider.open()
        answers = [await provider.answer(call(temperature=0, max_tokens=2)) for _ in range(10)]
        await provider.close()
        return answers

    answers = asyncio.run(scenario())
    assert [answer.failure for answer in answers] == [None] * 10
    assert {answer.timing.connection_reused for answer in answers} == {False}


@pytest.mark.local_model
def test_a_file_that_is_no_model_is_an_error(environ, tmp_path):
    (tmp_path / "no.gguf").write_bytes(b"no model")
    provider = LOCAL.build(LocalOptions(gguf="no.gguf"), context(tmp_path))
    with pytest.raises(OptionError, match=r"llama.cpp cannot load .*no\.gguf"):
        asyncio.run(provider.open())
