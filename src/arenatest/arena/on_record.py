"""Stands for contestants that are not to be asked: what they say is on record, or is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arenatest.model.answer import Answer, Failure

if TYPE_CHECKING:
    from arenatest.hookspec import Call
    from arenatest.model.answer import TimingSource


class OnRecord:
    """A provider that nobody asks: it needs no key, no connection and no process."""

    endpoint = "the record"
    timing: TimingSource = "recorded"
    max_concurrency: int | None = None

    async def open(self) -> None:
        """There is nothing to open."""

    async def answer(self, call: Call) -> Answer:
        """Say that there is no answer; the engine looks before it asks."""
        return Answer(failure=Failure(kind="missing", message=f"{call.prompt.id} is not on record"))

    async def close(self) -> None:
        """There is nothing to close."""
