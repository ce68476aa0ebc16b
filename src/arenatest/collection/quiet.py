"""Keeps the latency lanes of all suites apart, in this process and in others on the same store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from filelock import FileLock, Timeout

_FILE = "latency.lock"
_PAUSE = 0.2  # seconds between two tries


def lane_lock(folder: Path) -> FileLock:
    """Return the lock that whoever has a lane open holds; its file is made in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / _FILE, thread_local=False)


@asynccontextmanager
async def alone(folder: Path) -> AsyncIterator[None]:
    """Wait until no other lane is open, and keep them closed meanwhile.

    A process that dies gives its lock back. Whoever waits can be cancelled.

    Args:
        folder: Where the processes of a store keep their locks.
    """
    lock = lane_lock(folder)
    while True:
        try:
            lock.acquire(blocking=False)
        except Timeout:
            await asyncio.sleep(_PAUSE)
        else:
            break
    try:
        yield
    finally:
        lock.release()
