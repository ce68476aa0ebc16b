"""Puts one suite's engine together, and runs it on an event loop of its own in its own thread.

It works beside pytest-asyncio and anyio, and inside a running loop, because it shares no loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from arenatest.arena.answers import Answers
from arenatest.arena.budget import Budget, Spent, own_budgets
from arenatest.arena.caching import DAY, Caching
from arenatest.arena.calls import Caller
from arenatest.arena.cast import Cast, assemble
from arenatest.arena.engine import Engine, Progress
from arenatest.arena.games import Games
from arenatest.arena.journal import Journal
from arenatest.arena.lanes import Traffic
from arenatest.arena.latency_lane import Alone
from arenatest.arena.loop_lag import LoopLag
from arenatest.arena.redact import Redactor
from arenatest.arena.reuse import Reuse
from arenatest.arena.shared import Shared
from arenatest.arena.watching import StopCause, Watcher
from arenatest.errors import ArenaError
from arenatest.hookspec import Context
from arenatest.model.decision import Decision
from arenatest.model.record import DecisionMade, Ledger, Run
from arenatest.store import Store, Writer
from arenatest.store.reopening import Rerun, ask_again
from arenatest.suite.suite import RunSettings, Suite


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a run takes from the outside: clocks, chance, environment, and the user's choices.

    Attributes:
        session: Shared by all suites and processes of one invocation.
        fresh: Whether to buy all again instead of reusing what earlier runs bought.
        clock: Monotonic seconds.
        wall: Seconds since 1970.
        new_id: Makes unique ids.
        environ: The environment.
        budgets: What pays for a suite, which has these limits of its own and has spent so much.
        traffic: The roads to all endpoints, for all suites; None for a suite alone.
        versions: Of arenatest, Python and pytest.
        caching: Tells how answers are cached, for all suites.
        rerun: What is asked again in the latest run of each plan, which goes on; None for nothing.
        commit: Tells the commit under test; None where unknown.
        alone: Makes what is held while calls are made for their clocks alone.
    """

    session: str
    fresh: bool
    clock: Callable[[], float]
    wall: Callable[[], float]
    new_id: Callable[[], str]
    environ: Mapping[str, str] = field(repr=False)
    budgets: Callable[[RunSettings, Spent], Sequence[Budget]] = own_budgets
    traffic: Traffic | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    caching: Callable[[], Caching] = Caching
    rerun: Rerun | None = None
    commit: Callable[[], str | None] = lambda: None
    alone: Alone = nullcontext


