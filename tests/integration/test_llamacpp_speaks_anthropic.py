"""llama.cpp's server, with a real model, speaks Anthropic's Messages API too."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from arenatest.errors import OptionError
from arenatest.hookspec import Call, Context
from arenatest.model.prompt import Message, Prompt
from arenatest.providers import pytest_arena_providers
from arenatest.providers.local_models import cached_model, models_folder
from arenatest.providers.local_server import ServerSettings, check_machine, start_llama_server

pytestmark = pytest.mark.local_model

MODEL = "smollm2-135m"
MESSAGES = (
    Message(role="system", content="Be brief."),
    Message(role="user", content="Name the capital of France."),
)


@pytest.fixture
def server():
    try:
        check_machine()
        gguf = cached_model(MODEL, models_folder(os.environ))
    except OptionError as problem:
        pytest.skip(str(problem))
    return start_llama_server(ServerSettings(gguf=gguf, name=MODEL, context=512, threads=1))


def ask(kind, url, params):
    """What one model says in one dialect."""
    made = pytest_arena_providers()[kind]
    context = Context(directory=Path(), environ={}, clock=time.monotonic, shared={})
    options = made.options(model=MODEL, base_url=url, api_key_env="")
    provider = made.build(options, context)
    prompt = Prompt(id="p", messages=MESSAGES[1:], system=MESSAGES[0].content)
    call = Call(chat_id="c", prompt=prompt, messages=MESSAGES, params=params, timeout=60.0)

    async def once():
        await provider.open()
        try:
            return await provider.answer(call)
        finally:
            await provider.close()

    return asyncio.run(once())


def test_a_model_says_and_counts_the_same_in_both_dialects(server):
    url = server.listening_address
    params = {"temperature": 0, "max_tokens": 6}
    ours = ask("anthropic", url, params)
    theirs = ask("llamacpp", f"{url}/v1", params)
    assert (ours.failure, theirs.failure) == (None, None)
    assert ours.text == theirs.text != ""
    assert ours.finish == theirs.finish == "length"
    assert ours.usage.input_tokens == theirs.usage.input_tokens > 0
    assert ours.usage.output_tokens == theirs.usage.output_tokens == 6
    assert ours.timing.ttfb < ours.timing.ttft < ours.timing.e2e
    assert ours.timing.tpot == pytest.approx((ours.timing.e2e - ours.timing.ttft) / 5)
