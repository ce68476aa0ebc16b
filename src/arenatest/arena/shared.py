"""The last level of the answer cache: one that several machines share, such as a Redis server.

It may be away, slow, full of what somebody else wrote, or a plugin that raises. None of that fails
a run, or slows it by more than one time limit: the first trouble ends its use for the session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import TypeVar

from arenatest.arena.foreign import told, within
from arenatest.hookspec import Cache
from arenatest.model.record import Generation
from arenatest.store.parcels import pack_call, unpack_call

TIMEOUT = 2.0
"""Seconds that the cache has for one thing that is asked of it."""

_BRIEFLY = 0.2
_PACE = 0.5  # seconds: on average, for those that are asked for together
_TOGETHER = 100  # entries that are asked for, or written, at once
_NOTHING: Mapping[str, bytes] = {}

T = TypeVar("T")


class Standing:
    """How the shared cache of a session does: one for all suites of a process.

    Attributes:
        name: What people know it by.
        broken: Why it is not asked any more; empty while it is.
        unreadable: Entries that were there, and no answers.
    """

    def __init__(self, name: str, redact: Callable[[str], str] = lambda text: text) -> None:
        self.name = name
        self.broken = ""
        self.unreadable = 0
        self._redact = redact

    def fail(self, error: Exception) -> None:
        """End its use; of several troubles at once, the first is told."""
        self.broken = self.broken or self._redact(told(error))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What went wrong, in a line each."""
        lines = []
        if self.broken:
            lines.append(
                f"the cache {self.name} failed and was not used any further: {self.broken}"
            )
        if self.unreadable:
            count = f"{self.unreadable:,} {'entry' if self.unreadable == 1 else 'entries'}"
            lines.append(f"the cache {self.name} holds {count} that could not be read")
        return tuple(f"warning: {line}" for line in lines)


class Shared:
    """One run's way to the shared cache.

    Args:
        cache: As its kind made it.
        standing: What all runs of the session know of it.
        lifetime: Seconds after which an entry is of no use; 0 keeps nothing.
        reads: Whether answers are taken from it.
    """

    def __init__(self, cache: Cache, standing: Standing, *, lifetime: float, reads: bool) -> None:
        self._cache = cache
        self._standing = standing
        self._lifetime = lifetime
        self._waiting: dict[str, bytes] = {}
        self._writing: asyncio.Task[None] | None = None
        self._opened = False
        self.reads = reads

    @property
    def name(self) -> str:
        """What records call this level."""
        return self._standing.name

    async def open(self) -> None:
        """Open the cache, on the engine's event loop."""
        if not self._standing.broken:
            self._opened = True
            await self._try(self._cache.open)

    async def load(self, keys: Iterable[str]) -> dict[str, Generation]:
        """Return the answers that are there and sound."""
        found: dict[str, Generation] = {}
        remaining = iter(keys)
        clock = asyncio.get_running_loop().time
        give_up = clock() + TIMEOUT
        while self.reads and (chunk := list(islice(remaining, _TOGETHER))):
            entries = await self._try(partial(self._cache.get, chunk))
            if self._standing.broken:
                break
            found.update(self._sound(chunk, entries))
            give_up += _PACE
            if clock() > give_up:
                self._standing.fail(TimeoutError("it is too slow"))
        return found

    def keep(self, call: Generation) -> None:
        """Write an answer, some time; nobody waits for it but ``close``."""
        if self._standing.broken or self._lifetime <= 0:
            return
        try:
            self._waiting[call.key] = pack_call(call)
        except ValueError:  # a plugin's clock may hold what is no number
            return
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    async def close(self) -> None:
        """Write what waits, and close the cache."""
        writing = self._writing
        if writing is not None:
            await self._try(lambda: writing)
        if self._opened:
            with suppress(Exception):  # one that is broken may well not close
                await within(_BRIEFLY if self._standing.broken else TIMEOUT, self._cache.close())

    async def _write(self) -> None:
        while self._waiting and not self._standing.broken:
            chunk = dict(islice(self._waiting.items(), _TOGETHER))
            for key in chunk:
                del self._waiting[key]
            await self._try(partial(self._cache.put, chunk, self._lifetime))

    def _sound(self, asked: list[str], entries: object) -> dict[str, Generation]:
        found = {}
        if not isinstance(entries, Mapping):
            self._standing.fail(TypeError(f"get returned {type(entries).__name__}"))
            entries = _NOTHING
        for key in asked:
            entry = entries.get(key)
            if entry is None:
                continue
            try:
                found[key] = unpack_call(key, entry)
            except (ValueError, TypeError):
                self._standing.unreadable += 1
        return found

    async def _try(self, work: Callable[[], Awaitable[T]]) -> T | None:
        """Return what the cache gives; None where it is of no use, or no longer."""
        if self._standing.broken:
            return None
        try:
            return await within(TIMEOUT, work())
        except Exception as error:
            self._standing.fail(error)
            return None
