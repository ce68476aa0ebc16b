"""How often a call is tried, and how long it waits in between."""

from __future__ import annotations

import random

from arenatest.arena.lanes import Lane
from arenatest.arena.roads import Visit
from arenatest.model.answer import Answer

ATTEMPTS = 4
PATIENT_ATTEMPTS = 8
"""Where the server is only busy: it said how long to wait, or that there were too many requests. By
its own pauses a call then waits for more than a minute in all, over which limits are counted."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
BROKE = 500
"""The status of a server that broke over what it was asked; one that is down gives others."""


class Retries:
    """Decides whether there is another attempt, and when.

    Args:
        chance: Jitter of the pauses.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def pause(self, answer: Answer, attempt: int, lane: Lane, visit: Visit) -> float | None:
        """Return the seconds until the next attempt, or None for no further one.

        Where the server says how long to wait, the whole lane waits, and with it the next attempt:
        whoever waited outside would find that later calls were let in first.

        A prompt over which a server breaks each time is no sign that it is down: where no other
        call comes in between, all its attempts fail in a row.
        """
        failure = answer.failure
        if failure is None:
            lane.ended(visit, None, answer.usage)
            return None
        jitter = self._chance.uniform(1.0, 1.5)
        pause = min(FIRST_PAUSE * 2.0 ** (attempt - 1) * jitter, LONGEST_PAUSE)
        spare = FIRST_PAUSE * (jitter - 1.0)
        after = lane.ended(visit, failure, answer.usage, pause=pause, spare=spare)
        if after == "closed":  # not its last word: it is asked again by whoever can ask
            broke = failure.kind == "server" and failure.status == BROKE
            return None if broke and attempt >= ATTEMPTS else 0.0
        if not failure.retryable:
            return None
        if after == "held":
            return 0.0 if attempt < PATIENT_ATTEMPTS else None
        return pause if attempt < ATTEMPTS else None