class SuiteRun:
    """One run of one suite in a thread; other threads wait for its decisions.

    Args:
        suite: What to run.
        store: Where to record it; begun or continued at once.
        watcher: The selected gates.
        conditions: The outside.
        answers_of: The run whose answers are judged again: no contestant is asked, and judgments
            are bought afresh. None to ask.
    """

    def __init__(
        self,
        suite: Suite,
        store: Store,
        watcher: Watcher,
        conditions: Conditions,
        *,
        answers_of: str | None = None,
    ) -> None:
        self._suite = suite
        self._store = store
        self._watcher = watcher
        self._conditions = conditions
        self._answers_of = answers_of
        self._news = threading.Condition()
        self._decisions: dict[tuple[str, str], Decision] = {}
        self._over = False
        self._error: BaseException | None = None
        self._engine: Engine | None = None
        self._shared: Shared | None = None
        self._buying: asyncio.Task[tuple[StopCause, str] | None] | None = None
        self._halted: tuple[StopCause, str] | None = None
        now = conditions.wall()
        self._not_before = now - suite.settings.reuse_days * DAY
        self.run, self.continued = self._begin(now)
        if answers_of is not None:
            store.place_answers(answers_of, self.run.id)
        self._thread = threading.Thread(
            target=self._live, name=f"arena {suite.plan.suite}", daemon=True
        )

    def _begin(self, now: float) -> tuple[Run, bool]:
        """Return the run, and whether it is one that was begun before."""
        conditions, plan = self._conditions, self._suite.plan
        run = Run(
            id=conditions.new_id(),
            session=conditions.session,
            plan_hash=plan.hash,
            started=now,
            versions=conditions.versions,
            commit=conditions.commit(),
            reuses_from=self._not_before,
        )
        if conditions.rerun is not None and self._answers_of is None:
            with self._store.writing() as connection:
                ask_again(
                    connection,
                    plan,
                    what=conditions.rerun,
                    session=run.session,
                    at=now,
                    expire=self._not_before,
                )
        fresh = conditions.fresh or self._answers_of is not None
        return self._store.begin(plan, run, fresh=fresh, expire=self._not_before)

    def start(self) -> None:
        """Start buying."""
        self._thread.start()

    def wait(self, candidate: str, gate: str, timeout: float) -> Decision | None:
        """Wait up to ``timeout`` seconds for one gate's decision; None if it has not fallen.

        Raises:
            ArenaError: The run broke down; whoever waits is told why.
        """
        with self._news:
            self._news.wait_for(lambda: (candidate, gate) in self._decisions or self._over, timeout)
            decision = self._decisions.get((candidate, gate))
            if decision is None and self._error is not None:
                raise self._error
            return decision

    def check(self) -> None:
        """Raise what broke the run down, if anything did.

        Raises:
            ArenaError: As it came from a provider, a plugin or the store.
        """
        if self._error is not None:
            raise self._error

    @property
    def over(self) -> bool:
        """Whether nothing more will be bought or decided."""
        return self._over

    def progress(self) -> Progress | None:
        """Return how far the run is; None before the first call and after the last."""
        engine = self._engine
        return None if engine is None else engine.progress()

    def stop(self, cause: StopCause, reason: str) -> None:
        """Stop buying, give up the calls in flight, and decide on what there is.

        May be called from any thread at any time: before the start, no call is made; after the
        last call, it changes nothing.
        """
        with self._news:
            self._halted = self._halted or (cause, reason)
            buying = self._buying
        if buying is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the run is over
                buying.get_loop().call_soon_threadsafe(buying.cancel)

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the run is over; return whether it is."""
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _live(self) -> None:
        try:
            asyncio.run(self._run())
        except BaseException as error:
            self._error = _plain(error)
        finally:
            self._engine = None  # it holds the ledger, which is in the store by now
            with self._news:
                self._over = True
                self._news.notify_all()

    async def _run(self) -> None:
        ledger = self._store.load(self.run.id)
        writer = Writer(self._store, patience=self._store.patience)
        try:
            cast = Cast()
            try:
                stopped = await self._limited(self._buy(ledger, cast, writer), cast)
            finally:
                if self._shared is not None:
                    await self._shared.close()
                await cast.close()
            await self._close(ledger, writer, stopped)
        finally:
            await asyncio.to_thread(writer.close)

    async def _limited(
        self, work: Coroutine[Any, Any, tuple[StopCause, str] | None], cast: Cast
    ) -> tuple[StopCause, str] | None:
        """Buy in a task of its own: a stop ends that, and never what follows it."""
        deadline = self._suite.settings.deadline
        buying = asyncio.create_task(work)
        with self._news:
            self._buying = buying
            if self._halted is not None:
                buying.cancel()
        try:
            async with asyncio.timeout(deadline) as limit:
                return await buying
        except TimeoutError:
            if not limit.expired():
                raise
            return ("plan", f"the deadline of {deadline:g} s passed{_held_up(cast)}")
        except asyncio.CancelledError:
            if self._halted is None:
                raise
            return self._halted

    async def _buy(
        self, ledger: Ledger, cast: Cast, writer: Writer
    ) -> tuple[StopCause, str] | None:
        await self._assemble(cast)
        wanted = self._watcher.wanted()
        timed = bool(wanted.timings or wanted.loads)
        lag = LoopLag(self._conditions.clock) if timed else None
        self._engine = await self._engine_of(ledger, cast, writer, lag)
        async with lag or nullcontext():
            return await self._engine.run()

    async def _close(
        self, ledger: Ledger, writer: Writer, stopped: tuple[StopCause, str] | None
    ) -> None:
        ledger.run = replace(ledger.run, stopped=stopped)
        if self._engine is not None:
            await self._engine.conclude(stopped)
        else:  # stopped before the first call
            for decision in self._watcher.conclude(ledger, stopped):
                await writer.write(DecisionMade(run=self.run.id, decision=decision))
                self._decided(decision)
        now = self._conditions.wall()
        finished = now if stopped is None else None
        await asyncio.to_thread(self._store.finish, self.run.id, finished, stopped, at=now)

    async def _assemble(self, cast: Cast) -> None:
        wanted = self._watcher.wanted()
        await assemble(
            cast,
            self._suite,
            self._context(),
            contestants=wanted.answers | wanted.timings | wanted.loads,
            judged=bool(wanted.judgments),
            metrics={name for name, _ in wanted.metrics},
            traffic=self._conditions.traffic or Traffic(self._conditions.clock),
            on_record=self._answers_of is not None,
        )

    async def _engine_of(
        self, ledger: Ledger, cast: Cast, writer: Writer, lag: LoopLag | None
    ) -> Engine:
        journal = Journal(writer)
        redactor = Redactor(self._suite.environment, self._conditions.environ)
        caller = self._caller(ledger, journal, redactor, lag)
        asked = [*(() if self._answers_of is not None else cast.answering), *cast.judging]
        caller.admit(target.contestant for target in asked)
        reuse = await self._reuse()
        answers = Answers(ledger=ledger, cast=cast, caller=caller, journal=journal, reuse=reuse)
        games = Games(
            ledger=ledger,
            cast=cast,
            caller=caller,
            journal=journal,
            reuse=reuse,
            redactor=redactor,
            wall=self._conditions.wall,
            patience=self._suite.settings.call_timeout,
        )
        wanted = self._watcher.wanted()
        await answers.preload(wanted.answers | wanted.timings)
        await games.preload(answers, wanted)
        return Engine(
            ledger=ledger,
            watcher=self._watcher,
            cast=cast,
            caller=caller,
            answers=answers,
            games=games,
            reuse=reuse,
            journal=journal,
            on_decided=self._decided,
            clock=self._conditions.clock,
            alone=self._conditions.alone,
        )

    def _caller(
        self, ledger: Ledger, journal: Journal, redactor: Redactor, lag: LoopLag | None
    ) -> Caller:
        conditions = self._conditions
        spent = Spent(calls=sum(ledger.calls.values()), cost=ledger.cost)
        return Caller(
            ledger=ledger,
            journal=journal,
            paid=self._store.unused_calls(self.run.id) if self.continued else (),
            clock=conditions.clock,
            wall=conditions.wall,
            new_id=conditions.new_id,
            chance=random.Random(conditions.session),  # noqa: S311 - jitter
            redactor=redactor,
            budgets=conditions.budgets(self._suite.settings, spent),
            on_lost=self._watcher.lose,
            lag=lag,
        )

    async def _reuse(self) -> Reuse:
        if self._answers_of is not None:
            return Reuse(self._store, 0.0, judged=False)
        conditions, plan = self._conditions, self._suite.plan
        earlier = self.run.attempt > 1 or self._store.has_other_runs(self.run.id)
        reusing = earlier and not conditions.fresh
        levels = conditions.caching().levels(
            self._context(),
            contestants=[model.fingerprint for c in plan.contestants for model in c.models],
            not_before=self._not_before,
            days=self._suite.settings.reuse_days,
            fresh=conditions.fresh,
            wall=conditions.wall,
        )
        self._shared = levels.shared
        if self._shared is not None:
            await self._shared.open()
        return Reuse(self._store, self._not_before if reusing else None, levels=levels)

    def _context(self) -> Context:
        return Context(
            directory=self._suite.directory,
            environ=self._conditions.environ,
            clock=self._conditions.clock,
            shared={},
            latency_gated=self._suite.latency_gated,
        )

    def _decided(self, decision: Decision) -> None:
        with self._news:
            self._decisions[decision.candidate, decision.gate] = decision
            self._news.notify_all()


def _held_up(cast: Cast) -> str:
    """Return that calls could not be made for so long, for people; empty where all could."""
    calls = sum(lane.held_up for lane in cast.lanes.values())
    were = f"{calls:,} calls were" if calls > 1 else "1 call was"
    return f" while {were} held back by limits or a server's trouble" if calls else ""


def _plain(error: BaseException) -> BaseException:
    """Return the one error that matters inside a group that a task group made.

    A full disk is told to every task that was writing; whoever waits wants to hear of it once.
    """
    while isinstance(error, BaseExceptionGroup):
        ours = error.subgroup(ArenaError)
        error = (ours or error).exceptions[0]
    return error
