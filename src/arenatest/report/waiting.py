"""For how long calls waited before they were sent, and for what: it is in no other clock."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain

from arenatest.gates.pace import limit_words
from arenatest.gates.words import amount, counted
from arenatest.model.answer import Timing
from arenatest.model.plan import Contestant
from arenatest.model.record import Ledger

MATERIAL = 1.0
"""Seconds on average: below it, waiting is not worth a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How the calls of one contestant waited; mean seconds.

    Attributes:
        calls: That are known.
        held: For a minute's limits, or a pause that a server asked for.
        place: For one of the places that calls in flight may have.
        longest: Of one call, in seconds.
        limits: What the suite states, for people; empty where it states none.
    """

    contestant: str
    calls: int
    held: float
    place: float
    longest: float
    limits: str

    @property
    def line(self) -> str:
        """What is worth telling, for people; empty where it was not material."""
        if self.held < MATERIAL:
            return ""
        cause = f"the limit of {self.limits}" if self.limits else "limits of its key"
        return (
            f"{self.contestant}: {counted(self.calls, 'calls')} waited "
            f"{amount(self.held, 's')} on average for {cause}, the longest "
            f"{amount(self.longest, 's')}: it is in no other clock"
        )


def waitings(ledger: Ledger) -> tuple[Waiting, ...]:
    """Return how the calls of this run waited, of every contestant that was called."""
    waits: dict[str, list[Timing]] = defaultdict(list)
    seen: set[str] = set()  # one call may give both an answer and its clocks
    for slot, answered in chain(ledger.timings.items(), ledger.answers.items()):
        timing = answered.answer.timing
        called = not answered.reused and answered.attempts and answered.chat_id not in seen
        if called and timing is not None and timing.queue_wait is not None:
            seen.add(answered.chat_id)
            waits[slot.contestant].append(timing)
    return tuple(
        _waiting(contestant, waits[contestant.name])
        for contestant in ledger.plan.contestants
        if waits[contestant.name]
    )


def _waiting(contestant: Contestant, waits: list[Timing]) -> Waiting:
    held = sum(timing.held or 0.0 for timing in waits) / len(waits)
    whole = [timing.queue_wait or 0.0 for timing in waits]
    return Waiting(
        contestant=contestant.name,
        calls=len(waits),
        held=held,
        place=max(0.0, sum(whole) / len(waits) - held),
        longest=max(whole),
        limits=limit_words(contestant),
    )
