"""What keys may take in a minute, where several processes run suites of one session.

For each key that is limited there is a small file beside the locks. Whoever wants to call looks
into it under a lock, which the operating system frees when its holder dies. Keys without a limit
have no file, and cost a look at the folder once a second.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from arenatest.arena.lanes import Traffic
from arenatest.arena.minute import Minute, Rate

_LOOK_AGAIN = 1.0  # seconds
_LARGEST = 2**16  # bytes
_BINARY = getattr(os, "O_BINARY", 0)  # of Windows alone
_POLL = 0.001  # seconds: a loop that runs other calls is waiting


class SharedMinute:
    """Keeps the minute of one key in a file.

    Args:
        file: Where all processes look; made when something is limited first.
    """

    shared = True

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = FileLock(f"{file}.lock", thread_local=False, poll_interval=_POLL)
        self._descriptor: int | None = None  # opening it anew for each call takes longer than that
        self._rate = Rate()
        self._made = False
        self._looked = -math.inf

    def active(self, now: float) -> bool:
        """Whether any process found something limited."""
        if not self._made and now - self._looked >= _LOOK_AGAIN:
            self._looked = now
            self._made = self._file.exists()
        return self._made

    @contextmanager
    def open(self) -> Iterator[Minute]:
        """Give the minute as others left it, and keep what becomes of it."""
        if self._descriptor is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | _BINARY)
        with self._lock:
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            minute = _read(os.read(self._descriptor, _LARGEST))
            minute.rate = minute.rate.least(self._rate)
            yield minute
            self._rate = minute.rate
            body = _written(minute)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, body)
            os.ftruncate(self._descriptor, len(body))
            self._made = True

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class Minutes:
    """Keeps what the keys of one session take.

    Args:
        folder: Where locks lie; nothing is written before something is limited.
        session: Its id, shared by its processes.
        several: Whether other processes run suites of the session too.
        clock: Monotonic seconds, the same in all processes.
    """

    def __init__(
        self, folder: Path, session: str, *, several: bool, clock: Callable[[], float]
    ) -> None:
        self._folder = folder
        self._session = session
        self._open: list[SharedMinute] = []
        self.traffic = Traffic(clock, self._shared) if several else Traffic(clock)
        """The roads of this process."""

    def close(self, *, forget: bool) -> None:
        """Let go of the files, once no run of this process calls any more.

        Args:
            forget: Whether to take them away: no process of the session needs them.
        """
        while self._open:
            self._open.pop().close()
        with contextlib.suppress(OSError):  # gone, or the folder was never one
            for path in self._folder.glob(f"{self._session}.*.minute*") if forget else ():
                path.unlink(missing_ok=True)

    def _shared(self, name: str) -> SharedMinute:
        minute = SharedMinute(self._folder / f"{self._session}.{name}.minute")
        self._open.append(minute)
        return minute


def _written(minute: Minute) -> bytes:
    rate, slots = minute.rate, [[slot, *taken] for slot, taken in minute.slots.items()]
    times = [minute.even, minute.held, minute.gap, minute.gap_until, minute.last]
    return json.dumps([rate.requests, rate.tokens, *times, slots]).encode()


def _read(body: bytes) -> Minute:
    """Return what is kept; nothing where no process wrote, or one was killed while it did."""
    try:
        requests, tokens, even, held, gap, gap_until, last, slots = json.loads(body)
        return Minute(
            rate=Rate(requests=_limit(requests), tokens=_limit(tokens)),
            slots={int(slot): (_finite(calls), _finite(taken)) for slot, calls, taken in slots},
            even=_finite(even),
            held=_finite(held),
            gap=_finite(gap),
            gap_until=_finite(gap_until),
            last=_finite(last),
        )
    except (ValueError, TypeError, OverflowError, RecursionError):
        return Minute()


def _limit(found: object) -> float | None:
    if found is None:
        return None
    limit = _finite(found)
    if limit <= 0:
        raise ValueError("a limit that lets nothing through")
    return limit


def _finite(found: object) -> float:
    if not isinstance(found, int | float) or not math.isfinite(found):
        raise ValueError("no number")
    return found
