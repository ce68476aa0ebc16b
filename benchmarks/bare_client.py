"""The calls of benchmarks/overhead.py with nothing around them: what any client must spend.

    python benchmarks/bare_client.py URL PROMPTS WIDE [--read-only]

For each prompt it asks three contestants and four times a judge, ``WIDE`` calls at a time, reads
the streams as they come and puts the texts together. With ``--read-only`` it does not look into
what it reads, and so has no answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator
from typing import Any

import aiohttp

CONTESTANTS = ("base", "one", "two")
GAMES = 4
JUDGED = "Which answer is better, A or B? " * 75
"""As long as what a judge is sent for one game: instructions, question and both answers."""


def bodies(prompts: int) -> Iterator[dict[str, Any]]:
    """Yield the requests of a run on so many prompts."""
    for number in range(prompts):
        question = f"question number {number}"
        yield from (_body(name, question) for name in CONTESTANTS)
        yield from (_body("judge", f"{JUDGED}{question}") for _ in range(GAMES))


def _body(model: str, content: str) -> dict[str, Any]:
    return {
        "model": model,
        "messages": [{"role": "user", "content": content}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def read(content: aiohttp.StreamReader) -> str:
    """Return the text of a stream of server-sent events."""
    pieces: list[str] = []
    rest = b""
    async for data in content.iter_any():
        *events, rest = (rest + data).split(b"\n\n")
        for event in events:
            if not event.startswith(b"data: {"):
                continue
            if choices := json.loads(event[6:])["choices"]:
                pieces.append(choices[0]["delta"].get("content") or "")
    return "".join(pieces)


async def skim(content: aiohttp.StreamReader) -> str:
    """Read a stream to its end and look at nothing."""
    async for _ in content.iter_any():
        pass
    return "unread"


async def ask(url: str, prompts: int, wide: int, *, read_only: bool) -> None:
    """Make all calls; every one must give a text."""
    todo = bodies(prompts)
    answer = skim if read_only else read
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def worker() -> None:
            for body in todo:
                async with session.post(f"{url}/chat/completions", json=body) as response:
                    if not await answer(response.content):
                        raise SystemExit("an answer is empty")

        await asyncio.gather(*(worker() for _ in range(wide)))


def main() -> None:
    """Make the calls that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("prompts", type=int)
    parser.add_argument("wide", type=int)
    parser.add_argument("--read-only", action="store_true")
    options = parser.parse_args()
    asyncio.run(ask(options.url, options.prompts, options.wide, read_only=options.read_only))


if __name__ == "__main__":
    main()
