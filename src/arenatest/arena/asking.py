"""Gives a judge its way to its model: one call of one game, through the engine."""

from __future__ import annotations

from collections.abc import Callable

from arenatest.arena.calls import Asked, Caller
from arenatest.arena.cast import SeatedJudge
from arenatest.arena.keys import asking_key
from arenatest.arena.stops import Stop
from arenatest.errors import StoreError
from arenatest.model.answer import Answer
from arenatest.model.prompt import Message, Prompt


class Asking:
    """Lets one game's judge reach its model, and remembers what came of it."""

    def __init__(
        self,
        seated: SeatedJudge,
        caller: Caller,
        *,
        key: str,
        repeat: int,
        rank: int,
        wanted: Callable[[], bool],
    ) -> None:
        self._seated = seated
        self._caller = caller
        self._key = key
        self._repeat = repeat
        self._rank = rank
        self._wanted = wanted
        self.chat_id: str | None = None
        self.broken: Stop | StoreError | None = None

    async def ask(self, prompt: Prompt, messages: tuple[Message, ...]) -> tuple[str, Answer]:
        """Make the judge's call; see ``Ask``."""
        target = self._seated.target
        if target is None:
            raise TypeError(f"judge {self._seated.setup.name!r} has no model to ask")
        asked = Asked(
            target=target,
            prompt=prompt,
            messages=messages,
            key=asking_key(self._key, messages),
            role="judge",
            repeat=self._repeat,
            rank=self._rank,
            wanted=self._wanted,
        )
        try:
            answered = await self._caller.ask(asked)
        except (Stop, StoreError) as error:
            self.broken = error
            raise
        self.chat_id = answered.chat_id
        return answered.chat_id, answered.answer
