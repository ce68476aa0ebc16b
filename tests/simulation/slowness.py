"""Worlds in which one contestant is slow for one reason, or both are alike.

Calls are made as an engine makes them: a number of blocks at once, each of which asks both
contestants about a prompt, has a judge compare the answers, and goes on. Prompts differ, servers
scatter, some calls take a multiple of the others; all that is the same for both.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from arenatest.model.answer import Answer, Failure, Timing, Usage
from arenatest.model.record import Answered, AnswerSlot, Ledger, Setbacks
from fakes.ledgers import LedgerBuilder, plan, prompt

OLD, NEW = "old", "new"
BLOCKS = 8
JUDGED = 4.0  # seconds at most for the judge of a block
TOKEN = 0.02  # seconds for a token of the answer
PREFILL = 0.0004  # seconds for a token of the prompt


@dataclass(kw_only=True)
class Drawn:
    """One call as it is drawn: parts of its time, and what is told of it."""

    base: float
    tokens: int
    input_tokens: int
    pace: float = TOKEN
    cached: int = 0
    hidden: int = 0
    thoughts: int = 0
    waits: float = 0.0  # before the first text, for whatever reason
    told: Mapping[str, object] = field(default_factory=dict)
    whole: bool = False
    failure: str | None = None
    attempts: int = 1


@dataclass(frozen=True, kw_only=True)
class Moment:
    """When a call is made: its place in the order, the time, and how many are in flight."""

    number: int
    of: int
    time: float
    in_flight: int


Twist = Callable[[Drawn, Moment, random.Random], None]
"""Makes one contestant's calls slow."""


def run_of(
    seed: int,
    twist: Twist | None = None,
    *,
    prompts: int = 60,
    both: Twist | None = None,
    setbacks: Setbacks | None = None,
    noise: float = 0.2,
) -> Ledger:
    """Return the record of a run.

    Args:
        seed: Of everything.
        twist: What is done to the candidate's calls.
        prompts: How many.
        both: What is done to the calls of both.
        setbacks: What the candidate met on the way to its answers.
        noise: Standard deviation of the logarithm of a call's times.
    """
    chance = random.Random(seed)
    ledger = _empty(prompts)
    lengths = [_Prompt(chance) for _ in range(prompts)]
    free = [chance.random() * 0.01 for _ in range(BLOCKS)]
    ends: dict[str, list[float]] = {OLD: [], NEW: []}
    for number, asked in enumerate(ledger.plan.prompts):
        block = min(range(BLOCKS), key=free.__getitem__)
        now = free[block]
        for name in (OLD, NEW):
            flying = sum(end > now for end in ends[name])
            moment = Moment(number=number, of=prompts, time=now, in_flight=flying)
            drawn = lengths[number].drawn(chance, noise)
            for change in (both, twist if name == NEW else None):
                if change is not None:
                    change(drawn, moment, chance)
            answered, took = _called(drawn, now, f"{name} {asked.id}")
            ledger.timings[AnswerSlot(name, asked.id)] = answered
            ends[name].append(now + took)
        free[block] = max(ends[OLD][-1], ends[NEW][-1]) + chance.uniform(0.0, JUDGED)
    if setbacks is not None:
        ledger.setbacks = {NEW: setbacks}
    return ledger


class _Prompt:
    """What both contestants have to do for one prompt."""

    def __init__(self, chance: random.Random) -> None:
        self._tokens = chance.lognormvariate(4.7, 0.5)
        self._input = chance.lognormvariate(6.5, 0.6)

    def drawn(self, chance: random.Random, noise: float) -> Drawn:
        spike = chance.uniform(3.0, 10.0) if chance.random() < 0.02 else 1.0
        return Drawn(
            base=0.2 * chance.lognormvariate(0.0, noise) * spike,
            tokens=max(2, round(self._tokens * chance.lognormvariate(0.0, 0.15))),
            input_tokens=round(self._input),
            pace=TOKEN * chance.lognormvariate(0.0, 0.05),
        )


def _called(drawn: Drawn, now: float, chat: str) -> tuple[Answered, float]:
    first = drawn.base + (drawn.input_tokens - drawn.cached) * PREFILL + drawn.waits
    first += drawn.hidden * drawn.pace
    answer_at = first + drawn.thoughts * drawn.pace
    e2e = answer_at + drawn.tokens * drawn.pace
    timing = Timing(
        queue_wait=0.001,
        connect=0.0,
        ttft=None if drawn.whole else first,
        ttfat=None if drawn.whole else answer_at,
        e2e=e2e,
        wall=e2e + 0.001,
        reads=1 if drawn.whole else drawn.tokens,
        connection_reused=True,
    )
    timing = replace(timing, **drawn.told)
    usage = Usage(
        input_tokens=drawn.input_tokens,
        output_tokens=drawn.tokens + drawn.hidden + drawn.thoughts,
        reasoning_tokens=drawn.hidden + drawn.thoughts,
        cached_tokens=drawn.cached,
    )
    answer = Answer(
        text="word " * drawn.tokens,
        reasoning="hm " * drawn.thoughts,
        finish="stop",
        usage=usage,
        timing=timing,
    )
    if drawn.failure is not None:
        failure = Failure(kind=drawn.failure, message="no answer", retryable=True)
        answer = Answer(failure=failure, timing=Timing())
    answered = Answered(answer=answer, chat_id=chat, attempts=drawn.attempts, started=now)
    return answered, e2e


