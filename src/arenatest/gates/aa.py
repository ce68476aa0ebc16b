"""What an A/A run tells of a gate: how often it would fail, or stop, a model that is as good.

The observed scores are drawn again, cluster by cluster, as often as were planned, and each draw
goes through the gate. In an A/A run the two sides are the same model, so a score is as likely as
its mirror image: each is turned round by a coin, which makes the two exactly as good.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from arenatest.gates.decide import decide
from arenatest.gates.evidence import Evidence
from arenatest.gates.methods import method_of
from arenatest.gates.readers import reader_of
from arenatest.model.plan import Plan, Rule
from arenatest.model.record import Ledger

MOST_DRAWS = 1_000
_MOST_SCORES = 100_000  # drawn for one gate: half a second of work


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseAlarms:
    """How a gate takes a model that is exactly as good as the baseline.

    Attributes:
        gate: Its id.
        draws: Resampled runs.
        clusters: Observed scores that they were drawn from.
        fails: Share of the runs that the gate fails.
        passes: Share of the runs that it passes; the rest is inconclusive.
    """

    gate: str
    draws: int
    clusters: int
    fails: float
    passes: float


def alarms(ledger: Ledger) -> tuple[FalseAlarms, ...]:
    """Return how each gate of an A/A run takes resampled runs; nothing for any other run.

    Of a gate that voids or an unfit judge leave open, the scores tell nothing.
    """
    rules = ledger.plan.rules if ledger.plan.aa else ()
    sound = (rule for rule in rules if decide(rule, ledger).cause in {None, "evidence"})
    found = (false_alarms(rule, ledger) for rule in sound)
    return tuple(one for one in found if one is not None)


def false_alarms(rule: Rule, ledger: Ledger) -> FalseAlarms | None:
    """Return how a win-rate gate takes resampled A/A runs; None where no score was observed.

    Args:
        rule: A gate of the A/A plan.
        ledger: The record of the A/A run; its seed draws.
    """
    plan = ledger.plan
    prompts = [prompt for prompt in plan.prompts if rule.covers(prompt)]
    clusters = len({prompt.cluster for prompt in prompts})
    scores = _scores(rule, ledger)
    if not scores:
        return None
    draws = max(1, min(MOST_DRAWS, _MOST_SCORES // clusters))
    chance = random.Random(f"{plan.seed}:{rule.id}:A/A")  # noqa: S311 - a simulation
    outcomes = [_outcome(rule, plan, scores, clusters, chance) for _ in range(draws)]
    return FalseAlarms(
        gate=rule.id,
        draws=draws,
        clusters=len(scores),
        fails=outcomes.count("fail") / draws,
        passes=outcomes.count("pass") / draws,
    )


def _scores(rule: Rule, ledger: Ledger) -> list[float]:
    """Return the mean score of each cluster of a gate's slice that has one."""
    read = reader_of(rule, ledger.plan)
    scores = []
    prompts = [prompt for prompt in ledger.plan.prompts if rule.covers(prompt)]
    for _, group in groupby(prompts, key=lambda prompt: prompt.cluster):
        found = [evidence for prompt in group if (evidence := read(ledger, prompt)) is not None]
        means = [sum(one.values) / len(one.values) for one in found if one.values]
        if means:
            scores.append(sum(means) / len(means))
    return scores


def _outcome(
    rule: Rule, plan: Plan, scores: Sequence[float], clusters: int, chance: random.Random
) -> str:
    method = method_of(rule, plan, clusters)
    for _ in range(clusters):
        score = chance.choice(scores)
        sides = (score if chance.random() < 0.5 else 1.0 - score,)  # noqa: PLR2004 - a fair coin
        method.add([Evidence(passing=sides, failing=sides, values=sides)])
        outcome = method.outcome()
        if outcome != "inconclusive":
            return outcome
    return "inconclusive"
