"""One road an endpoint: all calls of a process take it, whichever suite and event loop makes them.

It says who may start, and in which order: how many may be in flight, what a minute allows, and
whether the endpoint works at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from arenatest.arena.breaker import DOWN, Breaker
from arenatest.arena.minute import Rate
from arenatest.arena.stops import Closing
from arenatest.arena.throttle import Throttle
from arenatest.model.answer import Failure, Quota

_A_MOMENT = 1e-6  # seconds: an alarm must not be early by what floats lose

After = Literal["done", "free", "held", "closed"]
"""What a call's end means for its next attempt: none needed; at its own pace; when the server wants
it; when the endpoint or the key can be used again, which is not this call's fault."""


@dataclass(slots=True)
class Places:
    """How many calls one suite may have in flight on one endpoint, and has."""

    width: int
    inside: int = 0


@dataclass(slots=True)
class Visit:
    """A call that may start.

    Attributes:
        tokens: That it will probably use.
        started: When it was let in, in monotonic seconds.
        held: How long it waited for a minute's limits, or a pause of the server's, in seconds.
        trying: Whether it finds out if the endpoint works again.
    """

    tokens: float
    started: float
    held: float = 0.0
    trying: bool = False


@dataclass(slots=True, eq=False)
class Waiter:
    """A call that waits, on the event loop of its suite."""

    tokens: float
    held: float
    future: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop
    thread: int
    visit: Visit | None = None
    closing: Closing | None = None
    gone: bool = False

    def wake(self) -> None:
        """Let it go on, on whichever loop it waits."""
        if self.thread == threading.get_ident():
            _settle(self.future)
        else:
            with contextlib.suppress(RuntimeError):  # its loop is closed: it was cancelled
                self.loop.call_soon_threadsafe(_settle, self.future)


@dataclass(slots=True, eq=False)
class Line:
    """The calls of one suite with one key that wait on a road, in order.

    Attributes:
        waiting: Heap of (- attempt, rank, arrival, waiter).
        held: For how long its first was held back so far, other than for a place, in seconds.
        held_since: Since when it is, if it is.
    """

    places: Places
    throttle: Throttle
    waiting: list[tuple[int, int, int, Waiter]]
    held: float = 0.0
    held_since: float | None = None

    def held_until(self, now: float) -> float:
        """Return for how long its calls were held back, other than for a place."""
        return self.held + (0.0 if self.held_since is None else now - self.held_since)

    def count_held(self, now: float, *, held: bool) -> None:
        """Take note of whether its first is held back from now on."""
        if held and self.held_since is None:
            self.held_since = now
        elif not held and self.held_since is not None:
            self.held += now - self.held_since
            self.held_since = None


