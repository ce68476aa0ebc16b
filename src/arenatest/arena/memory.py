"""The first level of the answer cache: what this process has bought since it began."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from arenatest.model.record import Generation

LIMIT = 16_000_000
"""Characters that are held; what was bought or asked for longest ago goes first."""


class Memory:
    """Good answers by key, for all suites of a process: their engines run in several threads.

    Args:
        limit: Characters of text and reasoning that may be held.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._held: OrderedDict[str, Generation] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, key: str) -> Generation | None:
        """Return the answer under a key; None where there is none."""
        if not self._held:
            return None
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def put(self, call: Generation) -> None:
        """Hold an answer, in place of an earlier one."""
        with self._lock:
            self._drop(self._held.pop(call.key, None))
            self._held[call.key] = call
            self._size += _size(call)
            while self._size > self._limit and self._held:
                self._drop(self._held.popitem(last=False)[1])

    def _drop(self, call: Generation | None) -> None:
        if call is not None:
            self._size -= _size(call)


def _size(call: Generation) -> int:
    return len(call.answer.text) + len(call.answer.reasoning)
