"""Locks that one process on a store holds: a file's on one machine, a server's across machines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from filelock import FileLock, Timeout

from arenatest.errors import StoreError

Execute = Callable[[str, tuple[Any, ...]], Any]
"""Executes the driver's SQL with its values, and returns what rows are fetched from."""


class LockLost(StoreError):
    """Another process may hold what this one has locked: it must not write any more."""


class Lock(Protocol):
    """Held by one process at a time; it is free again when that ends, however it does."""

    def acquire(self, timeout: float) -> bool:
        """Try for some seconds to get it; return whether it is held now.

        Raises:
            StoreError: Nobody can be asked for it.
        """

    def release(self) -> None:
        """Give it back, if it is held."""

    def check(self) -> None:
        """Do nothing while it is surely held.

        Raises:
            LockLost: It was lost while it was held.
            StoreError: It is not known whether it is still held, but soon will be.
        """

    def fence(self, execute: Execute) -> None:
        """Let a transaction go on only if nobody else has taken it, nor can before the end.

        Args:
            execute: Executes SQL in a transaction that has written nothing yet.

        Raises:
            LockLost: Somebody has.
        """

    def __enter__(self) -> Lock:
        """Wait for it."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give it back."""


class FileBasedLock:
    """A lock of this machine's operating system, which cannot be lost.

    Args:
        folder: Where its file is made.
        name: What is locked.
    """

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(folder / f"{name}.lock", thread_local=False)

    def acquire(self, timeout: float) -> bool:
        """Try for some seconds to get it; return whether it is held now."""
        try:
            self._lock.acquire(timeout=timeout)
        except Timeout:
            return False
        return True

    def release(self) -> None:
        """Give it back, if it is held."""
        if self._lock.is_locked:
            self._lock.release()

    def check(self) -> None:
        """Do nothing: the operating system takes it from nobody."""

    def fence(self, execute: Execute) -> None:
        """Do nothing, likewise."""

    def __enter__(self) -> FileBasedLock:
        self._lock.acquire()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._lock.release()
