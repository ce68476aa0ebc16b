import asyncio
import functools
import itertools
import subprocess
import sys
import threading
import time

import pytest

from arenatest.hookspec import Call, Context
from arenatest.model.answer import Failure
from arenatest.model.prompt import Message, Prompt
from arenatest.providers.python import PYTHON, PythonOptions

PROMPT = Prompt(id="p1", messages=(Message(role="user", content="Hello?"),))


def build(function, tmp_path, clock=time.perf_counter):
    context = Context(directory=tmp_path, environ={}, clock=clock, shared={})
    return PYTHON.build(PythonOptions(function=function), context)


def call(prompt=PROMPT, messages=None, timeout=20.0):
    return Call(
        chat_id="c",
        prompt=prompt,
        messages=prompt.messages if messages is None else messages,
        params={},
        timeout=timeout,
    )


def ask(function, tmp_path, *, clock=time.perf_counter, **more):
    async def run():
        provider = build(function, tmp_path, clock)
        await provider.open()
        try:
            return await provider.answer(call(**more))
        finally:
            await provider.close()

    return asyncio.run(run())


def plain(prompt):
    return f"You said {prompt.text}"


async def coroutine(prompt):
    await asyncio.sleep(0)
    return plain(prompt)


def generator(prompt):
    yield from ("You ", "", "said ", prompt.text)


async def async_generator(prompt):
    for piece in generator(prompt):
        await asyncio.sleep(0)
        yield piece


class Model:
    def __call__(self, prompt):
        return plain(prompt)


class AsyncModel:
    async def __call__(self, prompt):
        return plain(prompt)


ALL = [
    plain,
    coroutine,
    generator,
    async_generator,
    Model(),
    AsyncModel(),
    functools.partial(plain),
    functools.partial(coroutine),
    lambda prompt: coroutine(prompt),  # noqa: PLW0108 - not async by its looks
    lambda prompt: async_generator(prompt),  # noqa: PLW0108
    lambda prompt: iter(["You said ", prompt.text]),
]


@pytest.mark.parametrize("function", ALL)
def test_text_is_taken_however_it_is_given(function, tmp_path):
    answer = ask(function, tmp_path)
    assert answer.failure is None
    assert (answer.text, answer.finish) == ("You said Hello?", "stop")
    assert answer.timing.source == "measured"


def ticking():
    """A clock that stands at 0, 1, 2, ... as it is read."""
    ticks = itertools.count()
    return lambda: float(next(ticks))


@pytest.mark.parametrize("function", [generator, async_generator])
def test_a_generator_has_the_clocks_of_a_stream(function, tmp_path):
    timing = ask(function, tmp_path, clock=ticking()).timing
    # read at: making the call (0), the start (1), the pieces (2, 3, 4, 5), the end (6)
    assert (timing.ttft, timing.ttfat, timing.e2e, timing.wall) == (1.0, 1.0, 4.0, 5.0)
    assert (timing.gaps, timing.icl, timing.reads) == ((2.0, 1.0), 2.0, 3)
    assert timing.tpot is None


@pytest.mark.parametrize("function", [plain, coroutine])
def test_a_function_that_returns_has_no_time_to_first_token(function, tmp_path):
    timing = ask(function, tmp_path, clock=ticking()).timing
    assert (timing.ttft, timing.ttfat, timing.e2e, timing.wall) == (None, None, 1.0, 2.0)
    assert (timing.reads, timing.gaps) == (0, ())


@pytest.mark.parametrize("function", [plain, generator, Model(), functools.partial(plain)])
def test_no_lag_of_the_loop_is_in_clocks_that_a_thread_reads(function, tmp_path):
    timing = ask(function, tmp_path).timing
    assert (timing.lag, timing.stream_lag) == (0.0, 0.0)


@pytest.mark.parametrize(
    "function",
    [coroutine, async_generator, AsyncModel(), lambda prompt: async_generator(prompt)],  # noqa: PLW0108
)
def test_lag_may_be_in_clocks_that_the_loop_reads(function, tmp_path):
    timing = ask(function, tmp_path).timing
    assert (timing.lag, timing.stream_lag) == (None, None)


def raising(error):
    def function(prompt):
        raise error

    async def async_function(prompt):
        raise error

    def generating(prompt):
        yield "some text"
        raise error

    return [function, async_function, generating]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("no\nmodel"), "ValueError: no model"),
        (KeyError(), "KeyError"),
        (TimeoutError("its own"), "TimeoutError: its own"),
        (asyncio.CancelledError("its own"), "CancelledError: its own"),
        (SystemExit(3), "SystemExit: 3"),
    ],
)
def test_what_a_function_raises_is_a_failure(error, message, tmp_path):
    for function in raising(error):
        answer = ask(function, tmp_path)
        assert answer.failure == Failure(kind="provider", message=message)
        assert answer.text == ""


def test_even_a_lone_stop_iteration_is_a_failure(tmp_path):
    def function(prompt):
        return next(iter(()))

    assert ask(function, tmp_path).failure.message == "StopIteration"


