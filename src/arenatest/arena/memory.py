"""The first level of the answer cache: what this process has bought since it began."""

from __future__ import annotations

from collections.abc import Container, Iterable
from threading import Lock
from typing import NamedTuple

from arenatest.model.record import Answered

LIMIT = 16_000_000
"""Characters that are held; what was bought longest ago goes first."""


class Held(NamedTuple):
    """An answer, and when it was bought: seconds since 1970."""

    answered: Answered
    started: float


class Memory:
    """Good answers by key, for all suites of a process: their engines run in several threads.

    A ledger goes when its run is over, so nothing is held that nobody else will ask.

    Args:
        limit: Characters of text and reasoning that may be held.
        only: Fingerprints of the contestants that several suites ask; None for all contestants.
    """

    def __init__(self, limit: int = LIMIT, *, only: Container[str] | None = None) -> None:
        self._limit = limit
        self._only = only
        self._held: dict[str, Held] = {}
        self._size = 0
        self._lock = Lock()

    def get(self, key: str) -> Held | None:
        """Return the answer under a key; None where there is none."""
        return self._held.get(key)

    def serves(self, contestants: Iterable[str]) -> bool:
        """Whether answers of any of these contestants, by fingerprint, are to be held."""
        return self._only is None or any(one in self._only for one in contestants)

    def put(self, key: str, held: Held) -> None:
        """Hold an answer, in place of an earlier one."""
        with self._lock:
            self._drop(key)
            self._held[key] = held
            self._size += _size(held)
            while self._size > self._limit:
                self._drop(next(iter(self._held)))

    def _drop(self, key: str) -> None:
        held = self._held.pop(key, None)
        if held is not None:
            self._size -= _size(held)


def _size(held: Held) -> int:
    return len(held.answered.answer.text) + len(held.answered.answer.reasoning)
