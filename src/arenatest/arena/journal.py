"""Puts records on disk: waiting for those that were paid for, not for what follows from them."""

from __future__ import annotations

import asyncio

from arenatest.model.record import Record
from arenatest.store import Writer


class Journal:
    """Hands records to the store's writer, in order.

    Args:
        writer: Commits what it is given, in the order it was given.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._posted: set[asyncio.Future[None]] = set()
        self._lost: BaseException | None = None

    async def keep(self, *records: Record) -> None:
        """Return once the records are on disk.

        Raises:
            StoreError: They, or records posted before, could not be written.
        """
        await self._writer.write(*records)
        self._check()

    def post(self, *records: Record) -> None:
        """Hand on records that can be made again from what is kept; ``flush`` waits for them.

        Raises:
            StoreError: Records posted before could not be written.
        """
        self._check()
        written = self._writer.write(*records)
        self._posted.add(written)
        written.add_done_callback(self._written)

    async def flush(self) -> None:
        """Return once everything posted is on disk.

        Raises:
            StoreError: Some of it could not be written.
        """
        if self._posted:
            await asyncio.wait(set(self._posted))
            await asyncio.sleep(0)  # lets the callbacks of the last ones run
        self._check()

    def _written(self, written: asyncio.Future[None]) -> None:
        self._posted.discard(written)
        if not written.cancelled() and (error := written.exception()) is not None:
            self._lost = self._lost or error

    def _check(self) -> None:
        if self._lost is not None:
            raise self._lost
