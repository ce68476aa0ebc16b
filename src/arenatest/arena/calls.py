"""One model call, tried as often as it makes sense; every attempt has a chat id and a record."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from arenatest.alarms import Alarms
from arenatest.arena.budget import Budget, charged
from arenatest.arena.cast import Target
from arenatest.arena.foreign import guarded, nonsense_of, told
from arenatest.arena.journal import Journal
from arenatest.arena.keys import session_id
from arenatest.arena.loop_lag import LoopLag
from arenatest.arena.redact import Redactor
from arenatest.arena.retries import Retries
from arenatest.arena.roads import Visit
from arenatest.arena.stops import Closing, OnLost, Shut, Stop, Unwanted, unheard
from arenatest.errors import StoreError
from arenatest.hookspec import Call
from arenatest.model.answer import Answer, Failure, Timing, cut_word
from arenatest.model.microseconds import whole_failure, whole_timing
from arenatest.model.plan import Contestant
from arenatest.model.price import price_missing
from arenatest.model.prompt import Message, Prompt
from arenatest.model.record import Answered, Generation, Ledger, Record
from arenatest.model.revised import revised_answer, revised_timing
from arenatest.model.tokens import expected_usage

GRACE = 0.5
"""Seconds that a provider has, after its timeout, to say itself how far the call got."""

Place = Callable[[Answered], tuple[Record, ...]]
"""Makes the records that put an answer in its place."""


class Asked(NamedTuple):
    """What is asked of whom, and where it belongs.

    Attributes:
        key: Content identity, by which a later run may reuse the answer.
        rank: The prompt's position in the plan: earlier ones go first in their lane.
        wanted: Whether an undecided gate still needs it; asked before each attempt.
    """

    target: Target
    prompt: Prompt
    messages: tuple[Message, ...]
    key: str
    role: Literal["answer", "judge", "timing", "warmup", "load"]
    repeat: int
    rank: int
    wanted: Callable[[], bool] = lambda: True


class Caller:
    """Makes model calls within the limits, retries them, counts them and hands on the records.

    Args:
        ledger: Where calls and costs are counted.
        journal: Puts records on disk.
        paid: Calls of a killed process of this run that were recorded, but not yet used.
        clock: Monotonic seconds.
        wall: Seconds since 1970.
        new_id: Makes chat ids.
        chance: Jitter of the pauses.
        redactor: Takes secrets out of answers.
        budgets: What pays for the calls: each of them must have enough.
        on_lost: Told of models that cannot be asked any more.
        lag: Tells how late the loop came during a call; None where nobody looks at clocks.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        journal: Journal,
        paid: Iterable[Generation],
        clock: Callable[[], float],
        wall: Callable[[], float],
        new_id: Callable[[], str],
        chance: random.Random,
        redactor: Redactor,
        budgets: Sequence[Budget] = (),
        on_lost: OnLost = unheard,
        lag: LoopLag | None = None,
    ) -> None:
        self._ledger = ledger
        self._journal = journal
        self._paid: dict[str, list[Generation]] = {}
        for generation in paid:
            self._paid.setdefault(generation.key, []).append(generation)
        self._clock = clock
        self._wall = wall
        self._new_id = new_id
        self._retries = Retries(chance)
        self._redactor = redactor
        self._budgets = budgets
        self._on_lost = on_lost
        self._lag = lag
        self._alarms = Alarms()
        self._bills: dict[str, tuple[int, float]] = {}
        self._unpriced: Sequence[str] = ()
        self.closed: str | None = None
        """Why no further call may start: None while calls may."""
        self.failed_calls = 0
        self.lost: dict[str, Closing] = {}
        """Models that cannot be asked any more, and why."""

    def admit(self, models: Iterable[Contestant]) -> None:
        """Take note of who may be called: no limit of cost can be kept where a price is unknown.

        Models of kinds that nobody bills by the token may do without.
        """
        if any(budget.limits.max_cost is not None for budget in self._budgets):
            names = (model.name for model in models if model.metered and model.price is None)
            self._unpriced = tuple(dict.fromkeys(names))

    async def ask(self, asked: Asked, place: Place | None = None) -> Answered:
        """Return the final answer; all attempts are on disk by then.

        Args:
            asked: What is asked of whom.
            place: Makes the records that put the final answer in its place, written with it.

        Raises:
            Stop: The budget is used up, or the run was closed, before the call was made.
            Shut: Its endpoint is down, or does not take its key.
            Unwanted: Nobody needs the call any more.
            StoreError: A record could not be written.
        """
        if paid := self._paid.get(asked.key):
            last = paid.pop()
            return Answered(
                answer=last.answer, chat_id=last.chat_id, attempts=last.attempt, cost=last.cost
            )
        if self.closed:  # else it would wait for its turn, perhaps minutes, to hear so
            raise Stop(self.closed)
        lane = asked.target.lane
        tokens = lane.expected(asked.messages, asked.target.params)
        attempt = 1
        while True:
            wanted_at = self._clock()
            try:
                visit = await lane.enter(asked.rank, attempt, tokens)
            except Shut as shut:
                self._lose(asked, shut)
                raise
            try:
                if not asked.wanted():
                    raise Unwanted
                queued = self._clock() - wanted_at
                answered, pause = await self._attempt(asked, place, attempt, queued, visit)
            finally:
                lane.leave(visit)
            if pause is None:
                return answered
            if self.closed:  # not the last word: whoever continues the run asks again
                raise Stop(self.closed)
            attempt += 1
            await asyncio.sleep(pause)

    async def once(self, asked: Asked, due: float, answered: Callable[[], None]) -> Answered:
        """Make one call outside of the lane, and never a second attempt: it is part of a schedule.

        Args:
            asked: What is asked of whom.
            due: Monotonic seconds at which it was to be sent: what is sent later was kept waiting.
            answered: Called when its answer is there, before that is recorded.

        Raises:
            Stop: The budget is used up, the run was closed, or its key is not taken.
            StoreError: A record could not be written.
        """
        lane = asked.target.lane
        try:
            await lane.allowed(lane.expected(asked.messages, asked.target.params))
        except Shut as shut:
            self._lose(asked, shut)
            raise
        expected = self._spend(asked)
        chat_id, started = self._new_id(), self._wall()
        try:
            answer = await self._timed(asked, chat_id, max(0.0, self._clock() - due))
        finally:
            answered()
        if answer.failure is not None:
            lane.refused(answer.failure)
        generation = self._record(asked, 1, chat_id, started, answer, final=True)
        for budget in self._budgets:
            budget.settle(expected, charged(answer, generation.cost, expected))
        await self._keep(generation)
        return Answered(answer=_lean(answer), chat_id=chat_id, cost=generation.cost)

    async def give_up(
        self,
        target: Target,
        failure: Failure,
        *,
        prompt: str,
        repeat: int,
        place: Place,
    ) -> Answered:
        """Record an answer that cannot be had, without a call: its attempt is number 0."""
        answer = Answer(failure=failure, timing=Timing(source=target.provider.timing))
        generation = Generation(
            chat_id=self._new_id(),
            run=self._ledger.run.id,
            role="answer",
            owner=target.contestant.name,
            key="",
            prompt=prompt,
            repeat=repeat,
            attempt=0,
            final=True,
            started=self._wall(),
            answer=answer,
        )
        answered = Answered(answer=answer, chat_id=generation.chat_id, attempts=0)
        await self._keep(generation, *place(answered))
        return answered

    async def _attempt(
        self, asked: Asked, place: Place | None, attempt: int, queued: float, visit: Visit
    ) -> tuple[Answered, float | None]:
        """Make one attempt; return it with the seconds until the next one, None for no other.

        The place in the lane is held until the record is on disk: whatever kills the process,
        no more calls are lost than may be in flight.
        """
        target = asked.target
        expected = self._spend(asked)
        chat_id = self._new_id()
        started = self._wall()
        answer = await self._timed(asked, chat_id, queued, visit.held)
        pause = self._retries.pause(answer, attempt, target.lane, visit)
        generation = self._record(asked, attempt, chat_id, started, answer, final=pause is None)
        for budget in self._budgets:
            budget.settle(expected, charged(answer, generation.cost, expected))
        if asked.role != "judge":  # whose answers nobody holds
            answer = _lean(answer)
        answered = Answered(answer=answer, chat_id=chat_id, attempts=attempt, cost=generation.cost)
        placed = place(answered) if pause is None and place is not None else ()
        await self._keep(generation, *placed)
        return answered, pause

    async def _keep(self, *records: Record) -> None:
        """Return once the records are on disk; if that fails, no further call is to start."""
        try:
            await self._journal.keep(*records)
        except StoreError as error:
            self.closed = self.closed or str(error)
            raise

    async def _timed(
        self, asked: Asked, chat_id: str, queued: float, held: float | None = None
    ) -> Answer:
        """Make one call; return its answer with what only we know of its times."""
        began = self._clock()
        made = await self._make(asked, chat_id)
        ended = self._clock()
        timing = made.timing or Timing(source=asked.target.provider.timing)
        lag, rest = timing.lag, timing.stream_lag
        if lag is None and self._lag is not None and asked.role != "judge":
            lag, rest = self._lag.during(timing, began, ended)
        timing = whole_timing(
            timing,
            gaps=asked.role != "judge",  # at whose stream nobody looks; its clocks stay
            queue_wait=queued,
            held=held,
            lag=lag,
            stream_lag=rest,
        )
        told = self._redactor.answer(made)
        # Whole microseconds: what is decided upon now is what is read back.
        return revised_answer(
            told,
            timing=timing,
            failure=whole_failure(told.failure),
            finish=cut_word(told.finish),
            model=cut_word(told.model),
        )

    async def _make(self, asked: Asked, chat_id: str) -> Answer:
        target = asked.target
        contestant = target.contestant
        prompt = asked.prompt
        if contestant.system is not None:
            prompt = replace(prompt, system=contestant.system)
        call = Call(
            chat_id=chat_id,
            prompt=prompt,
            messages=asked.messages,
            params=target.params,
            timeout=contestant.timeout,
            on_quota=target.lane.told,
            session=None
            if asked.role == "judge"
            else session_id(
                self._ledger.run.id, contestant, asked.prompt, asked.repeat, asked.role
            ),
        )
        try:
            with self._alarms.within(contestant.timeout + GRACE) as limit:
                answer = await guarded(target.provider.answer(call))
        except Exception as error:
            if isinstance(error, TimeoutError) and limit.expired:
                message = f"no answer within {contestant.timeout:g} s"
                return Answer(failure=Failure(kind="timeout", message=message, retryable=True))
            return Answer(failure=Failure(kind="provider", message=told(error)))
        if nonsense := nonsense_of(answer):
            return Answer(failure=Failure(kind="provider", message=nonsense))
        return answer

    def _record(
        self,
        asked: Asked,
        attempt: int,
        chat_id: str,
        started: float,
        answer: Answer,
        *,
        final: bool,
    ) -> Generation:
        price = asked.target.contestant.price
        cost = None if price is None else price.of(answer.usage)
        if cost is not None:
            self._ledger.cost += cost
            calls, total = self._bills.get(asked.target.contestant.name, (0, 0.0))
            self._bills[asked.target.contestant.name] = (calls + 1, total + cost)
        else:
            self._ledger.uncosted += 1
        if answer.failure is not None:
            self.failed_calls += 1
        return Generation(
            chat_id=chat_id,
            run=self._ledger.run.id,
            role=asked.role,
            owner=asked.target.contestant.name,
            key=asked.key,
            prompt=asked.prompt.id,
            repeat=asked.repeat,
            attempt=attempt,
            final=final,
            started=started,
            answer=answer,
            cost=cost,
        )

    def _spend(self, asked: Asked) -> float:
        """Set one call aside in every budget; return the dollars it will probably cost.

        Raises:
            Stop: A budget has not enough, or the run was closed.
        """
        if self._unpriced and not self.closed:
            self.closed = f"{price_missing(self._unpriced)}; the limit of cost cannot be kept else"
        expected = self._expected(asked) if self._budgets else 0.0
        held = []
        for budget in self._budgets:
            if self.closed:
                break
            self.closed = budget.take(expected) or None
            if not self.closed:
                held.append(budget)
        if self.closed:
            for budget in held:  # another one had not enough
                budget.give_back(expected)
            raise Stop(self.closed)
        owner = asked.target.contestant.name
        self._ledger.calls[owner] = self._ledger.calls.get(owner, 0) + 1
        return expected

    def _expected(self, asked: Asked) -> float:
        """Return the dollars that a call will probably cost: what its like cost, or a guess."""
        contestant = asked.target.contestant
        calls, cost = self._bills.get(contestant.name, (0, 0.0))
        if calls:
            return cost / calls
        if contestant.price is None:
            return 0.0
        return contestant.price.of(expected_usage(asked.messages, asked.target.params)) or 0.0

    def _lose(self, asked: Asked, shut: Shut) -> None:
        """Take note of whom nobody can ask any more."""
        owner = asked.target.contestant.name
        self.lost.setdefault(owner, shut.closing)
        self._on_lost(owner, judging=asked.role == "judge")


def _lean(answer: Answer) -> Answer:
    """Return an answer without what is for a look at one call: a ledger holds thousands."""
    timing = answer.timing
    if timing is not None and timing.gaps:
        timing = revised_timing(timing, gaps=())
    return revised_answer(answer, timing=timing, request_id=None, response_id=None)
