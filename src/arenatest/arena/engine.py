"""Runs one suite: buys answers and verdicts prompt by prompt, until the selected gates are decided.

Each prompt is one block: the baseline and every contestant that is still wanted are asked once, in
a seeded balanced order, one after another on each endpoint. Blocks run concurrently. A pair is
judged as soon as its two answers are there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import partial

from arenatest.arena.answers import Answers
from arenatest.arena.calls import Caller
from arenatest.arena.cast import Cast
from arenatest.arena.games import Games
from arenatest.arena.journal import Journal
from arenatest.arena.latency_lane import Alone, LatencyLane
from arenatest.arena.loading import Loading
from arenatest.arena.order import balanced_orders
from arenatest.arena.reuse import Reuse
from arenatest.arena.stops import Shut, Stop, Unwanted, together
from arenatest.arena.watching import StopCause, Wants, Watcher
from arenatest.model.decision import Decision
from arenatest.model.plan import Plan
from arenatest.model.prompt import Prompt
from arenatest.model.record import DecisionMade, Ledger

AHEAD = 2
"""Blocks that may be asked or judged at once, for each place in a lane.

Where judging is slower than answering, contestants would else run through the whole plan, and an
early decision would save nothing.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is.

    Attributes:
        done, planned: Prompts settled, and prompts of the plan.
        win_rates: By candidate, where there is one.
        errors: Calls that failed.
        calls: Calls made.
        left: Seconds that the rest would take at the same pace; None while unknown.
    """

    done: int
    planned: int
    win_rates: dict[str, float]
    errors: int
    calls: int
    left: float | None


@dataclass(slots=True)
class _Turn:
    """One prompt's turn to be asked of all who are wanted, in one repeat.

    Attributes:
        tasks: Where calls and games run.
        rank: The block's position in the plan.
        prompts: The turns of the conversation up to this one, which is asked.
        repeat: Which repeat.
        games: Those under way on this prompt; more are added.
        stopped: Why nothing more may be bought.
    """

    tasks: asyncio.TaskGroup
    rank: int
    prompts: Sequence[Prompt]
    repeat: int
    games: list[asyncio.Task[None]]
    stopped: Stop | None = None


class Engine:
    """Runs one suite on the current event loop.

    Args:
        ledger: The record so far: empty, or what a killed process left.
        watcher: The selected gates.
        cast: Everybody who takes part, open.
        caller, answers, games: Who makes calls, gets answers and has them judged.
        reuse: What earlier runs bought.
        journal: Puts records on disk.
        on_decided: Called on the event loop with each decision as it falls.
        clock: Monotonic seconds.
        alone: Makes what is held while calls are made for their clocks alone.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        watcher: Watcher,
        cast: Cast,
        caller: Caller,
        answers: Answers,
        games: Games,
        reuse: Reuse,
        journal: Journal,
        on_decided: Callable[[Decision], None],
        clock: Callable[[], float],
        alone: Alone = nullcontext,
    ) -> None:
        self._ledger = ledger
        self._watcher = watcher
        self._caller = caller
        self._answers = answers
        self._reuse = reuse
        self._games = games
        self._journal = journal
        self._on_decided = on_decided
        self._clock = clock
        self._plan: Plan = ledger.plan
        answering = {id(target.lane.places): target.lane for target in cast.answering}
        width = sum(lane.width for lane in answering.values())
        self._room = asyncio.Semaphore(max(1, width))
        every = sum(places.width for places in cast.places.values())
        self._ahead = asyncio.Semaphore(max(1, AHEAD * every))
        self._cast = cast
        self._alone = alone
        self._apart = self._plan.latency.dedicated
        self._planned = len(self._plan.prompts)
        self._started = clock()
        self._done = 0
        self._decided: set[tuple[str, str]] = set()

    async def run(self) -> tuple[StopCause, str] | None:
        """Buy what is needed and decide every selected gate that the record decides.

        Returns:
            Why it ended before its plan, or None: then all selected gates are decided, or nothing
            is left to buy.

        Raises:
            StoreError: A record could not be written: nothing more is bought then.
        """
        await self._announce(self._watcher.settle(self._ledger))
        async with asyncio.TaskGroup() as tasks:
            await self._judge_golden(tasks)
        await self._announce(self._watcher.settle(self._ledger))
        async with asyncio.TaskGroup() as tasks:
            await self._walk(tasks)
        if self._caller.closed is not None and self._reuse.active:
            async with asyncio.TaskGroup() as tasks:
                self._done = 0
                await self._walk(tasks, recorded=True)
        if self._apart and self._caller.closed is None and self._watcher.wanted().timings:
            await self._time()
        if self._caller.closed is None and (names := self._watcher.wanted().loads):
            await self._load(names)
        reason = self._caller.closed
        if reason is not None:
            return "budget", reason
        if self._caller.lost:
            return together(self._caller.lost.values())
        lost = len(self._answers.missing)
        if lost and _anything(self._watcher.wanted()):
            what = "1 answer is" if lost == 1 else f"{lost:,} answers are"
            return "plan", f"{what} not on record, and no contestant was asked"
        return None

    async def conclude(self, stopped: tuple[StopCause, str] | None) -> Sequence[Decision]:
        """Decide all selected gates on what there is, and record the decisions."""
        await self._journal.flush()
        decisions = self._watcher.conclude(self._ledger, stopped)
        await self._announce(decisions)
        return decisions

    def progress(self) -> Progress:
        """Return how far the run is; may be called from any thread."""
        spent = self._clock() - self._started
        done, planned = self._done, self._planned
        rates = {c.name: self._watcher.running(c.name) for c in self._plan.candidates}
        return Progress(
            done=done,
            planned=planned,
            win_rates={name: rate for name, rate in rates.items() if rate is not None},
            errors=self._caller.failed_calls,
            calls=sum(list(self._ledger.calls.values())),
            left=spent / done * (planned - done) if done else None,
        )

    async def _judge_golden(self, tasks: asyncio.TaskGroup) -> None:
        """Have the golden set judged before anything else: what follows may rest on it."""
        games = await self._games.golden(self._watcher.wanted)
        while True:
            await self._ahead.acquire()
            game = None if self._caller.closed is not None else next(games, None)
            if game is None:
                self._ahead.release()
                return
            tasks.create_task(game).add_done_callback(lambda _: self._ahead.release())

    async def _time(self) -> None:
        """Take the clocks that the suite wants from calls of their own, after all else."""
        lane = LatencyLane(
            ledger=self._ledger,
            cast=self._cast,
            answers=self._answers,
            wanted=lambda prompt: self._watcher.wanted(prompt).timings,
            alone=self._alone,
        )
        self._planned = self._done + len(self._plan.prompts)
        with suppress(Stop):
            async with lane.open() as blocks:
                for rank, block in enumerate(blocks):
                    if not self._watcher.wanted().timings:
                        break
                    await lane.time(rank)
                    self._done += len(block) - 1  # and the last one when it is settled
                    await self._settle([])

    async def _load(self, names: frozenset[str]) -> None:
        """Put contestants under load, after all else, while no other suite takes times."""
        loading = Loading(
            ledger=self._ledger,
            cast=self._cast,
            caller=self._caller,
            answers=self._answers,
            journal=self._journal,
            clock=self._clock,
        )
        async with self._alone():
            await loading.run(names)
        await self._announce(self._watcher.settle(self._ledger))

    async def _walk(self, tasks: asyncio.TaskGroup, *, recorded: bool = False) -> None:
        """Walk through the plan; with ``recorded`` once more, when nothing may be bought any more.

        What earlier runs bought, and a call for its clocks kept from being taken, may yet decide.
        """
        blocks = self._plan.blocks
        names = [contestant.name for contestant in self._plan.contestants]
        orders = balanced_orders(names, len(blocks), self._plan.seed)
        for rank, (block, order) in enumerate(zip(blocks, orders, strict=True)):
            await self._ahead.acquire()
            await self._room.acquire()
            over = (self._caller.closed is not None and not recorded) or not self._asks(None)
            if over or not any(self._asks(prompt) for prompt in block):
                self._room.release()
                self._ahead.release()
                if over:
                    return
            elif self._known(block):  # first, lest gates that it decides buy what comes after it
                await self._block(tasks, rank, block, order)
            else:
                tasks.create_task(self._block(tasks, rank, block, order))

    def _known(self, block: tuple[Prompt, ...]) -> bool:
        """Return whether earlier runs made all that is wanted of a block."""
        if not self._reuse.active:
            return False
        for number, prompt in enumerate(block):
            wanted, turns = self._watcher.wanted(prompt), block[: number + 1]
            if self._inline(wanted) or not all(
                self._answers.known(name, turns, repeat)
                for name in wanted.answers
                for repeat in range(self._plan.repeats)
            ):
                return False
            if not self._games.known(self._answers, turns, wanted):
                return False
        return True

    async def _block(
        self, tasks: asyncio.TaskGroup, rank: int, block: tuple[Prompt, ...], order: tuple[str, ...]
    ) -> None:
        try:
            await self._fight(tasks, rank, block, order)
        except Stop:
            return
        finally:
            self._ahead.release()

    async def _fight(
        self, tasks: asyncio.TaskGroup, rank: int, block: tuple[Prompt, ...], order: tuple[str, ...]
    ) -> None:
        judging: dict[str, list[asyncio.Task[None]]] = {prompt.id: [] for prompt in block}
        try:
            for repeat in range(self._plan.repeats):
                for number, prompt in enumerate(block):
                    prompts, games = block[: number + 1], judging[prompt.id]
                    turn = _Turn(tasks, rank=rank, prompts=prompts, repeat=repeat, games=games)
                    await self._ask_all(turn, order)
        finally:
            self._room.release()
        for prompt in block:
            await self._settle(judging[prompt.id])

    async def _ask_all(self, turn: _Turn, order: tuple[str, ...]) -> None:
        """Ask every wanted contestant; those of one endpoint one after another.

        Raises:
            Stop: Nothing more may be bought; raised when no call of this turn is in flight.
        """
        queues: dict[str, list[str]] = {}
        for name in order:
            if name in self._cast.targets:
                endpoint = self._cast.target(name, turn.prompts[-1]).provider.endpoint
                queues.setdefault(endpoint, []).append(name)
        if len(queues) == 1:  # without a task of its own, which would cost a tenth of a call
            await self._ask_in_order(turn, *queues.values())
        else:
            asking = (self._ask_in_order(turn, names) for names in queues.values())
            await asyncio.wait([turn.tasks.create_task(work) for work in asking])
        if turn.stopped is not None:
            raise turn.stopped

    async def _ask_in_order(self, turn: _Turn, names: list[str]) -> None:
        prompt, rank = turn.prompts[-1], turn.rank
        for name in names:
            if not self._wants(name, prompt) or self._lacks(name, turn):
                continue
            timed = name in self._inline(self._watcher.wanted(prompt))
            wanted = partial(self._wants, name, prompt)
            try:
                await self._answers.get(
                    name, turn.prompts, turn.repeat, rank=rank, timed=timed, wanted=wanted
                )
            except (Unwanted, Shut):
                continue
            except Stop as stop:
                turn.stopped = stop
                return
            look = partial(self._watcher.wanted, prompt)
            ready = self._games.ready(name, prompt, turn.repeat, look, rank=rank)
            turn.games.extend(turn.tasks.create_task(game) for game in ready)

    def _wants(self, name: str, prompt: Prompt) -> bool:
        wanted = self._watcher.wanted(prompt)
        return name in wanted.answers or name in self._inline(wanted)

    def _lacks(self, name: str, turn: _Turn) -> bool:
        """Return whether an answer is not on record and may not be bought any more."""
        if self._caller.closed is None:
            return False
        return self._answers.known(name, turn.prompts, turn.repeat) is None

    def _asks(self, prompt: Prompt | None) -> bool:
        """Whether the walk through the plan buys anything more: of one prompt, or of any."""
        wanted = self._watcher.wanted(prompt)
        bought = wanted.answers or wanted.judgments or wanted.metrics
        return bool(bought or self._inline(wanted))

    def _inline(self, wanted: Wants) -> frozenset[str]:
        """Return whose clocks are taken on the calls that buy answers."""
        return frozenset() if self._apart or self._caller.closed is not None else wanted.timings

    async def _settle(self, games: list[asyncio.Task[None]]) -> None:
        """Wait until a prompt's games are over, then let the gates look."""
        if games:
            await asyncio.wait(games)
        self._done += 1
        await self._announce(self._watcher.settle(self._ledger))

    async def _announce(self, decisions: Sequence[Decision]) -> None:
        for decision in decisions:
            gate = (decision.candidate, decision.gate)
            if gate not in self._decided:
                self._decided.add(gate)
                await self._journal.keep(DecisionMade(run=self._ledger.run.id, decision=decision))
                self._on_decided(decision)


def _anything(wanted: Wants) -> bool:
    return bool(wanted.answers or wanted.timings or wanted.judgments or wanted.metrics)
