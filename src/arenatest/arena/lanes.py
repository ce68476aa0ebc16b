"""One lane an endpoint: how many calls may be in flight, and who goes first."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable


class Lane:
    """Bounds the calls in flight to one endpoint; waiting calls of earlier prompts go first.

    Gates read battles in the plan's order, so finishing early prompts first is what lets a gate
    stop early.

    Args:
        width: Calls in flight at once, at least 1.
        clock: Monotonic seconds.
    """

    def __init__(self, width: int, clock: Callable[[], float]) -> None:
        self.width = width
        self._free = width
        self._clock = clock
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._arrivals = 0
        self._held_until = 0.0

    def narrow(self, width: int) -> None:
        """Take at most ``width`` at once; only before anybody entered."""
        self._free = self.width = min(self.width, width)

    def hold(self, seconds: float) -> None:
        """Let nobody start for ``seconds``: the server asked us to wait."""
        self._held_until = max(self._held_until, self._clock() + seconds)

    async def enter(self, rank: int) -> None:
        """Wait for a place; ``rank`` is the prompt's position in the plan, lower goes first."""
        if self._free and not self._waiting:
            self._free -= 1
        else:
            await self._queue(rank)
        while (pause := self._held_until - self._clock()) > 0:
            try:
                await asyncio.sleep(pause)
            except BaseException:
                self.leave()
                raise

    def leave(self) -> None:
        """Give the place to the first who waits."""
        while self._waiting:
            _, _, place = heapq.heappop(self._waiting)
            if not place.done():
                place.set_result(None)
                return
        self._free += 1

    async def _queue(self, rank: int) -> None:
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._arrivals += 1
        heapq.heappush(self._waiting, (rank, self._arrivals, place))
        try:
            await place
        except asyncio.CancelledError:
            # A place that was given at the very moment of the cancellation must not be lost.
            if place.done() and not place.cancelled():
                self.leave()
            raise
