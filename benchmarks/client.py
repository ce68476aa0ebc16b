"""What a chunk costs our client, beside the fastest that aiohttp and a JSON parser can do.

    python benchmarks/client.py [--rounds 9] [--streams 600]

The server is a process of its own and speaks OpenAI's chat completions. Three clients take turns in
random order: the ``openai`` provider with all it does for a call, and aiohttp alone, reading with
``iter_any`` and parsing with ``json`` or, where it is installed, ``orjson``. What is compared is
processor time of this process for each piece of text, as the median of ratios within rounds, to the
faster of the two. *Burst*: a stream comes in few reads. *Paced*: every piece is a read.

Then one process holds many streams open at once, and none may fail. The exit status is 1 where our
client costs more than 1.3 times the fastest, or a stream failed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import aiohttp

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from arenatest.hookspec import Call, Context
from arenatest.model.prompt import Message, Prompt
from arenatest.providers.openai import OPENAI, OpenAIOptions
from servers.openai_server import spawn

LIMIT = 1.3
TOKENS = 200
BURST = ("--tokens", str(TOKENS))
PACED = ("--tokens", str(TOKENS), "--itl-ms", "2")
HELD = ("--tokens", "20", "--ttft-ms", "500", "--itl-ms", "50")
AT_ONCE, TIMES = 16, 4  # streams of a round at once, and how often
PROMPT = Prompt(id="p", messages=(Message(role="user", content="Hello?"),))
CALL = Call(chat_id="c", prompt=PROMPT, messages=PROMPT.messages, params={}, timeout=60.0)

Ask = Callable[[], Awaitable[int]]
Client = tuple[Ask, Callable[[], Awaitable[None]]]


def our_client(url: str) -> Client:
    """One call through the provider; gives how many characters came."""
    context = Context(directory=Path(), environ={}, clock=time.perf_counter, shared={})
    provider = OPENAI.build(OpenAIOptions(model="m", base_url=url, api_key_env=""), context)

    async def ask() -> int:
        answer = await provider.answer(CALL)
        if answer.failure is not None:
            raise RuntimeError(answer.failure.message)
        return len(answer.text)

    return ask, provider.close


def bare_client(url: str, parse: Callable[[bytes], Any]) -> Client:
    """One call with aiohttp alone, its texts put together."""
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
    body = {
        "model": "m",
        "messages": [{"role": "user", "content": "Hello?"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }

    async def ask() -> int:
        pieces: list[str] = []
        rest = b""
        async with session.post(f"{url}/chat/completions", json=body) as response:
            async for data in response.content.iter_any():
                *events, rest = (rest + data).split(b"\n\n")
                pieces.extend(
                    choices[0]["delta"].get("content") or ""
                    for event in events
                    if event != b"data: [DONE]" and (choices := parse(event[6:])["choices"])
                )
        return len("".join(pieces))

    return ask, session.close


def clients(url: str) -> dict[str, Client]:
    """Return all of them, by name; the first is ours."""
    found = {
        "arenatest": our_client(url),
        "aiohttp + json": bare_client(url, lambda data: json.loads(data.decode())),
    }
    if find_spec("orjson"):
        import orjson

        found["aiohttp + orjson"] = bare_client(url, orjson.loads)
    return found


async def cost(ask: Ask) -> float:
    """Return seconds of processor time for each piece of text, over one round."""
    start = time.process_time()
    for _ in range(TIMES):
        await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
    return (time.process_time() - start) / (TIMES * AT_ONCE * TOKENS)


async def compare(url: str, rounds: int) -> dict[str, list[float]]:
    """Return the costs of all clients, round by round; the first round of each is left out."""
    asked = clients(url)
    costs: dict[str, list[float]] = {name: [] for name in asked}
    for ask, _ in asked.values():
        await cost(ask)
    for number in range(rounds):
        names = list(asked)
        random.Random(number).shuffle(names)
        for name in names:
            costs[name].append(await cost(asked[name][0]))
    for _, close in asked.values():
        await close()
    return costs


def show(mode: str, costs: dict[str, list[float]]) -> bool:
    """Print them; return whether ours is within the limit."""
    ours, *others = costs
    fastest = min(others, key=lambda name: statistics.median(costs[name]))
    ratio = statistics.median(
        mine / theirs for mine, theirs in zip(costs[ours], costs[fastest], strict=True)
    )
    for name, found in costs.items():
        print(f"{mode:6} {name:17} {statistics.median(found) * 1e6:6.1f} us for each piece")
    met = ratio <= LIMIT
    print(f"{mode:6} {ratio:.2f} times {fastest}, limit {LIMIT}: {'met' if met else 'missed'}")
    return met


async def hold(url: str, streams: int) -> bool:
    """Hold many streams at once and say how many failed."""
    ask, close = our_client(url)
    start = time.perf_counter()
    ended = await asyncio.gather(*(ask() for _ in range(streams)), return_exceptions=True)
    await close()
    failed = [error for error in ended if isinstance(error, BaseException)]
    took = time.perf_counter() - start
    print(f"held   {streams} streams at once in {took:.1f} s: {len(failed)} failed {failed[:1]}")
    return not failed


def main() -> int:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--streams", type=int, default=600)
    options = parser.parse_args()
    met = True
    for mode, arguments in (("burst", BURST), ("paced", PACED)):
        with spawn(*arguments) as url:
            met &= show(mode, asyncio.run(compare(url, options.rounds)))
    with spawn(*HELD) as url:
        met &= asyncio.run(hold(url, options.streams))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