async def nothing(prompt):
    return None


async def numbers(prompt):
    yield "one"
    yield 2


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda prompt: 7, "returned int, expected text"),
        (lambda prompt: None, "returned None, expected text"),
        (lambda prompt: b"bytes", "returned bytes, expected text"),
        (lambda prompt: ["a", "b"], "returned list, expected text"),
        (nothing, "returned None, expected text"),
        (numbers, "yielded int, expected text"),
        (lambda prompt: iter(["a", None]), "yielded None, expected text"),
        (lambda: "", "TypeError"),
    ],
)
def test_nonsense_is_a_failure(function, message, tmp_path):
    failure = ask(function, tmp_path).failure
    assert failure.kind == "provider"
    assert failure.message.startswith(message)


def test_the_prompt_holds_the_conversation_without_the_system_prompt(tmp_path):
    seen = []
    prompt = Prompt(id="p2", messages=(Message(role="user", content="More?"),), system="Be brief.")
    messages = (
        Message(role="system", content="Be brief."),
        Message(role="user", content="Hello?"),
        Message(role="assistant", content="Hi."),
        Message(role="user", content="More?"),
    )
    ask(lambda prompt: seen.append(prompt) or "", tmp_path, prompt=prompt, messages=messages)
    assert (seen[0].id, seen[0].system, seen[0].text) == ("p2", "Be brief.", "More?")
    assert seen[0].messages == messages[1:]


def test_functions_that_block_do_not_block_each_other_or_the_loop(tmp_path):
    barrier = threading.Barrier(8, timeout=20)

    async def run():
        provider = build(lambda prompt: str(barrier.wait()), tmp_path)
        answers = await asyncio.gather(*(provider.answer(call()) for _ in range(8)))
        await provider.close()
        return answers

    assert sorted(answer.text for answer in asyncio.run(run())) == list("01234567")


def test_threads_are_used_again(tmp_path):
    async def run():
        provider = build(lambda prompt: threading.current_thread().name, tmp_path)
        names = {(await provider.answer(call())).text for _ in range(20)}
        await provider.close()
        return names

    assert len(asyncio.run(run())) < 10  # one may still be busy with saying that it is free


def test_a_function_that_takes_too_long_is_given_up(tmp_path):
    release = threading.Event()
    ended = threading.Event()

    def slow(prompt):
        release.wait(20)
        return ""

    def slow_stream(prompt):
        try:
            yield "some"
            release.wait(20)
            yield "more"
            yield "never asked for"
        finally:
            ended.set()

    early = ask(slow, tmp_path, timeout=0.1).failure
    late = ask(slow_stream, tmp_path, timeout=1.0).failure  # its text is to come before
    release.set()
    assert (early.kind, early.retryable) == ("timeout", True)
    assert early.message == "no answer within 0.1 s: gave up before any text"
    assert (late.kind, late.retryable) == ("timeout", False)
    assert late.message == "no answer within 1 s: gave up after 4 characters of text"
    assert ended.wait(20)


def test_a_provider_that_is_cancelled_lets_the_caller_go(tmp_path):
    release, started = threading.Event(), threading.Event()

    def slow(prompt):
        started.set()
        release.wait(20)
        return ""

    async def run():
        task = asyncio.create_task(build(slow, tmp_path).answer(call()))
        await asyncio.to_thread(started.wait, 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    release.set()


def test_a_function_that_hangs_does_not_keep_the_process(tmp_path):
    script = """
import asyncio, pathlib, time
from arenatest.hookspec import Call, Context
from arenatest.model.prompt import Message, Prompt
from arenatest.providers.python import PYTHON, PythonOptions

def hang(prompt):
    time.sleep(600)

async def main():
    context = Context(
        directory=pathlib.Path(), environ={}, clock=time.perf_counter, shared={}
    )
    provider = PYTHON.build(PythonOptions(function=hang), context)
    prompt = Prompt(id="p", messages=(Message(role="user", content="x"),))
    call = Call(chat_id="c", prompt=prompt, messages=prompt.messages, params={}, timeout=0.1)
    print((await provider.answer(call)).failure.kind)
    await provider.close()

asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "timeout"


def test_a_function_is_named_by_the_suite_and_found_beside_it(tmp_path):
    (tmp_path / "models.py").write_text("def say(prompt):\n    return prompt.text.upper()\n")
    assert ask("models:say", tmp_path).text == "HELLO?"
    provider = build("models:say", tmp_path)
    assert (provider.endpoint, provider.timing) == ("python:models:say", "measured")
    assert PYTHON.identity(PythonOptions(function="models:say"), tmp_path)["function"] == (
        "models:say"
    )
    with pytest.raises(ValueError, match="has no 'sy'; did you mean 'say'"):
        PYTHON.identity(PythonOptions(function="models:sy"), tmp_path)


def test_the_schema_shows_only_what_a_suite_can_write():
    schema = PythonOptions.model_json_schema()
    assert schema["properties"]["function"]["type"] == "string"
