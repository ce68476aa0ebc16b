"""Notices that an endpoint is down, and asks it again before giving it up."""

from __future__ import annotations

import math

from arenatest.arena.stops import Closing
from arenatest.model.answer import Failure

DOWN = frozenset({"connection", "server"})
"""Failures that say something about the endpoint, whatever it was asked. One that answers too late
is not among them: it works, and being slow is evidence."""
FAILURES = 3
"""In a row, of any calls, until none is made: fewer than a call has attempts, so that no prompt is
lost to a server that is down."""
PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before each further try, by a single call: half a minute, in which servers restart."""
FIRST_PAUSES = PAUSES[:2]
"""Where it has never answered: it was not started, or its address is wrong."""


class Breaker:
    """Lets calls through while an endpoint works, then one at a time, then none.

    Args:
        endpoint: For people.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._worked = False
        self._failures = 0
        self._tries = 0
        self._trying = False
        self._until = 0.0
        self.open = False
        """Whether calls are held back: it failed, and has not answered since."""
        self.closing: Closing | None = None
        """Why nobody may call; None where one may, now or later."""

    def wait(self, now: float) -> float:
        """Return the seconds until a call may start; without end until a try has come back."""
        if not self.open:
            return 0.0
        return math.inf if self._trying else max(0.0, self._until - now)

    def start(self) -> bool:
        """Take note of a call; return whether it is a try, on which all depends."""
        self._trying = self.open
        return self._trying

    def worked(self) -> None:
        """Take note of an answer, if only a refusal: somebody is there."""
        self._worked = True
        self._failures = self._tries = 0
        self._trying = self.open = False
        self.closing = None

    def failed(self, failure: Failure, now: float, *, trying: bool) -> None:
        """Take note of a failure in ``DOWN``.

        Args:
            failure: What came back.
            now: Monotonic seconds.
            trying: Whether this call was a try; what was under way before says nothing new.
        """
        self._failures += 1
        if not self.open:
            if self._failures >= FAILURES:
                self.open = True
                self._until = now + PAUSES[0]
        elif trying:
            self._trying = False
            self._tries += 1
            pauses = PAUSES if self._worked else FIRST_PAUSES
            if self._tries < len(pauses):
                self._until = now + pauses[self._tries]
            else:
                self.closing = Closing(cause="plan", reason=self._reason(failure))

    def returned(self, now: float) -> None:
        """Take note that a try came back without news: it was not made, or was given up."""
        self._trying = False
        self._until = now

    def reopen(self, now: float) -> None:
        """Let a suite that begins try once more."""
        if self.closing is not None:
            self.closing = None
            self._tries -= 1
            self._until = now

    def _reason(self, failure: Failure) -> str:
        return (
            f"{self._endpoint} is down: {self._failures} calls in a row failed, "
            f"the last with {failure.message}"
        )
