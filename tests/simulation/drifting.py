"""Made-up servers whose speed drifts, timed as the latency lane times them; no call is made.

A call takes its prompt's typical time (spread 50 %), times what the model is slower, times what the
server is slower at that moment, times noise (15 %), and 2 % of the calls hang three times as long.
A call is sent 3 s after the one before it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arenatest.arena.order import mirrored_orders, repeated
from arenatest.gates.decide import decide
from arenatest.model.answer import Answer, Timing
from arenatest.model.decision import Decision
from arenatest.model.latency import Latency
from arenatest.model.metric import BUILT_IN
from arenatest.model.plan import Contestant, Plan, Rule
from arenatest.model.prompt import Message, Prompt
from arenatest.model.record import Answered, AnswerSlot, Ledger, Run

Floats = NDArray[np.float64]
Drift = Callable[[np.random.Generator, int], Floats]
"""Gives the logarithm of how much slower the server is at each of so many calls."""

OLD, NEW = "old", "new"
TYPICAL = 0.6
PROMPTS = 0.5
NOISE = 0.15
SPIKES, SPIKE = 0.02, 3.0
PACE = 3.0
SECOND = 0.92
"""What the second call of a pair takes, in the world where it is faster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """How a server's speed changes.

    Attributes:
        drift: Over the calls of a run.
        second: What the second call of each pair takes, as a factor: a cache that the first warmed.
    """

    name: str
    drift: Drift
    second: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """In which order calls are made.

    Attributes:
        repeats: How often each prompt is timed.
        mirrored: Whether as the lane does it; else all calls of the baseline come first.
    """

    name: str
    repeats: int = 1
    mirrored: bool = True


def _steady(_chance: np.random.Generator, calls: int) -> Floats:
    return np.zeros(calls)


def _rising(_chance: np.random.Generator, calls: int) -> Floats:
    return np.linspace(0.0, math.log(1.2), calls)


def _stepping(_chance: np.random.Generator, calls: int) -> Floats:
    return np.where(np.arange(calls) < calls / 2, 0.0, math.log(1.3))


def _wandering(seconds: float) -> Drift:
    """Return a drift of 10 % that is forgotten after so long."""

    def drift(chance: np.random.Generator, calls: int) -> Floats:
        kept = math.exp(-PACE / seconds)
        pushes = 0.10 * chance.standard_normal(calls)
        pushes[1:] *= math.sqrt(1.0 - kept**2)
        level, found = 0.0, np.empty(calls)
        for call, push in enumerate(pushes.tolist()):
            level = kept * level + push
            found[call] = level
        return found

    return drift


WORLDS = (
    World(name="no drift", drift=_steady),
    World(name="+20 % linear", drift=_rising),
    World(name="step x1.3", drift=_stepping),
    World(name="AR(1) 60 s", drift=_wandering(60.0)),
    World(name="AR(1) 600 s", drift=_wandering(600.0)),
    World(name="2nd call 8 % faster", drift=_steady, second=SECOND),
)


def plan(prompts: int, repeats: int) -> Plan:
    """Return the plan of a suite with a dedicated lane and no judge."""
    return Plan(
        suite="drift",
        description="",
        path="drift.arena.toml",
        prompts=tuple(
            Prompt(id=f"p{i}", messages=(Message(role="user", content=f"Question {i}?"),))
            for i in range(prompts)
        ),
        baseline=_contestant(OLD),
        candidates=(_contestant(NEW),),
        judges=(),
        metrics=(),
        rules=(),
        latency=Latency(lane="dedicated", repeats=repeats),
        hash="drift",
    )


def rule(limit: float) -> Rule:
    """Return the gate ``max_ratio = limit`` on the time to the first token."""
    return Rule(
        id="ttft-ratio",
        candidate=NEW,
        metric=BUILT_IN["ttft"],
        stat="ratio",
        side="max",
        limit=limit,
        against=OLD,
    )


def record(
    planned: Plan, world: World, design: Design, chance: np.random.Generator, *, slower: float
) -> Ledger:
    """Return the record of one run in which the candidate is so many times as slow."""
    calls = _calls(planned, design, int(chance.integers(2**31)))
    logs = math.log(TYPICAL) + world.drift(chance, len(calls))
    logs += NOISE * chance.standard_normal(len(calls))
    logs += math.log(SPIKE) * (chance.random(len(calls)) < SPIKES)
    spread = math.sqrt(math.log1p(PROMPTS**2))
    prompts = dict(
        zip(
            (prompt.id for prompt in planned.prompts),
            (spread * chance.standard_normal(len(planned.prompts))).tolist(),
            strict=True,
        )
    )
    met: set[tuple[str, int]] = set()
    ledger = Ledger(run=Run(id="r", session="s", plan_hash=planned.hash, started=0.0), plan=planned)
    for slot, log in zip(calls, logs.tolist(), strict=True):
        pair = (slot.prompt, slot.repeat)
        seconds = math.exp(log + prompts[slot.prompt])
        seconds *= (slower if slot.contestant == NEW else 1.0) * (
            world.second if pair in met else 1.0
        )
        met.add(pair)
        answer = Answer(text="text", timing=Timing(ttft=seconds, e2e=seconds, lag=0.0))
        ledger.timings[slot] = Answered(answer=answer, chat_id="c")
    return ledger


def verdict(limit: float, ledger: Ledger) -> Decision:
    """Return the gate's decision, by the code of real runs."""
    return decide(rule(limit), ledger)


def _calls(planned: Plan, design: Design, seed: int) -> list[AnswerSlot]:
    """Return all calls in the order in which they are made."""
    prompts = [prompt.id for prompt in planned.prompts]
    repeats = range(design.repeats)
    if not design.mirrored:
        return [AnswerSlot(who, p, r) for who in (OLD, NEW) for p in prompts for r in repeats]
    orders: Sequence[tuple[str, ...]] = mirrored_orders((OLD, NEW), len(prompts), seed)
    return [
        AnswerSlot(who, prompt, repeat)
        for prompt, order in zip(prompts, orders, strict=True)
        for repeat in repeats
        for who in repeated(order, repeat)
    ]


def _contestant(name: str) -> Contestant:
    return Contestant(name=name, kind="openai", fingerprint=name, settings={}, timeout=60.0)
