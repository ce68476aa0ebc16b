"""Shared caches as tests want them: in memory, slow, broken, or full of somebody else's things."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence


class Cupboard:
    """A cache in memory; keeps what it was asked.

    Attributes:
        entries: By key.
        lifetimes: Of what was put, by key.
        asked: Every key that was asked for.
        trouble: Raised by every operation, or `"hang"` to never end; None for none.
    """

    def __init__(self, entries: Mapping[str, bytes] | None = None) -> None:
        self.entries = dict(entries or {})
        self.lifetimes: dict[str, float] = {}
        self.asked: list[str] = []
        self.operations: list[str] = []
        self.trouble: BaseException | str | None = None

    async def open(self) -> None:
        await self._do("open")

    async def get(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        await self._do("get")
        self.asked += keys
        return {key: self.entries[key] for key in keys if key in self.entries}

    async def put(self, entries: Mapping[str, bytes], lifetime: float) -> None:
        await self._do("put")
        self.entries |= entries
        self.lifetimes |= dict.fromkeys(entries, lifetime)

    async def close(self) -> None:
        await self._do("close")

    async def _do(self, what: str) -> None:
        self.operations.append(what)
        await asyncio.sleep(0)
        if self.trouble == "hang":
            await asyncio.Event().wait()
        if isinstance(self.trouble, BaseException):
            raise self.trouble
