"""How late we notice a token: the client's clock minus the server's own stamp in that token.

    python benchmarks/timing_bias.py [--rounds 16]

The server, a process of its own, writes the monotonic time of sending into every piece of text, so
that clocks of one machine are compared. The ``openai`` provider and a raw aiohttp client, which
stamps each read and parses it, take turns against it, with 1 and with 64 streams at once. A stream
is 8 pieces, 25 ms apart. It prints the bias of the first piece (TTFT) and of the last (E2E), and
whether the median of TTFT at 64 streams is within its limit: 1.5 times that of the raw client, plus
0.5 ms. The exit status is 1 where it is not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from arenatest.hookspec import Call, Context
from arenatest.model.prompt import Message, Prompt
from arenatest.providers.clocks import nearest_rank
from arenatest.providers.openai import OPENAI, OpenAIOptions
from servers.openai_server import spawn

SERVER = ("--stamps", "--ttft-ms", "50", "--itl-ms", "25", "--tokens", "8")
PROMPT = Prompt(id="p", messages=(Message(role="user", content="Hello?"),))
FACTOR, ALLOWANCE = 1.5, 0.0005  # of the raw client's median, and seconds
SPREAD = 0.05  # seconds over which the streams of a round start


@dataclass(frozen=True, slots=True)
class Bias:
    """Seconds from sending to noticing, of the first and the last piece of each call."""

    first: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)


Client = Callable[[Bias], Awaitable[None]]
stamps: ContextVar[list[float]] = ContextVar("stamps")


def noted() -> float:
    """The provider's clock: it remembers the last reading of each call."""
    now = time.monotonic()
    stamps.get()[:] = [now]
    return now


def provider_client(url: str) -> tuple[Client, Callable[[], Awaitable[None]]]:
    """One call through our provider; absolute times follow from when its stream ended."""
    context = Context(directory=Path(), environ={}, clock=noted, shared={})
    provider = OPENAI.build(OpenAIOptions(model="m", base_url=url, api_key_env=""), context)

    async def ask(bias: Bias) -> None:
        ended: list[float] = []
        stamps.set(ended)
        call = Call(chat_id="c", prompt=PROMPT, messages=PROMPT.messages, params={}, timeout=30.0)
        answer = await provider.answer(call)
        sent = [float(piece) for piece in answer.text.split()]
        start = ended[0] - answer.timing.wall
        bias.first.append(start + answer.timing.ttft - sent[0])
        bias.last.append(start + answer.timing.e2e - sent[-1])

    return ask, provider.close


def raw_client(url: str) -> tuple[Client, Callable[[], Awaitable[None]]]:
    """One call with aiohttp alone: a stamp a read, the events parsed."""
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
    messages = [{"role": "user", "content": "Hello?"}]
    body = {"model": "m", "messages": messages, "stream": True}

    async def ask(bias: Bias) -> None:
        seen: list[tuple[float, str]] = []
        rest = b""
        async with session.post(f"{url}/chat/completions", json=body) as response:
            async for data in response.content.iter_any():
                now = time.monotonic()
                *events, rest = (rest + data).split(b"\n\n")
                for event in events:
                    if event != b"data: [DONE]":
                        choices = json.loads(event[6:].decode())["choices"]
                        if choices and (text := choices[0]["delta"].get("content")):
                            seen.append((now, text))
        bias.first.append(seen[0][0] - float(seen[0][1]))
        bias.last.append(seen[-1][0] - float(seen[-1][1]))

    return ask, session.close


async def one_round(client: Client, bias: Bias, streams: int) -> None:
    """Make ``streams`` calls at once, started one after another."""

    async def later(number: int) -> None:
        await asyncio.sleep(SPREAD * number / streams)
        await client(bias)

    await asyncio.gather(*(later(number) for number in range(streams)))


async def measure(url: str, streams: int, rounds: int) -> tuple[Bias, Bias]:
    """Let both clients take turns; the first round of each only opens connections."""
    ours, raw = Bias(), Bias()
    ask_ours, close_ours = provider_client(url)
    ask_raw, close_raw = raw_client(url)
    for ask in (ask_ours, ask_raw):
        await one_round(ask, Bias(), streams)
    for number in range(rounds):
        turns = [(ask_ours, ours), (ask_raw, raw)]
        for ask, bias in turns if number % 2 else reversed(turns):
            await one_round(ask, bias, streams)
    await close_ours()
    await close_raw()
    return ours, raw


def show(streams: int, what: str, ours: list[float], raw: list[float]) -> None:
    """Print both and their ratio."""
    for percent in (50, 99):
        mine, theirs = nearest_rank(ours, percent), nearest_rank(raw, percent)
        print(
            f"{streams:3} streams  {what} bias p{percent}: arenatest {mine * 1e3:6.2f} ms, "
            f"raw aiohttp {theirs * 1e3:6.2f} ms, ratio {mine / theirs:.2f}  (n={len(ours)})"
        )


def within(ours: list[float], raw: list[float]) -> bool:
    """Print the limit of our median, and whether it is kept."""
    mine = nearest_rank(ours, 50)
    limit = FACTOR * nearest_rank(raw, 50) + ALLOWANCE
    met = mine <= limit
    print(
        f"limit: {FACTOR:g} x raw + {ALLOWANCE * 1e3:g} ms = {limit * 1e3:.2f} ms for the median "
        f"of {mine * 1e3:.2f} ms: {'met' if met else 'missed'}"
    )
    return met


def main() -> int:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=16)
    options = parser.parse_args()
    with spawn(*SERVER) as url:
        for streams in (1, 64):
            rounds = options.rounds if streams == 1 else max(1, options.rounds // 2)
            ours, raw = asyncio.run(measure(url, streams, rounds))
            show(streams, "TTFT", ours.first, raw.first)
            show(streams, "E2E ", ours.last, raw.last)
    return 0 if within(ours.first, raw.first) else 1


if __name__ == "__main__":
    sys.exit(main())
