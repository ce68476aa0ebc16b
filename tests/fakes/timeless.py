"""An event loop whose clock jumps to the next timer, so that nothing takes time; tested below."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Coroutine
from typing import Any

from arenatest.hookspec import Call
from arenatest.model.answer import Answer, Failure, Timing, Usage


class TimelessLoop(asyncio.SelectorEventLoop):
    """Starts at 0; when nothing is ready, it is the time of the next timer."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        timers: Any = self._scheduled
        while timers and timers[0]._cancelled:  # which would else move the clock
            heapq.heappop(timers)._scheduled = False
            self._timer_cancelled_count -= 1
        if timers and not self._ready:
            self.now = max(self.now, timers[0]._when)
        super()._run_once()


def timeless(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end, in no time."""
    with asyncio.Runner(loop_factory=TimelessLoop) as runner:
        return runner.run(work)


class QueueingServer:
    """A model that serves a few requests at once, and lets the others wait; keeps what it got.

    Args:
        service: Seconds that the request of a number takes once it is served, from 1.
        width: Requests served at once.
        endpoint: Its name.
    """

    timing = "measured"
    max_concurrency = None

    def __init__(
        self, service: Callable[[int], float], *, width: int = 1, endpoint: str = "queue"
    ) -> None:
        self.endpoint = endpoint
        self.calls: list[tuple[float, Call]] = []
        self.inside = self.most = 0
        self._service = service
        self._places = asyncio.Semaphore(width)

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def answer(self, call: Call) -> Answer:
        """Answer once it is this request's turn."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        self.calls.append((start, call))
        number = len(self.calls)
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            async with self._places:
                service = self._service(number)
                if service < 0:
                    failure = Failure(kind="server", message="away", status=503, retryable=True)
                    return Answer(failure=failure)
                await asyncio.sleep(service)
            took = loop.time() - start
            timing = Timing(ttft=took / 2, e2e=took, wall=took, tpot=0.01)
            usage = Usage(input_tokens=7, output_tokens=10)
            return Answer(text="Yes.", finish="stop", timing=timing, usage=usage)
        finally:
            self.inside -= 1
