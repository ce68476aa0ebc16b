"""Load mode: how many requests come at once, or how fast, and what came of each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from arenatest.model.answer import Answer, FailureKind, TimingSource

Arrivals = Literal["poisson", "constant", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """What every single request should keep, in seconds (``tpot``: a token); None for no limit."""

    ttft: float | None = None
    tpot: float | None = None
    e2e: float | None = None
    user_latency: float | None = None

    @property
    def limits(self) -> dict[str, float]:
        """The limits that there are, by clock."""
        known = {name: getattr(self, name) for name in ("ttft", "tpot", "e2e", "user_latency")}
        return {name: limit for name, limit in known.items() if limit is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The sweep that a contestant goes through.

    Attributes:
        arrivals: ``poisson`` and ``constant`` send on a schedule, whatever the server does;
            ``closed`` sends the next request once one is answered.
        levels: Rising: requests a second, or for ``closed`` requests in flight.
        requests: Counted at each level.
        warmup: Sent before these at each level, and left out.
        slo: What a request must keep to count for goodput.
    """

    arrivals: Arrivals
    levels: tuple[float, ...]
    requests: int
    warmup: int
    slo: Slo = field(default_factory=Slo)

    def sends_like(self, other: Load | None) -> bool:
        """Whether a level of both is the same load, whatever levels there are and what is good."""
        if other is None:
            return False
        own, others = ((x.arrivals, x.requests, x.warmup) for x in (self, other))
        return own == others

    @property
    def unit(self) -> str:
        """What a level counts, for people."""
        return "in flight" if self.arrivals == "closed" else "requests/s"


class LoadSlot(NamedTuple):
    """The place of one level of one contestant in a plan."""

    contestant: str
    level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """One request of a level; times in seconds, None where there is none.

    Attributes:
        due: When it was to be sent, from the start of its level. In a closed loop: when it could
            be.
        queue_wait: How much later it was sent: our own delay.
        loop_lag: How late our own event loop came at worst while it was answered.
        user_latency: From ``due`` to the end of the answer, so that a request which had to wait
            for others counts with its wait; None where it failed.
        tokens: Output tokens that were streamed, 0 where it failed; None where nobody told.
        failure: Why there is no answer; ``malformed`` for one without text.
    """

    chat_id: str
    due: float
    queue_wait: float
    loop_lag: float = 0.0
    user_latency: float | None = None
    ttft: float | None = None
    ttfat: float | None = None
    tpot: float | None = None
    e2e: float | None = None
    icl: float | None = None
    tokens: int | None = None
    failure: FailureKind | None = None
    source: TimingSource = "measured"


def loaded(answer: Answer, *, chat_id: str, due: float) -> Loaded:
    """Return what an answer under load amounts to; its ``queue_wait`` counts from ``due``."""
    timing = answer.timing
    late = 0.0 if timing is None else timing.queue_wait or 0.0
    source: TimingSource = "unfit" if timing is None else timing.source
    if answer.failure is not None or not answer.text:
        failure: FailureKind = answer.failure.kind if answer.failure else "malformed"
        return Loaded(
            chat_id=chat_id, due=due, queue_wait=late, tokens=0, failure=failure, source=source
        )
    if timing is None:
        return Loaded(chat_id=chat_id, due=due, queue_wait=late, source=source)
    whole = timing.e2e if timing.wall is None else timing.wall
    return Loaded(
        chat_id=chat_id,
        due=due,
        queue_wait=late,
        loop_lag=max(timing.lag or 0.0, timing.stream_lag or 0.0),
        user_latency=None if whole is None else late + whole,
        ttft=timing.ttft,
        ttfat=timing.ttfat,
        tpot=timing.tpot,
        e2e=timing.e2e,
        icl=timing.icl,
        tokens=_streamed(answer),
        source=source,
    )


def _streamed(answer: Answer) -> int | None:
    """Return the output tokens that a user was shown: hidden reasoning is none of them."""
    usage = answer.usage
    if usage is None or usage.output_tokens is None:
        return None
    hidden = 0 if answer.reasoning else usage.reasoning_tokens or 0
    return max(0, usage.output_tokens - hidden)
