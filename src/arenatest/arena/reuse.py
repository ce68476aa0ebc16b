"""What earlier runs already bought: answers, judgments and values of the same content."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from arenatest.arena.memory import Held, Memory
from arenatest.arena.shared import Shared
from arenatest.model.judgment import Judgment
from arenatest.model.record import Answered, Generation, Measured
from arenatest.store import Store

_AHEAD = 3600.0  # seconds: clocks of two machines differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Where answers are looked for, and left, beside the store.

    Attributes:
        since: Seconds since 1970; older answers are bought again. None looks for none.
        stored: Whether answers of earlier runs are taken from the store.
        leaves: Whether later runs may find what is bought.
        memory: What this process has bought before; None where nobody else asks for it.
        shared: What other machines have bought; None where there is no such cache.
        wall: Seconds since 1970, now.
    """

    since: float | None = None
    stored: bool = True
    leaves: bool = True
    memory: Memory | None = None
    shared: Shared | None = None
    wall: Callable[[], float] = lambda: 0.0

    def fits(self, started: float) -> bool:
        """Whether an answer is not too old, and not from a future that would never expire."""
        return self.since is not None and self.since <= started <= self.wall() + _AHEAD


class Reuse:
    """Looks up recorded answers and judgments by content; a failure or a void is never reused.

    Args:
        store: Where earlier runs are recorded.
        not_before: Seconds since 1970; older records are bought again. None reuses none of them.
        judged: Whether judgments are reused too.
        levels: What there is of answers beside the store.
    """

    def __init__(
        self,
        store: Store,
        not_before: float | None,
        *,
        judged: bool = True,
        levels: Levels | None = None,
    ) -> None:
        self._store = store
        self._not_before = not_before
        self._judged = judged
        self._levels = levels or Levels()
        self._answers: dict[str, Answered] = {}
        self._brought: dict[str, Generation] = {}
        self._judgments: dict[str, Judgment] = {}
        self._measured: dict[str, Measured] = {}
        self._models: dict[str, str] = {}
        self._off: set[str] = set()

    @property
    def active(self) -> bool:
        """Whether there may be anything to reuse."""
        levels = self._levels
        elsewhere = levels.memory is not None or levels.shared is not None
        return self._not_before is not None or (levels.since is not None and elsewhere)

    @property
    def leaves(self) -> bool:
        """Whether later runs may find what this one buys."""
        return self._levels.leaves

    async def load_answers(self, keys: Iterable[str]) -> None:
        """Look for answers under ``keys``, level by level, off the event loop."""
        wanted = [key for key in keys if key not in self._answers and not self._remembered(key)]
        if self._not_before is not None and self._levels.stored and wanted:
            found = await asyncio.to_thread(self._store.reusable_answers, wanted, self._not_before)
            for key, (chat_id, answer, attempts, cost) in found.items():
                self._answers[key] = Answered(
                    answer=answer,
                    chat_id=chat_id,
                    attempts=attempts,
                    reused=True,
                    cost=cost,
                    level="store",
                )
            wanted = [key for key in wanted if key not in found]
        shared = self._levels.shared
        if shared is not None and self._levels.since is not None and wanted:
            for key, call in (await shared.load(wanted)).items():
                if self._levels.fits(call.started):
                    self._brought[key] = call
                    self._answers[key] = Answered(
                        answer=call.answer,
                        chat_id=call.chat_id,
                        attempts=call.attempt,
                        reused=True,
                        cost=call.cost,
                        level=shared.name,
                    )

    def brought(self, key: str) -> tuple[Generation, ...]:
        """Return the call behind an answer that came from elsewhere: the store lacks it."""
        call = self._brought.pop(key, None)
        return () if call is None else (call,)

    def keep(
        self, contestant: str, key: str, answered: Answered, call: Callable[[float], Generation]
    ) -> None:
        """Leave a good answer to whoever asks the same next: another suite, another machine.

        Args:
            contestant: The fingerprint of who was asked.
            key: What was asked of whom.
            answered: What came.
            call: Makes the call that leaves this machine, from when it was made.
        """
        levels = self._levels
        if levels.leaves and answered.answer.ok:
            if levels.memory is not None and levels.memory.serves([contestant]):
                levels.memory.put(key, Held(answered, levels.wall()))
            if levels.shared is not None:
                levels.shared.keep(call(levels.wall()))

    def _remembered(self, key: str) -> Answered | None:
        levels = self._levels
        held = None if levels.memory is None or levels.since is None else levels.memory.get(key)
        if held is None or not levels.fits(held.started):
            return None
        found = replace(held.answered, reused=True, level="memory")
        return self._answers.setdefault(key, found)

    async def load_judgments(self, keys: Iterable[str]) -> None:
        """Read the verdicts recorded under ``keys``, off the event loop."""
        wanted = [key for key in keys if key not in self._judgments]
        if self._not_before is not None and self._judged and wanted:
            found = await asyncio.to_thread(
                self._store.reusable_judgments, wanted, self._not_before
            )
            self._judgments.update(found)

    async def load_measurements(self, keys: Iterable[str]) -> None:
        """Read the values recorded under ``keys``, off the event loop."""
        wanted = list(keys)
        if self._not_before is not None and wanted:
            found = await asyncio.to_thread(self._store.reusable_measurements, wanted)
            self._measured.update(found)

    def answer(self, contestant: str, key: str) -> Answered | None:
        """Return the recorded answer, unless the model is known to be another one by now."""
        found = self._answers.get(key) or self._remembered(key)
        if found is None or contestant in self._off:
            return None
        self.saw_model(contestant, found.answer.model)
        return None if contestant in self._off else found

    def judgment(self, key: str) -> Judgment | None:
        """Return the recorded judgment."""
        return self._judgments.get(key)

    def measurement(self, key: str) -> Measured | None:
        """Return the recorded value of a metric."""
        return self._measured.get(key)

    def saw_model(self, contestant: str, model: str | None) -> None:
        """Take note of the model that a server names; reuse ends once it is not always the same.

        Args:
            contestant: Whose server.
            model: What it says, in a fresh answer or in a recorded one; None says nothing.
        """
        if model is not None and self._models.setdefault(contestant, model) != model:
            self._off.add(contestant)
