"""What keys may take in a minute, where several processes run suites of one session.

For each key that is limited there is a small file beside the locks. Whoever wants to call looks
into it under a lock, which the operating system frees when its holder dies. Keys without a limit
have no file, and cost a look at the folder once a second.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from filelock import FileLock

from arenatest.arena.lanes import Traffic
from arenatest.arena.minute import Minute, Rate

_LOOK_AGAIN = 1.0  # seconds
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
        self._rate = Rate()
        self._made = False
        self._looked = float("-inf")

    def active(self, now: float) -> bool:
        """Whether any process found something limited."""
        if not self._made and now - self._looked >= _LOOK_AGAIN:
            self._looked = now
            self._made = self._file.exists()
        return self._made

    @contextmanager
    def open(self) -> Iterator[Minute]:
        """Give the minute as others left it, and keep what becomes of it."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            minute = _read(self._file)
            minute.rate = minute.rate.least(self._rate)
            yield minute
            self._rate = minute.rate
            self._file.write_text(json.dumps(asdict(minute)), encoding="ascii")
            self._made = True


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
        self.traffic = Traffic(clock, self._shared) if several else Traffic(clock)
        """The roads of this process."""

    def forget(self) -> None:
        """Take the files away, once no process of the session needs them."""
        for path in self._folder.glob(f"{self._session}.*.minute*"):
            with contextlib.suppress(OSError):  # gone
                path.unlink()

    def _shared(self, name: str) -> SharedMinute:
        return SharedMinute(self._folder / f"{self._session}.{name}.minute")


def _read(file: Path) -> Minute:
    """Return what is kept; nothing where no process wrote, or one was killed while it did."""
    try:
        raw: dict[str, Any] = json.loads(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return Minute()
    slots = {int(slot): (taken[0], taken[1]) for slot, taken in raw["slots"].items()}
    return Minute(**raw | {"rate": Rate(**raw["rate"]), "slots": slots})