def _empty(prompts: int) -> Ledger:
    asked = [prompt(f"p{number:04d}") for number in range(prompts)]
    return LedgerBuilder(plan(asked, baseline=OLD, candidates=[NEW], judges=())).ledger


def longer(drawn: Drawn, moment: Moment, chance: random.Random) -> None:
    drawn.tokens = round(drawn.tokens * 1.8)


def slower(drawn: Drawn, moment: Moment, chance: random.Random) -> None:
    drawn.pace *= 1.6


def thinking_silently(drawn: Drawn, moment: Moment, chance: random.Random) -> None:
    drawn.hidden = round(chance.lognormvariate(4.5, 0.6))


def thinking_aloud(drawn: Drawn, moment: Moment, chance: random.Random) -> None:
    drawn.thoughts = round(chance.lognormvariate(4.5, 0.6))


def much_context(drawn: Drawn, moment: Moment, chance: random.Random) -> None:
    drawn.input_tokens *= 3


def cached(drawn: Drawn, moment: Moment, chance: random.Random) -> None:
    """For both contestants; the candidate's twist takes it away."""
    drawn.input_tokens += 2000
    drawn.cached = 2000


def not_cached(drawn: Drawn, moment: Moment, chance: random.Random) -> None:
    drawn.cached = 0


def queueing(drawn: Drawn, moment: Moment, chance: random.Random) -> None:
    drawn.waits = 0.15 * moment.in_flight


def told_queueing(drawn: Drawn, moment: Moment, chance: random.Random) -> None:
    drawn.waits = chance.lognormvariate(-0.5, 0.6)
    drawn.told = {"server_queue": drawn.waits}


def cold(drawn: Drawn, moment: Moment, chance: random.Random) -> None:
    drawn.waits = max(0.0, 9.0 - moment.time)


def loading(drawn: Drawn, moment: Moment, chance: random.Random) -> None:
    load = chance.uniform(1.5, 2.5) if chance.random() < 0.5 else 0.003
    drawn.waits = load
    drawn.told = {"load": load}


def throttled(drawn: Drawn, moment: Moment, chance: random.Random) -> None:
    drawn.attempts = 3 if chance.random() < 0.2 else 1


def timing_out(drawn: Drawn, moment: Moment, chance: random.Random) -> None:
    drawn.failure = "timeout" if chance.random() < 0.2 else None


def lagging(drawn: Drawn, moment: Moment, chance: random.Random) -> None:
    if chance.random() < 0.2:
        drawn.waits = chance.uniform(0.3, 0.6)
        drawn.told = {"lag": drawn.waits}


def connecting(drawn: Drawn, moment: Moment, chance: random.Random) -> None:
    if chance.random() < 0.7:
        drawn.waits = chance.uniform(0.3, 0.5)
        drawn.told = {"connect": drawn.waits, "connection_reused": False}


def buffered(drawn: Drawn, moment: Moment, chance: random.Random) -> None:
    drawn.whole = True


def drifting(drawn: Drawn, moment: Moment, chance: random.Random) -> None:
    drawn.waits = 1.2 * moment.number / moment.of


def of_two_kinds(drawn: Drawn, moment: Moment, chance: random.Random) -> None:
    drawn.waits = 4.0 if chance.random() < 0.4 else 0.0


WORLDS: dict[str, tuple[str, Twist, Mapping[str, object]]] = {
    "longer answers": ("answers", longer, {}),
    "slower tokens": ("tokens", slower, {}),
    "thoughts that are not streamed": ("reasoning", thinking_silently, {}),
    "thoughts that are streamed": ("reasoning", thinking_aloud, {}),
    "longer prompts": ("prompts", much_context, {}),
    "the baseline cached alone": ("cache", not_cached, {"both": cached}),
    "queueing seen in TTFT": ("queueing", queueing, {}),
    "queueing told by the server": ("queueing", told_queueing, {}),
    "a cold start": ("cold_start", cold, {}),
    "a model that is loaded again and again": ("cold_start", loading, {}),
    "refused for their rate": (
        "throttling",
        throttled,
        {"setbacks": Setbacks(failed={"rate_limited": 24}, delay=2.5)},
    ),
    "timeouts": ("failures", timing_out, {"setbacks": Setbacks(failed={"timeout": 40})}),
    "a busy process": ("lag", lagging, {}),
    "fresh connections": ("connections", connecting, {}),
    "a proxy that buffers": ("buffering", buffered, {}),
    "slower and slower": ("drift", drifting, {}),
    "two kinds of calls": ("two_kinds", of_two_kinds, {}),
}
"""What is planted by what it is called: the cause to be named, and how."""
