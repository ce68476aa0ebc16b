"""guidellm's mock server: other people's stream of single tokens, at times that are known."""

import asyncio
import time
from pathlib import Path
from statistics import median

import pytest

from arenatest.hookspec import Call, Context
from arenatest.model.prompt import Message, Prompt
from arenatest.providers.openai import OPENAI, presets
from arenatest.providers.responses import RESPONSES
from servers import guidellm

pytestmark = guidellm.required

TTFT, ITL, TOKENS = 0.2, 0.02, 20
PROMPT = Prompt(id="p1", messages=(Message(role="user", content="Hello?"),))
CALL = Call(chat_id="c", prompt=PROMPT, messages=PROMPT.messages, params={}, timeout=30.0)


@pytest.fixture(scope="module")
def base_url():
    with guidellm.serve(ttft=TTFT, itl=ITL, tokens=TOKENS) as url:
        ask(OPENAI, url)  # the first request takes a second longer
        yield url


def ask(kind, base_url, calls=1):
    """The answers to calls made at once."""

    async def run():
        options = kind.options(model="x", base_url=base_url, api_key_env="")
        context = Context(directory=Path(), environ={}, clock=time.perf_counter, shared={})
        provider = kind.build(options, context)
        try:
            return await asyncio.gather(*(provider.answer(CALL) for _ in range(calls)))
        finally:
            await provider.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    "kind", [OPENAI, RESPONSES, presets()["vllm"]], ids=["chat", "new", "vllm"]
)
def test_a_stream_of_single_tokens_is_counted_and_timed(kind, base_url):
    (answer,) = ask(kind, base_url)
    assert answer.failure is None
    assert (answer.finish, answer.usage.output_tokens) == ("stop", TOKENS)
    timing = answer.timing
    assert timing.ttft == timing.ttfat
    assert timing.ttfb <= timing.ttft
    assert 0.5 * TTFT < timing.ttft < 5 * TTFT
    assert 0.5 * ITL < timing.tpot < 5 * ITL
    assert timing.tpot == pytest.approx((timing.e2e - timing.ttft) / (TOKENS - 1))


def test_many_streams_at_once_keep_their_times(base_url):
    answers = ask(OPENAI, base_url, calls=32)
    assert [answer.failure for answer in answers] == [None] * 32
    assert {answer.usage.output_tokens for answer in answers} == {TOKENS}
    assert 0.5 * TTFT < median(answer.timing.ttft for answer in answers) < 5 * TTFT


def test_a_suite_is_gated_on_it(project, base_url):
    table = f'provider = "vllm"\nmodel = "x"\nbase_url = "{base_url}"\n'
    project.write(
        "x.arena.toml",
        f'[suite]\nname = "x"\n[baseline]\nname = "old"\n{table}'
        f'[[candidates]]\nname = "new"\n{table}system = "Be brief."\n'
        '[[gates]]\nmetric = "output_tokens"\nstat = "p50"\nmax = 21\n'
        '[[gates]]\nmetric = "error_rate"\nmax = 0.5\n'
        + "".join(f'[[prompts]]\nquery = "question {n}"\n' for n in range(12)),
    )
    project.run().assert_outcomes(passed=2)
