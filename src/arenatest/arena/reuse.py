"""What earlier runs already bought: answers, judgments and values of the same content."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from arenatest.model.judgment import Judgment
from arenatest.model.record import Answered, Measured
from arenatest.store import Store


class Reuse:
    """Looks up recorded answers and judgments by content; a failure or a void is never reused.

    Args:
        store: Where earlier runs are recorded.
        not_before: Seconds since 1970; older records are bought again. None reuses nothing.
        judged: Whether judgments are reused too.
    """

    def __init__(self, store: Store, not_before: float | None, *, judged: bool = True) -> None:
        self._store = store
        self._not_before = not_before
        self._judged = judged
        self._answers: dict[str, Answered] = {}
        self._judgments: dict[str, Judgment] = {}
        self._measured: dict[str, Measured] = {}
        self._models: dict[str, str] = {}
        self._off: set[str] = set()

    @property
    def active(self) -> bool:
        """Whether there may be anything to reuse."""
        return self._not_before is not None

    async def load_answers(self, keys: Iterable[str]) -> None:
        """Read what is recorded under ``keys``, off the event loop."""
        wanted = [key for key in keys if key not in self._answers]
        if self._not_before is not None and wanted:
            found = await asyncio.to_thread(self._store.reusable_answers, wanted, self._not_before)
            for key, (chat_id, answer, attempts, cost) in found.items():
                self._answers[key] = Answered(
                    answer=answer, chat_id=chat_id, attempts=attempts, reused=True, cost=cost
                )

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
        found = self._answers.get(key)
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
