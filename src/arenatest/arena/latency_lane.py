"""Calls made for their clocks alone, one at a time on each host, while nothing else is under way.

Inline, clocks are taken while other prompts are answered and judged. Here contestants are timed
side by side, A B and then B A, so that whatever drifts weighs on all alike.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from arenatest.arena.answers import Answers
from arenatest.arena.cast import Cast, Target
from arenatest.arena.garbage import uncollected
from arenatest.arena.order import mirrored_orders, repeated
from arenatest.arena.stops import Shut, Unwanted
from arenatest.model.identity import content_id
from arenatest.model.prompt import Prompt
from arenatest.model.record import AnswerSlot, Ledger

Alone = Callable[[], AbstractAsyncContextManager[object]]
"""Makes what is held while a lane is open: two at once would disturb each other."""

HERE = "this machine"
_NONCE = 12  # hexadecimal digits


class LatencyLane:
    """The part of a run in which clocks are taken, where its suite wants that apart.

    Args:
        ledger: Where clocks are placed; those that are there already are not taken again.
        cast: Who is asked.
        answers: Asks.
        wanted: Whose clocks undecided gates still need: for one prompt, or for any.
        alone: Keeps the lanes of other suites off.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        cast: Cast,
        answers: Answers,
        wanted: Callable[[Prompt | None], frozenset[str]],
        alone: Alone = nullcontext,
    ) -> None:
        self._ledger = ledger
        self._setup = ledger.plan.latency
        self._cast = cast
        self._answers = answers
        self._wanted = wanted
        self._alone = alone
        names = [c.name for c in ledger.plan.contestants if c.name in wanted(None)]
        self._blocks = ledger.plan.blocks
        self._orders = mirrored_orders(names, len(self._blocks), ledger.plan.seed)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sequence[tuple[Prompt, ...]]]:
        """Warm up, and keep what would disturb away until all is timed.

        Returns:
            The blocks to be timed, in the order of the plan.

        Raises:
            Stop: Nothing more may be bought.
        """
        async with self._alone():
            with uncollected():
                if any(self._missing(prompt) for block in self._blocks for prompt in block):
                    await self._warm_up()
                yield self._blocks

    async def time(self, rank: int) -> None:
        """Time one block: each prompt as often as the suite says, and all that are wanted of it.

        Args:
            rank: The block's position in the plan.

        Raises:
            Stop: Nothing more may be bought.
        """
        block = self._blocks[rank]
        for number, prompt in enumerate(block):
            turns = block[: number + 1]
            if self._missing(prompt):
                await self._answer_earlier(turns, rank)
            for repeat in range(self._setup.repeats):
                nonce = self._nonce(prompt.id, repeat)
                await self._time_all(turns, repeat, rank, nonce)

    async def _time_all(self, turns: Sequence[Prompt], repeat: int, rank: int, nonce: str) -> None:
        """Time all contestants once; those on other hosts at the same moment."""
        prompt = turns[-1]
        hosts: dict[str, list[str]] = {}
        for name in repeated(self._orders[rank], repeat):
            hosts.setdefault(host_of(self._cast.target(name, prompt)), []).append(name)

        async def in_order(names: list[str]) -> None:
            for name in names:
                wanted = partial(self._wants, name, prompt)
                if wanted():
                    await _unless_unwanted(
                        self._answers.time(
                            name, turns, repeat, rank=rank, nonce=nonce, wanted=wanted
                        )
                    )

        await _all_of(in_order(names) for names in hosts.values())

    async def _answer_earlier(self, turns: Sequence[Prompt], rank: int) -> None:
        """Buy the replies that a conversation goes on from, where they are not on record."""
        for number in range(1, len(turns)):
            for name in self._orders[rank]:
                wanted = partial(self._wants, name, turns[-1])
                if wanted():
                    await _unless_unwanted(
                        self._answers.get(
                            name, turns[:number], 0, rank=rank, timed=False, wanted=wanted
                        )
                    )

    async def _warm_up(self) -> None:
        """Call every model a few times: that opens connections, and loads what is not loaded."""
        hosts: dict[str, list[tuple[Target, Prompt]]] = {}
        for target, prompt in self._models():
            hosts.setdefault(host_of(target), []).append((target, prompt))

        async def in_order(models: list[tuple[Target, Prompt]]) -> None:
            for target, prompt in models:
                for number in range(self._setup.warmup):
                    nonce = self._nonce("warm-up", number)
                    await self._answers.warm_up(target, prompt, number, nonce=nonce)

        await _all_of(in_order(models) for models in hosts.values())

    def _models(self) -> Iterable[tuple[Target, Prompt]]:
        """Return every model whose clocks are wanted, with the first prompt that it answers."""
        found: dict[int, tuple[Target, Prompt]] = {}
        for block in self._blocks:
            for prompt in block:
                for name in self._missing(prompt):
                    target = self._cast.target(name, prompt)
                    found.setdefault(id(target), (target, prompt))
        return found.values()

    def _missing(self, prompt: Prompt) -> list[str]:
        """Return whose clocks are wanted of a prompt and not on record."""
        return [
            name
            for name in sorted(self._wanted(prompt))
            for repeat in range(self._setup.repeats)
            if AnswerSlot(name, prompt.id, repeat) not in self._ledger.timings
        ]

    def _wants(self, name: str, prompt: Prompt) -> bool:
        return name in self._wanted(prompt)

    def _nonce(self, what: str, number: int) -> str:
        """Return how a prompt begins in this run and repeat, and in no other; equal for all."""
        if not self._setup.nonce:
            return ""
        return f"[{content_id('nonce', self._ledger.run.id, what, number)[:_NONCE]}] "


def host_of(target: Target) -> str:
    """Return the machine that works for a model, as far as its endpoint tells.

    Ports and schemes do not matter: two servers on one machine share its processors. Whatever has
    no host works on this machine, as all that calls itself local does. Two public names of one
    machine are two: nothing is looked up.
    """
    try:
        host = urlsplit(target.provider.endpoint).hostname or HERE
    except ValueError:  # not a URL
        return HERE
    host = host.rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return HERE
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    address = getattr(address, "ipv4_mapped", None) or address
    return HERE if address.is_loopback or address.is_unspecified else str(address)


async def _all_of(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do several things at once; end when all have ended, and raise what stopped the first."""
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    for outcome in outcomes:
        if outcome is not None:
            raise outcome


async def _unless_unwanted(work: Coroutine[Any, Any, None]) -> None:
    """Go on where nobody needs a call any more, or its model cannot be asked: others may be."""
    with suppress(Unwanted, Shut):
        await work
