"""The first level of the answer cache: what this process has bought since it began."""

from __future__ import annotations

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

    Args:
        limit: Characters of text and reasoning that may be held.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._held: dict[str, Held] = {}
        self._size = 0
        self._lock = Lock()

    def get(self, key: str) -> Held | None:
        """Return the answer under a key; None where there is none."""
        return self._held.get(key)

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
