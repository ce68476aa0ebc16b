"""One lane an endpoint: how many calls may be in flight, who goes first, and when to slow down."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable


class Lane:
    """Bounds the calls in flight to one endpoint; waiting calls of earlier prompts go first.

    Gates read battles in the plan's order, so finishing early prompts first is what lets a gate
    stop early.

    A server that asks us to wait gets fewer calls at once from then on: half as many, and one
    more for every round of good answers. All that were refused would else come back in the same
    moment, and all but one be refused again, until their attempts are used up.

    Args:
        width: Calls in flight at once, at least 1.
        clock: Monotonic seconds.
    """

    def __init__(self, width: int, clock: Callable[[], float]) -> None:
        self.width = width
        self._clock = clock
        self._pace = float(width)  # calls in flight at once, for now
        self._inside = 0
        self._waiting: list[tuple[int, int, int, asyncio.Future[None]]] = []
        self._arrivals = 0
        self._held_until = clock()
        self._alarm: asyncio.TimerHandle | None = None

    def narrow(self, width: int) -> None:
        """Take at most ``width`` at once; only before anybody entered."""
        self.width = min(self.width, width)
        self._pace = float(self.width)

    def hold(self, seconds: float) -> None:
        """Let nobody start for ``seconds``, and fewer at once afterwards: the server asked us to.

        What several calls are told before the first of them may start again is one refusal.
        """
        now = self._clock()
        if now >= self._held_until:
            self._pace = max(1.0, self._pace / 2)
        self._held_until = max(self._held_until, now + seconds)

    def eased(self) -> None:
        """Take note of a good answer."""
        if self._pace < self.width:
            self._pace = min(float(self.width), self._pace + 1 / self._pace)

    async def enter(self, rank: int, attempt: int = 1) -> None:
        """Wait for a place.

        Args:
            rank: The prompt's position in the plan; lower goes first.
            attempt: Which attempt at the call, from 1; later ones go before all others, or a busy
                server would let newcomers in until the attempts at the first are used up.
        """
        if not self._waiting and self._open():
            self._inside += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._arrivals += 1
        heapq.heappush(self._waiting, (-attempt, rank, self._arrivals, place))
        self._let_in()
        try:
            await place
        except asyncio.CancelledError:
            # A place that was given at the very moment of the cancellation must not be lost.
            if place.done() and not place.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Give the place to the first who waits."""
        self._inside -= 1
        if self._waiting:
            self._let_in()

    def _open(self) -> bool:
        return self._inside < int(self._pace) and self._clock() >= self._held_until

    def _let_in(self) -> None:
        while self._waiting and self._open():
            *_, place = heapq.heappop(self._waiting)
            if not place.done():
                self._inside += 1
                place.set_result(None)
        if self._waiting and self._alarm is None:
            pause = self._held_until - self._clock()
            if pause > 0:
                self._alarm = asyncio.get_running_loop().call_later(pause, self._wake)

    def _wake(self) -> None:
        self._alarm = None
        self._let_in()
