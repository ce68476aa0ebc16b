"""The parts of ``arena-results.json`` that are about time, and what all parts have in common."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from arenatest.gates.imbalance import Condition
from arenatest.model.answer import TimingSource
from arenatest.model.latency import Lane
from arenatest.model.load import Arrivals
from arenatest.signs.slowness.arms import Clock
from arenatest.signs.slowness.suspects import Cause


class Part(BaseModel):
    """A part of the file; it forbids keys that are not its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LatencyPart(Part):
    """One clock of one contestant; seconds."""

    suite: str
    contestant: str
    metric: Literal["ttft", "e2e"]
    n: int
    left_out: int
    source: TimingSource | Literal["mixed", "none"]
    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    max: float | None


class WaitingPart(Part):
    """How the calls of a contestant waited before they were sent; mean seconds.

    ``held`` is for limits of a minute and pauses that a server asked for, ``place`` for one of the
    places that calls in flight may have.
    """

    suite: str
    contestant: str
    calls: int
    held: float
    place: float
    longest: float


class TimedPart(Part):
    """Under which conditions a contestant was timed; seconds, and shares of the prompt.

    ``fresh`` counts calls on a connection that was opened for them, ``lagging`` those that came
    while our own event loop lagged too much to tell the time to the first token; ``outside`` is
    the median of what a call took beyond what its server says, None where that says more.
    """

    suite: str
    contestant: str
    lane: Lane
    calls: int
    failed: int
    retried: int
    fresh: int | None
    lagging: int
    largest_lag: float | None
    cached: float | None
    server: float | None
    outside: float | None


class ImbalancePart(Part):
    """A condition that a candidate and the baseline were not timed under alike."""

    suite: str
    candidate: str
    against: str
    condition: Condition
    ours: float
    theirs: float
    prompts: int
    p_value: float


class AdvicePart(Part):
    """A likely cause of a slow or unsteady candidate.

    ``shares`` are, by clock, how much of what is slow it explains: of the difference to
    ``against``, or where that is None of the candidate's slowest calls. ``figures`` are what it
    was read from, in base units.
    """

    suite: str
    candidate: str
    against: str | None
    cause: Cause
    shares: dict[Clock, float]
    figures: dict[str, float]
    line: str


class LoadPart(Part):
    """One level of load of one contestant; seconds, None where too many requests failed for it.

    ``level`` is requests a second, or requests in flight for ``closed`` arrivals; ``worth`` is how
    many independent requests the ``n`` count for; ``lag`` is by how much later than due they were
    sent, or seen, but for one in a hundred; ``problem`` says why its times do not count, empty
    where they do.
    """

    suite: str
    contestant: str
    arrivals: Arrivals
    level: float
    n: int
    failed: int
    worth: float
    user_latency_p50: float | None
    user_latency_p95: float | None
    user_latency_p99: float | None
    ttft_p50: float | None
    ttft_p95: float | None
    tpot_p50: float | None
    goodput: float | None
    goodput_low: float | None
    goodput_high: float | None
    tokens_per_second: float | None
    lag: float
    problem: str
