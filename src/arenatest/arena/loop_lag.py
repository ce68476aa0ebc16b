"""Watches how late our own event loop comes: as much of a call's time may be ours.

A timer that is due every 5 ms finds out. What keeps the loop from it, such as a long computation
or a busy machine, also keeps it from seeing a token that has come.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from arenatest.model.answer import Timing

TICK = 0.005
"""Seconds between two looks at the clock."""
_NOTED = 0.001  # below it, the resolution of the timer itself
_MOST = 20_000  # lags of more than 100 s that are one lag after another


class Lags(NamedTuple):
    """The largest lag from the start of a call to its first token, and from there to its last.

    None where the call has no such time.
    """

    first: float | None
    rest: float | None


class LoopLag:
    """Remembers when the running loop was late; enter it on the loop to be watched.

    Args:
        clock: Monotonic seconds: the one that providers use.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._due = 0.0
        self._lags: deque[tuple[float, float]] = deque(maxlen=_MOST)
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> LoopLag:
        self._set()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def noticed(self, due: float, seen: float) -> None:
        """Take note that the loop came at ``seen`` to what was ``due`` earlier."""
        if seen - due > _NOTED:
            self._lags.append((due, seen))

    def largest(self, start: float, end: float) -> float:
        """Return the largest lag that overlaps a span of time, in seconds; 0 for none.

        One that has not ended yet counts as far as it got: its end is seen by nobody before us.
        """
        now, most = self._clock(), 0.0
        if self._timer is not None and self._due <= end and now - self._due > _NOTED:
            most = now - self._due
        for due, seen in reversed(self._lags):
            if seen < start:
                break
            if due <= end:
                most = max(most, seen - due)
        return most

    def during(self, timing: Timing, began: float, ended: float) -> Lags:
        """Return the lags of one call.

        Args:
            timing: Its clocks.
            began: When the provider was asked: for one that does not tell when it ended.
            ended: When the provider had answered.
        """
        start = began if timing.wall is None else ended - timing.wall
        first = timing.e2e if timing.ttft is None else timing.ttft
        if first is None:
            return Lags(None, None)
        rest = None
        if timing.e2e is not None and timing.e2e > first:
            rest = self.largest(start + first, start + timing.e2e)
        return Lags(self.largest(start, start + first), rest)

    def _set(self) -> None:
        self._due = self._clock() + TICK
        self._timer = asyncio.get_running_loop().call_later(TICK, self._tick)

    def _tick(self) -> None:
        self.noticed(self._due, self._clock())
        self._set()
