"""Threads for code that blocks: they grow with need and never keep the process alive.

``concurrent.futures`` joins its threads when the interpreter ends, so one model function that
hangs would hang the build.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar

Made = TypeVar("Made")
_Job = Callable[[], None]


class DaemonThreads:
    """Runs functions in daemon threads and awaits them on the loop. No limit of its own."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0
        self._started = 0

    async def run(self, function: Callable[[], Made]) -> Made:
        """Return what ``function`` returns; it must not raise.

        When the caller is cancelled the function runs on, and its result is dropped.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Made] = loop.create_future()

        def job() -> None:
            result = function()
            with contextlib.suppress(RuntimeError):  # the loop may be closed by now
                loop.call_soon_threadsafe(_deliver, future, result)

        self._submit(job)
        return await future

    def stop(self) -> None:
        """Let idle threads end now and busy ones after their job."""
        with self._lock:
            for _ in range(self._started):
                self._jobs.put(None)
            self._started = self._idle = 0

    def _submit(self, job: _Job) -> None:
        with self._lock:
            if self._idle:
                self._idle -= 1
            else:
                self._started += 1
                name = f"{self._name}-{self._started}"
                threading.Thread(target=self._work, name=name, daemon=True).start()
        self._jobs.put(job)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            with self._lock:
                self._idle += 1


def _deliver(future: asyncio.Future[Made], result: Made) -> None:
    if not future.done():
        future.set_result(result)
