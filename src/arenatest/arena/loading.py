"""The load phase: one contestant at a time goes through the levels of a suite's load.

At a rate, requests are sent when they are due, however many are still under way: a server that
falls behind meets the same requests as one that keeps up. Every due time is counted from the start
of its level, never from the request before, so that one late request delays no other. They pass by
the lanes, and are never tried again: what fails under load has failed.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from itertools import accumulate

from arenatest.arena.answers import Answers
from arenatest.arena.calls import Caller
from arenatest.arena.cast import Cast
from arenatest.arena.garbage import uncollected
from arenatest.arena.journal import Journal
from arenatest.arena.on_record import OnRecord
from arenatest.arena.order import balanced_orders
from arenatest.arena.stops import Stop
from arenatest.model.identity import content_id
from arenatest.model.load import Load, LoadSlot, loaded
from arenatest.model.microseconds import microseconds, seconds_of
from arenatest.model.prompt import Prompt
from arenatest.model.record import Answered, Ledger, LoadPlaced

LEAD = 0.05
"""Seconds from the start of a level to its first request: the loop has come to rest by then."""
_NONCE = 12  # hexadecimal digits, before each request: no cache of prompts or answers knows it


class Loading:
    """Puts contestants under load and places what came of it in the ledger, level by level.

    Args:
        ledger: Where levels are placed; those that it holds are not measured again.
        cast: Who can be asked.
        caller: Makes the calls.
        answers: Knows what to send.
        journal: Puts records on disk.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        cast: Cast,
        caller: Caller,
        answers: Answers,
        journal: Journal,
        clock: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._cast = cast
        self._caller = caller
        self._answers = answers
        self._journal = journal
        self._clock = clock

    async def run(self, names: frozenset[str]) -> None:
        """Measure every level of these contestants that is not on record.

        All go through one level before the next, in a seeded balanced order, so that a drift of
        the server weighs on all of them alike; never two at once.

        Args:
            names: Of contestants that gates look at under load.

        Raises:
            StoreError: A record could not be written.
        """
        plan = self._ledger.plan
        if plan.load is None:
            return
        asked = [c.name for c in plan.contestants if c.name in names and self._asks(c.name)]
        orders = balanced_orders(asked, len(plan.load.levels), plan.seed) if asked else []
        for level, order in zip(plan.load.levels, orders, strict=False):
            for name in order:
                slot = LoadSlot(name, level)
                if slot not in self._ledger.loads and not self._caller.closed:
                    with uncollected():
                        await self._measure(plan.load, slot, plan.under_load)

    def _asks(self, name: str) -> bool:
        targets = self._cast.targets.get(name, ())
        return bool(targets) and not isinstance(targets[0].provider, OnRecord)

    async def _measure(self, load: Load, slot: LoadSlot, prompts: Sequence[Prompt]) -> None:
        """Make the requests of one level; place them once all are there, or else none of them."""
        level = _Level(self._caller, self._answers, self._clock, self._ledger.run.id, slot)
        if load.arrivals == "closed":
            await level.keep_busy(prompts)
        else:
            await level.follow(prompts, offsets(load, slot.level, self._ledger.plan.seed))
        in_order = (level.came[number] for number in sorted(level.came))
        came = [(seconds_of(microseconds(due)) or 0.0, one) for due, one in in_order]
        if len(level.came) < len(prompts) or slot.contestant in self._caller.lost:
            return
        finishes = self._ledger.plan.finishes
        placed = [
            LoadPlaced(
                run=self._ledger.run.id,
                slot=slot,
                number=number,
                chat_id=one.chat_id,
                due=due,
            )
            for number, (due, one) in enumerate(came)
        ]
        await self._journal.keep(*placed)
        self._ledger.loads[slot] = tuple(
            loaded(finishes.taken(one.answer), chat_id=one.chat_id, due=due) for due, one in came
        )


def offsets(load: Load, level: float, seed: int) -> list[float]:
    """Return when requests are due, in seconds from the first: the same for every contestant.

    Args:
        load: Of a suite; its arrivals are not ``closed``.
        level: Requests a second.
        seed: Of the run.

    Examples:
        >>> offsets(Load(arrivals="constant", levels=(4.0,), requests=3, warmup=0), 4.0, seed=0)
        [0.0, 0.25, 0.5]
    """
    count = load.warmup + load.requests
    if load.arrivals == "constant":
        return [number / level for number in range(count)]
    chance = random.Random(f"load:{seed}:{level:g}")  # noqa: S311 - reproducible, not secret
    return [0.0, *accumulate(chance.expovariate(level) for _ in range(count - 1))]


class _Level:
    """The requests of one level on their way.

    Attributes:
        came: When each was due, from the start of the level, and what came of it, by number.
    """

    def __init__(
        self,
        caller: Caller,
        answers: Answers,
        clock: Callable[[], float],
        run: str,
        slot: LoadSlot,
    ) -> None:
        self._caller = caller
        self._answers = answers
        self._clock = clock
        self._run = run
        self._slot = slot
        self._stopped = False
        self._start = clock() + LEAD
        self.came: dict[int, tuple[float, Answered]] = {}

    async def follow(self, prompts: Sequence[Prompt], schedule: Sequence[float]) -> None:
        """Send each request when it is due; return once all are answered."""
        async with asyncio.TaskGroup() as tasks:
            for number, (prompt, offset) in enumerate(zip(prompts, schedule, strict=True)):
                due = self._start + offset
                await asyncio.sleep(max(0.0, due - self._clock()))
                if self._stopped:
                    return
                tasks.create_task(self._send(number, prompt, due))

    async def keep_busy(self, prompts: Sequence[Prompt]) -> None:
        """Keep as many requests under way as the level says; return once all are answered."""
        places = asyncio.Semaphore(int(self._slot.level))
        async with asyncio.TaskGroup() as tasks:
            for number, prompt in enumerate(prompts):
                await places.acquire()
                if self._stopped:
                    return
                tasks.create_task(self._send(number, prompt, self._clock(), places.release))

    async def _send(
        self,
        number: int,
        prompt: Prompt,
        due: float,
        answered: Callable[[], None] = lambda: None,
    ) -> None:
        nonce = f"[{content_id('nonce', self._run, 'load', self._slot.level, number)[:_NONCE]}] "
        asked = self._answers.under_load(self._slot.contestant, prompt, number, nonce=nonce)
        try:
            made = await self._caller.once(asked, due, answered)
        except Stop:
            self._stopped = True
            answered()
        else:
            self.came[number] = (due - self._start, made)
