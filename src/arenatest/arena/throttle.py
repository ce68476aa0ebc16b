"""Holds back the calls that share one key: by stated limits, and by what the server says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from arenatest.arena.minute import LONGEST_HOLD, SMALL, Minute, Rate
from arenatest.arena.stops import Closing
from arenatest.model.answer import Failure, Quota

UNAUTHORIZED = 401
REFUSALS = 3
"""Calls in a row that are refused as not allowed until the key counts as wrong. One 401 does where
the key has never worked."""
DAY = 86_400.0
ROUNDS = 2
"""Where fewer calls are left than so many times those in flight, they are few."""


class Kept(Protocol):
    """Keeps the minute of one key, for one process or for several."""

    @property
    def shared(self) -> bool:
        """Whether other processes take from it too."""

    def active(self, now: float) -> bool:
        """Whether anything may be limited; cheap."""

    def open(self) -> AbstractContextManager[Minute]:
        """Give it to be looked into and changed, to nobody else meanwhile."""


class Own:
    """Keeps a minute in one process; whoever calls holds a lock."""

    shared = False

    def __init__(self) -> None:
        self._minute = Minute()

    def active(self, now: float) -> bool:
        """Whether anything is limited."""
        return self._minute.active(now)

    @contextmanager
    def open(self) -> Iterator[Minute]:
        """Give the minute."""
        yield self._minute


class Throttle:
    """Holds back the calls that share one key at one endpoint.

    Args:
        endpoint: For people.
        kept: What was taken.
        keys: The names of the variables that hold the key, for people.
    """

    def __init__(self, endpoint: str, kept: Kept, keys: tuple[str, ...] = ()) -> None:
        self._endpoint = endpoint
        self._key = f"the key in {' and '.join(keys)}" if keys else "the key"
        self._kept = kept
        self._closing: Closing | None = None
        self._worked = False
        self._refused = 0
        self._limited = kept.shared  # else there is nothing to look at
        self.rate = Rate()
        """The smallest limits that any suite stated."""

    def state(self, rate: Rate) -> None:
        """Keep to these limits too."""
        least = self.rate.least(rate)
        if least != self.rate:
            self.rate = least
            self._limited = True
            with self._kept.open() as minute:
                minute.rate = minute.rate.least(rate)

    def closing(self, now: float) -> Closing | None:
        """Return why nobody may call; None where one may."""
        closing = self._closing
        if closing is None:
            return None
        if closing.until is not None and now >= closing.until:
            self._closing = closing = None
        return closing

    def reopen(self) -> None:
        """Let a suite that begins see for itself; one more refusal closes again."""
        if self._closing is not None and self._closing.until is None:
            self._closing = None
            self._refused = REFUSALS - 1

    def take(self, tokens: float, now: float) -> float:
        """Let a call start, or return the seconds after which to ask again."""
        if not self._limited:
            return 0.0
        if not self._kept.active(now):
            self._limited = self._kept.shared
            return 0.0
        with self._kept.open() as minute:
            self.rate = minute.rate  # of other processes too
            pause = minute.wait(tokens, now)
            if pause <= 0.0:
                minute.start(tokens, now)
        return min(pause, 1.0) if self._kept.shared else pause  # others may give back

    def settle(self, started: float, expected: float, used: float) -> None:
        """Take note of the tokens that a call really used."""
        if self.rate.tokens is not None and used != expected:
            with self._kept.open() as minute:
                minute.settle(started, expected, used)

    @property
    def free(self) -> bool:
        """Whether there is nothing that could hold a call back."""
        return not self._limited and self._closing is None

    @property
    def trusted(self) -> bool:
        """Whether the key worked when it was used last."""
        return self._worked and not self._refused

    def worked(self) -> None:
        """Take note of an answer: the key is right."""
        self._worked = True
        self._refused = 0

    def failed(self, failure: Failure) -> None:
        """Take note of a failure that may close the key."""
        if failure.kind == "spent":
            reason = f"the account at {self._endpoint} is used up: {failure.message}"
            self._closing = self._closing or Closing(cause="budget", reason=reason)
        elif failure.kind == "auth":
            self._refused += 1
            first = failure.status == UNAUTHORIZED and not self._worked
            if first or self._refused >= REFUSALS:
                reason = f"{self._endpoint} refuses {self._key}: {failure.message}"
                self._closing = self._closing or Closing(cause="plan", reason=reason)

    def hold(self, wish: float, spare: float, now: float) -> bool:
        """Let nobody start for ``wish`` seconds and a little more: the server asked for it.

        One that asks for more than anybody would wait for has closed.

        Returns:
            Whether anybody could have started before.
        """
        if wish > LONGEST_HOLD:
            reason = f"{self._endpoint} asks to wait for {_long(wish)}"
            self._closing = self._closing or Closing(cause="plan", reason=reason, until=now + wish)
            return False
        self._limited = True
        with self._kept.open() as minute:
            free = now >= minute.held
            minute.hold(wish + spare, now)
        return free

    def told(self, quota: Quota, *, in_flight: int, typical: float, now: float) -> None:
        """Go by what the server says is left: nothing, or little.

        Args:
            quota: As of the latest response.
            in_flight: Calls under way, which will take of it.
            typical: Tokens of one call.
            now: Monotonic seconds.
        """
        few = ROUNDS * in_flight
        waits = [
            _spacing(quota.remaining_requests, quota.limit_requests, quota.reset_requests, 1, few),
            _spacing(
                quota.remaining_tokens,
                quota.limit_tokens,
                quota.reset_tokens,
                typical,
                few * typical,
            ),
        ]
        found = [wait for wait in waits if wait is not None]
        if not found:
            return
        gap, reset = max(found)
        self._limited = True
        with self._kept.open() as minute:
            if gap >= reset:
                minute.hold(reset, now)
            else:
                minute.spread(gap, reset, now)


Keeping = Callable[[str], Kept]
"""Makes what keeps the minute of a key, by a name for it."""


def _spacing(
    remaining: float | None, limit: float | None, reset: float | None, each: float, few: float
) -> tuple[float, float] | None:
    """Return the seconds between two calls, and until the limit is whole; None where much is left.

    A server that tells no reset, or one that nobody would wait for, such as that of a day, will
    refuse in time.
    """
    if remaining is None or remaining < 0 or reset is None or not 0 < reset <= LONGEST_HOLD:
        return None
    if remaining < each:
        return reset, reset
    small = few if limit is None else max(few, SMALL * limit)
    return (reset * each / remaining, reset) if remaining < small else None


def _long(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds < DAY else "a day or more"
