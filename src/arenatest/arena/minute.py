"""What one key may take in any minute: requests and tokens, counted when calls start.

Vendors count in several ways: over a sliding minute, or in buckets that fill evenly, some over as
little as a second or ten. What is kept here satisfies them all: never more than the limit in any 60
seconds, wherever they begin, and of that no more than ten seconds' worth at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

WINDOW = 60.0
"""Seconds over which limits are stated."""
SLOT = 1.0
"""Seconds that are counted together. They are forgotten together, once the last moment of them is
old enough: a call may start up to a second later than it could, and never sooner."""
BURST = 10.0
"""Seconds whose worth may start at once; after that it goes evenly."""
LONGEST_HOLD = 300.0
"""Seconds; a server that asks for more is not waited for."""
SMALL = 0.2
"""Share of a limit below which what is left of it is spread evenly until it is whole again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The most that may start in a minute; None for no limit."""

    requests: float | None = None
    tokens: float | None = None

    def __bool__(self) -> bool:
        return self.requests is not None or self.tokens is not None

    def least(self, other: Rate) -> Rate:
        """Return what keeps to both."""
        return Rate(
            requests=_least(self.requests, other.requests),
            tokens=_least(self.tokens, other.tokens),
        )


@dataclass(slots=True, kw_only=True)
class Minute:
    """What was taken in the last minute, and what servers asked for. All times are monotonic.

    Attributes:
        rate: The smallest limits that anybody stated.
        slots: Requests and tokens by the number of the slot in which they started, oldest first.
        even: When the next call would start if all had gone evenly since.
        held: Nothing starts before.
        gap: Seconds between two starts, until ``gap_until``: a server said that little is left.
        last: When the latest call started.
    """

    rate: Rate = field(default_factory=Rate)
    slots: dict[int, tuple[float, float]] = field(default_factory=dict)
    even: float = 0.0
    held: float = 0.0
    gap: float = 0.0
    gap_until: float = 0.0
    last: float = 0.0

    def active(self, now: float) -> bool:
        """Whether anything is limited."""
        return now < self.held or now < self.gap_until or bool(self.rate)

    def wait(self, tokens: float, now: float) -> float:
        """Return the seconds until a call that will probably take so many tokens may start."""
        self._tidy(now)
        until = self.held
        if now < self.gap_until:
            until = max(until, min(self.last + self.gap, self.gap_until))
        if self.rate:
            until = max(until, self.even - BURST, self._room_at(tokens))
        return max(0.0, until - now)

    def start(self, tokens: float, now: float) -> None:
        """Take note that a call starts."""
        self.last = now
        if self.rate:
            need = self._need(tokens)
            slot = _slot(now)
            requests, taken = self.slots.get(slot, (0.0, 0.0))
            self.slots[slot] = (requests + 1, taken + need)
            self.even = max(self.even, now) + self._share(need) * WINDOW

    def settle(self, started: float, expected: float, used: float) -> None:
        """Take note of what a call used for which ``expected`` tokens were taken."""
        if self.rate.tokens is None:
            return
        more = used - self._need(expected)
        slot = _slot(started)
        if slot in self.slots:
            requests, taken = self.slots[slot]
            self.slots[slot] = (requests, max(0.0, taken + more))
            self.even = max(started, self.even + more / self.rate.tokens * WINDOW)

    def hold(self, seconds: float, now: float) -> None:
        """Let nothing start for so long."""
        self.held = max(self.held, now + min(seconds, LONGEST_HOLD))

    def spread(self, gap: float, seconds: float, now: float) -> None:
        """Let calls start no closer than ``gap`` for so long."""
        self.gap, self.gap_until = gap, now + min(seconds, LONGEST_HOLD)

    def _need(self, tokens: float) -> float:
        """Return what is counted: a call that is larger than the limit takes all of it."""
        return tokens if self.rate.tokens is None else min(tokens, self.rate.tokens)

    def _share(self, need: float) -> float:
        shares = [0.0]
        if self.rate.requests is not None:
            shares.append(1 / self.rate.requests)
        if self.rate.tokens is not None:
            shares.append(need / self.rate.tokens)
        return max(shares)

    def _room_at(self, tokens: float) -> float:
        """Return from when on the window has room: once enough of the oldest is forgotten."""
        over_requests = over_tokens = 0.0
        requests, taken = (sum(column) for column in zip((0, 0), *self.slots.values(), strict=True))
        if self.rate.requests is not None:
            over_requests = requests + 1 - self.rate.requests
        if self.rate.tokens is not None:
            over_tokens = taken + self._need(tokens) - self.rate.tokens
        until = 0.0
        for slot, (some_requests, some_tokens) in self.slots.items():
            if over_requests <= 0 and over_tokens <= 0:
                break
            over_requests -= some_requests
            over_tokens -= some_tokens
            until = max(until, _forgotten(slot))
        return until

    def _tidy(self, now: float) -> None:
        """Forget what is too old, or in a future that no clock of ours can have reached.

        Another process may be a moment ahead: its clock was read later.
        """
        future = _slot(now + WINDOW)
        odd = [slot for slot in self.slots if slot > future or _forgotten(slot) <= now]
        for slot in odd:
            del self.slots[slot]
        self.even = min(self.even, now + WINDOW + BURST)
        self.held = min(self.held, now + LONGEST_HOLD)
        self.gap_until = min(self.gap_until, now + LONGEST_HOLD)
        self.last = min(self.last, now)


def _slot(now: float) -> int:
    return int(now // SLOT)


def _forgotten(slot: int) -> float:
    return (slot + 1) * SLOT + WINDOW


def _least(one: float | None, other: float | None) -> float | None:
    return min((number for number in (one, other) if number is not None), default=None)
