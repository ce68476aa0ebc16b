"""Puts records on disk: waiting for those that were paid for, not for what follows from them."""

from __future__ import annotations

import asyncio

from arenatest.model.record import Record
from arenatest.store import Writer

_MOST = 64  # records that wait for company: each write wakes the writer's thread and the loop


class Journal:
    """Hands records to the store's writer, in order.

    Args:
        writer: Commits what it is given, in the order it was given.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._posted: list[Record] = []
        self._writing: set[asyncio.Future[None]] = set()
        self._lost: BaseException | None = None

    async def keep(self, *records: Record) -> None:
        """Return once the records, and those posted before, are on disk.

        Raises:
            StoreError: They, or records posted before, could not be written.
        """
        posted, self._posted = self._posted, []
        await self._writer.write(*posted, *records)
        self._check()

    def post(self, *records: Record) -> None:
        """Hand on records that can be made again from what is kept; ``flush`` waits for them.

        Raises:
            StoreError: Records posted before could not be written.
        """
        self._check()
        self._posted += records
        if len(self._posted) >= _MOST:
            self._write_posted()

    async def flush(self) -> None:
        """Return once everything posted is on disk.

        Raises:
            StoreError: Some of it could not be written.
        """
        if self._posted:
            self._write_posted()
        if self._writing:
            await asyncio.wait(set(self._writing))
            await asyncio.sleep(0)  # lets the callbacks of the last ones run
        self._check()

    def _write_posted(self) -> None:
        posted, self._posted = self._posted, []
        written = self._writer.write(*posted)
        self._writing.add(written)
        written.add_done_callback(self._written)

    def _written(self, written: asyncio.Future[None]) -> None:
        self._writing.discard(written)
        if not written.cancelled() and (error := written.exception()) is not None:
            self._lost = self._lost or error

    def _check(self) -> None:
        if self._lost is not None:
            raise self._lost
