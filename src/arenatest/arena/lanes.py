"""A suite's lanes: each the way to one endpoint with one key, in which earlier prompts go first."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping

from arenatest.arena.minute import Rate
from arenatest.arena.roads import After, Line, Places, Road, Visit
from arenatest.arena.stops import Closing, Shut
from arenatest.arena.throttle import Keeping, Own, Throttle
from arenatest.model.answer import Failure, Quota, Usage
from arenatest.model.identity import content_id
from arenatest.model.prompt import Message
from arenatest.model.tokens import expected_usage

_SHORTEST = 0.001  # seconds: a pause of next to nothing would not get us any further


class Lane:
    """Bounds the calls in flight to one endpoint; waiting calls of earlier prompts go first.

    Gates read battles in the plan's order, so finishing early prompts first is what lets a gate
    stop early. Lanes are made by ``Traffic``, and used on one event loop.

    Attributes:
        places: How many calls of the suite may be in flight on this endpoint, whatever their key.
        held_up: Calls that were given up while a limit or a pause held them back.
    """

    def __init__(self, road: Road, throttle: Throttle, places: Places) -> None:
        self.places = places
        self.held_up = 0
        self._road = road
        self._throttle = throttle
        self._line = Line(places=places, throttle=throttle, waiting=[])
        self._counted = 0
        self._input = self._output = 0.0

    @property
    def width(self) -> int:
        """Calls of the suite in flight at once, at most."""
        return self.places.width

    async def enter(self, rank: int, attempt: int = 1, tokens: float = 0.0) -> Visit:
        """Wait for a place.

        Args:
            rank: The prompt's position in the plan; lower goes first.
            attempt: Which attempt at the call, from 1; later ones go before all others, or a busy
                server would let newcomers in until the attempts at the first are used up.
            tokens: That the call will probably use, where they are limited.

        Raises:
            Shut: The endpoint does not work, or does not take the key.
        """
        visit = self._road.at_once(self._line, tokens)
        if visit is None:
            visit = await self._wait(rank, attempt, tokens)
        if isinstance(visit, Closing):
            raise Shut(visit)
        return visit

    async def allowed(self, tokens: float) -> None:
        """Wait for what its key's minute allows, and for no place: a load's schedule is its own.

        Raises:
            Shut: The key is not taken, or its money is used up.
        """
        while pause := self._road.take(self._line, tokens):
            if isinstance(pause, Closing):
                raise Shut(pause)
            await asyncio.sleep(max(pause, _SHORTEST))

    def refused(self, failure: Failure) -> None:
        """Take note of a failure of such a request: a key may be closed by it, and nothing else."""
        self._road.refused(self._line, failure)

    def leave(self, visit: Visit) -> None:
        """Give the place to the first who waits."""
        self._road.leave(self._line, visit)

    def ended(
        self,
        visit: Visit,
        failure: Failure | None,
        usage: Usage | None,
        *,
        pause: float = 0.0,
        spare: float = 0.0,
    ) -> After:
        """Take note of how a call ended, before it leaves.

        Args:
            visit: The call.
            failure: How it failed, if it did.
            usage: The tokens that it used, where that is told.
            pause: Seconds that it would wait for its next attempt of its own accord.
            spare: Seconds beyond what a server asks for, so that not all come back at once.
        """
        if usage is not None:
            self._use(visit, usage)
        return self._road.ended(self._line, visit, failure, pause=pause, spare=spare)

    def told(self, quota: Quota) -> None:
        """Go by what the server says is left of its limits."""
        typical = (self._input + self._output) / self._counted if self._counted else 1.0
        self._road.told(self._line, quota, typical)

    def expected(self, messages: Iterable[Message], params: Mapping[str, object]) -> float:
        """Return the tokens that a call will probably use; 0 where none are limited.

        Its answer will be as long as others were in this lane, or is guessed.
        """
        if self._throttle.rate.tokens is None:
            return 0.0
        usage = expected_usage(messages, params)
        guess = usage.output_tokens or 0
        return (usage.input_tokens or 0) + (
            self._output / self._counted if self._counted else guess
        )

    async def _wait(self, rank: int, attempt: int, tokens: float) -> Visit | Closing:
        waiter = self._road.queue(self._line, rank, attempt, tokens)
        try:
            await waiter.future
        except BaseException:
            self.held_up += self._road.forget(waiter, self._line)
            raise
        found = waiter.visit or waiter.closing
        assert found is not None  # noqa: S101 - nobody else wakes it
        return found

    def _use(self, visit: Visit, usage: Usage) -> None:
        taken, given = usage.input_tokens, usage.output_tokens
        if taken is not None and given is not None:
            self._counted += 1
            self._input += taken
            self._output += given
            if self._throttle.rate.tokens is not None:
                self._road.used(self._line, visit, float(taken + given))


class Traffic:
    """All roads of one process: suites of one session share them, side by side or in turn.

    Args:
        clock: Monotonic seconds.
        keeping: Keeps what a key takes in a minute: in this process, or for several.
    """

    def __init__(self, clock: Callable[[], float], keeping: Keeping = lambda _name: Own()) -> None:
        self._clock = clock
        self._keeping = keeping
        self._lock = threading.Lock()
        self._roads: dict[str, Road] = {}
        self._throttles: dict[tuple[str, tuple[str, ...]], Throttle] = {}

    def lane(
        self,
        endpoint: str,
        keys: tuple[str, ...] = (),
        *,
        places: Places,
        cap: int | None = None,
        rate: Rate = Rate(),  # noqa: B008 - frozen
    ) -> Lane:
        """Return a suite's lane to an endpoint.

        Args:
            endpoint: Calls to it share the places.
            keys: The names of the variables that hold the key: calls with it share its limits.
            places: The suite's own on this endpoint.
            cap: Calls in flight at once that the endpoint takes, of all suites; None for any.
            rate: What its key allows; the smallest that any suite states counts.
        """
        with self._lock:
            road = self._roads.setdefault(endpoint, Road(endpoint, self._clock))
            name = (endpoint, keys)
            if name not in self._throttles:
                kept = self._keeping(content_id("key", endpoint, list(keys)))
                self._throttles[name] = Throttle(endpoint, kept, keys)
            throttle = self._throttles[name]
        road.join(places, throttle, cap, rate)
        return Lane(road, throttle, places)
