"""Alarms that hardly ever ring: limits of time for calls that nearly all end long before."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from types import TracebackType


class Alarms:
    """All alarms of what one event loop does, with one timer for all of them.

    asyncio puts a timer in order among all others, and takes it out again. A model call has three
    that nearly always are taken out, so here an alarm is an entry in a table. When the first of
    them is due, those that are left are put in order, each once, however often one is due. On
    another loop than before, nothing is left of those.
    """

    __slots__ = ("_due", "_last", "_loop", "_order", "_ordered", "_pending", "_timer")

    def __init__(self) -> None:
        self._pending: dict[int, tuple[float, Callable[[], object]]] = {}
        self._last = 0
        self._order: list[tuple[float, int]] = []  # heap of when and which; some are taken off
        self._ordered = 0  # the last that was put in order
        self._due = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def set(self, seconds: float, ring: Callable[[], object]) -> int:
        """Have ``ring`` called on the running event loop; return the alarm's number.

        Args:
            seconds: From now on.
            ring: What it raises, the loop reports.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._timer, self._due = loop, None, math.inf
            self._pending.clear()
            self._order.clear()
        due = loop.time() + seconds
        self._last = number = self._last + 1
        self._pending[number] = due, ring
        if due < self._due:
            self._wait(loop, due)
        return number

    def off(self, number: int) -> None:
        """Take an alarm off, if it has not rung."""
        self._pending.pop(number, None)

    def within(self, seconds: float) -> Limit:
        """Return a limit of time for what this task does in it, as ``asyncio.timeout`` does."""
        return Limit(self, seconds)

    def _wait(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._due = due
        self._timer = loop.call_at(due, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ring what is due, then wait for the next."""
        self._timer, self._due = None, math.inf
        self._put_in_order()
        pending, order, now = self._pending, self._order, loop.time()
        try:
            while order and (order[0][0] <= now or order[0][1] not in pending):
                _, number = heappop(order)
                if (alarm := pending.pop(number, None)) is not None:
                    _, ring = alarm
                    ring()
        finally:  # what a plugin awaits may refuse to be cancelled: all others still are
            if order and order[0][0] < self._due:
                self._wait(loop, order[0][0])

    def _put_in_order(self) -> None:
        pending, order = self._pending, self._order
        for number in reversed(pending):
            if number <= self._ordered:
                break
            heappush(order, (pending[number][0], number))
        self._ordered = self._last
        if len(order) > 2 * len(pending):  # most of them are taken off
            order[:] = ((due, number) for number, (due, _) in pending.items())
            heapify(order)


class Limit:
    """What is done in it is cancelled when its time is over.

    Attributes:
        expired: Whether it was.

    Raises:
        TimeoutError: On leaving, where nobody else has cancelled the task as well.
    """

    __slots__ = ("_alarm", "_alarms", "_cancelling", "_seconds", "_task", "expired")

    def __init__(self, alarms: Alarms, seconds: float) -> None:
        self._alarms, self._seconds = alarms, seconds
        self.expired = False

    def __enter__(self) -> Limit:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - the loop alone runs no limits
        self._task, self._cancelling = task, task.cancelling()
        self._alarm = self._alarms.set(self._seconds, self._expire)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._alarms.off(self._alarm)
        alone = self.expired and self._task.uncancel() <= self._cancelling
        if alone and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _expire(self) -> None:
        self.expired = True
        self._task.cancel()