class Road:
    """Lets calls to one endpoint start; may be used from any thread.

    A server that asks us to wait gets fewer calls at once from then on: half as many, and one more
    for every round of good answers. All that were refused would else come back in the same moment,
    and all but one be refused again, until their attempts are used up.

    Args:
        endpoint: For people.
        clock: Monotonic seconds.
    """

    def __init__(self, endpoint: str, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._breaker = Breaker(endpoint)
        self._cap = math.inf
        self._pace = math.inf  # calls in flight at once, for now
        self._widest = 1
        self._smooth = False  # nothing failed since the last good answer, and nobody is slowed down
        self._inside = 0
        self._lines: list[Line] = []  # those in which somebody waits
        self._arrivals = 0
        self._alarm: tuple[asyncio.AbstractEventLoop, float, int] | None = None
        self._alarms = 0

    def join(self, places: Places, throttle: Throttle, cap: int | None, rate: Rate) -> None:
        """Take note of a suite that begins: what others found closed is tried once more."""
        with self._lock:
            throttle.state(rate)
            self._widest = max(self._widest, places.width)
            if cap is not None:
                self._cap = min(self._cap, cap)
            self._breaker.reopen(self._clock())
            throttle.reopen()

    def at_once(self, line: Line, tokens: float) -> Visit | Closing | None:
        """Let a call start if nobody waits and nothing hinders it; or say that none will."""
        with self._lock:
            now = self._clock()
            places = line.places
            quiet = self._smooth and not self._lines and line.held_since is None
            room = places.inside < places.width and self._inside < self._cap
            if room and quiet and line.throttle.free:  # nearly always
                self._inside += 1
                places.inside += 1
                return Visit(tokens, now)
            closing = self._breaker.closing or line.throttle.closing(now)
            if closing is not None:
                return closing
            return None if self._lines else self._admit(line, tokens, now)[0]

    def take(self, line: Line, tokens: float) -> float | Closing:
        """Take a call from its key's minute alone, or return the seconds after which to ask again.

        What is in flight, and whether the endpoint works, is no matter: it is what is measured.
        """
        with self._lock:
            now = self._clock()
            return line.throttle.closing(now) or line.throttle.take(tokens, now)

    def refused(self, line: Line, failure: Failure) -> None:
        """Take note of a failure that may close the key of a call that took no place."""
        with self._lock:
            line.throttle.failed(failure)

    def queue(self, line: Line, rank: int, attempt: int, tokens: float) -> Waiter:
        """Let a call wait on the running event loop."""
        loop = asyncio.get_running_loop()
        with self._lock:
            now = self._clock()
            waiter = Waiter(
                tokens=tokens,
                held=line.held_until(now),
                future=loop.create_future(),
                loop=loop,
                thread=threading.get_ident(),
            )
            self._arrivals += 1
            heapq.heappush(line.waiting, (-attempt, rank, self._arrivals, waiter))
            if line not in self._lines:
                self._lines.append(line)
            self._let_in(now)
        return waiter

    def forget(self, waiter: Waiter, line: Line) -> bool:
        """Give up a call that waited; a place that it was just given must not be lost.

        Returns:
            Whether a limit or a pause held it back.
        """
        with self._lock:
            waiter.gone = True
            if waiter.visit is not None:
                self._leave(line, waiter.visit)
                return False
            now = self._clock()
            held = line.held_until(now) > waiter.held
            self._let_in(now)
            return held

    def leave(self, line: Line, visit: Visit) -> None:
        """Give the place to the first who waits."""
        with self._lock:
            self._leave(line, visit)

    def ended(
        self, line: Line, visit: Visit, failure: Failure | None, *, pause: float, spare: float
    ) -> After:
        """Take note of how a call ended, before it leaves.

        Args:
            line: Where it waited.
            visit: The call.
            failure: How it failed, if it did.
            pause: Seconds that it would wait for its next attempt of its own accord.
            spare: Seconds beyond what a server asks for, so that not all come back at once.
        """
        if failure is None:
            if not (self._smooth and line.throttle.trusted):  # nearly always it is
                with self._lock:
                    self._succeeded(line, visit)
            return "done"
        with self._lock:
            self._smooth = False
            return self._failed(line, visit, failure, pause, spare)

    def told(self, line: Line, quota: Quota, typical: float) -> None:
        """Go by what the server says is left of a key's limits."""
        with self._lock:
            line.throttle.told(quota, in_flight=self._inside, typical=typical, now=self._clock())

    def used(self, line: Line, visit: Visit, tokens: float) -> None:
        """Take note of the tokens that a call really used."""
        with self._lock:
            line.throttle.settle(visit.started, visit.tokens, tokens)

    def _succeeded(self, line: Line, visit: Visit) -> None:
        self._breaker.worked()
        visit.trying = False
        line.throttle.worked()
        if self._pace < self._widest:
            self._pace += 1 / self._pace
            if self._pace >= self._widest:
                self._pace = math.inf
        self._smooth = self._pace == math.inf

    def _failed(
        self, line: Line, visit: Visit, failure: Failure, pause: float, spare: float
    ) -> After:
        now = self._clock()
        throttle, breaker = line.throttle, self._breaker
        wish = failure.retry_after
        if wish is None and failure.kind == "rate_limited":
            wish = pause
        if wish is not None:
            self._slow_down(throttle, wish, spare, now)
        down = failure.kind in DOWN
        if down:
            breaker.failed(failure, now, trying=visit.trying)
        elif visit.trying or not breaker.open:
            breaker.worked()
        visit.trying = False
        throttle.failed(failure)
        if breaker.closing is not None or throttle.closing(now) is not None:
            self._turn_away(now)
            return "closed"
        if down and breaker.open:
            return "closed"
        return "free" if wish is None else "held"

    def _slow_down(self, throttle: Throttle, wish: float, spare: float, now: float) -> None:
        """Hold all calls with this key; what several are told at once is one refusal."""
        if throttle.hold(wish, spare, now):
            self._pace = max(1.0, min(self._pace, float(self._inside)) / 2)

    def _admit(self, line: Line, tokens: float, now: float) -> tuple[Visit | None, float]:
        """Let a call start; else return the seconds until one may, if that is known."""
        places = line.places
        full = self._inside >= self._cap or self._inside + 1 > self._pace
        if full or places.inside >= places.width:
            if line.held_since is not None:
                line.count_held(now, held=False)
            return None, math.inf
        breaker = self._breaker
        pause = breaker.wait(now) if breaker.open else 0.0
        if pause == 0.0:
            pause = line.throttle.take(tokens, now)
        if pause != 0.0 or line.held_since is not None:
            line.count_held(now, held=pause != 0.0)
        if pause != 0.0:
            return None, pause
        self._inside += 1
        places.inside += 1
        return Visit(tokens, now, 0.0, breaker.open and breaker.start()), 0.0

    def _leave(self, line: Line, visit: Visit) -> None:
        self._inside -= 1
        line.places.inside -= 1
        if visit.trying:
            self._breaker.returned(self._clock())
        if self._lines:
            self._let_in(self._clock())

    def _let_in(self, now: float) -> None:
        """Let in whoever may start, first come the latest attempts and the earliest prompts."""
        while lines := self._with_room(now):
            soonest = math.inf
            for line in lines:
                *_, waiter = line.waiting[0]
                visit, pause = self._admit(line, waiter.tokens, now)
                if visit is not None:
                    heapq.heappop(line.waiting)
                    visit.held = line.held_until(now) - waiter.held
                    waiter.visit = visit
                    waiter.wake()
                    break
                soonest = min(soonest, pause)
            else:
                self._set_alarm(lines[0].waiting[0][-1], now, soonest)
                return

    def _with_room(self, now: float) -> list[Line]:
        """Return the lines whose first may find a place, by who is first in them.

        On a busy road nobody does, nearly always: so this is looked at before all else.
        """
        full = self._inside >= self._cap or self._inside + 1 > self._pace
        lines = []
        for line in self._lines:
            if not full and line.places.inside < line.places.width:
                lines.append(line)
            elif line.held_since is not None:
                line.count_held(now, held=False)
        return self._in_order(lines) if lines else lines

    def _in_order(self, lines: list[Line]) -> list[Line]:
        """Return those of the lines in which somebody waits, by who is first in them."""
        found = []
        for line in lines:
            while line.waiting and line.waiting[0][-1].gone:
                heapq.heappop(line.waiting)
            if line.waiting:
                found.append(line)
            else:
                self._lines.remove(line)
        if len(found) > 1:
            found.sort(key=lambda line: line.waiting[0])
        return found

    def _turn_away(self, now: float) -> None:
        """Tell all for whom it is closed."""
        for line in self._in_order([*self._lines]):
            closing = self._breaker.closing or line.throttle.closing(now)
            if closing is not None:
                for *_, waiter in line.waiting:
                    waiter.closing = closing
                    waiter.wake()
                line.waiting.clear()
        self._let_in(now)

    def _set_alarm(self, first: Waiter, now: float, pause: float) -> None:
        """Look again after a pause, on a loop on which somebody waits."""
        if pause == math.inf:
            return
        pause += _A_MOMENT
        due = now + pause
        if self._alarm is not None:
            loop, when, _ = self._alarm
            if loop is first.loop and when <= due:
                return
        self._alarms += 1
        number = self._alarms
        self._alarm = (first.loop, due, number)
        if first.thread == threading.get_ident():
            first.loop.call_later(pause, self._ring, number)
        else:
            with contextlib.suppress(RuntimeError):
                first.loop.call_soon_threadsafe(first.loop.call_later, pause, self._ring, number)

    def _ring(self, number: int) -> None:
        with self._lock:
            if self._alarm is not None and self._alarm[-1] == number:
                self._alarm = None
                self._let_in(self._clock())


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
