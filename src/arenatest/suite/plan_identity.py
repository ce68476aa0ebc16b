"""Identity of plans: all that determines their evidence and verdicts, never when or where.

It stands apart from the identity of kinds because the store needs it, and must load without the
checks of suite files.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from arenatest.model.finish import Finishes
from arenatest.model.identity import content_id
from arenatest.model.plan import JudgeSeat, Plan, Rule
from arenatest.model.prompt import Prompt


def plan_hash(plan: Plan) -> str:
    """Return the identity of all that determines the evidence and the verdicts of a plan.

    Limits of cost and time, early stopping and the places in the file do not enter.
    """
    return content_id(
        "plan",
        plan.suite,
        [_prompt(prompt) for prompt in plan.prompts],
        [[c.name, c.fingerprint] for c in plan.contestants],
        [_seat(seat) for seat in plan.judges],
        list(plan.metric_fingerprints),
        [_rule(rule) for rule in plan.rules],
        [plan.seed, plan.repeats, plan.max_void, plan.voting, plan.quorum],
        _standards(plan),
        *_finishes(plan),
        *_clocks(plan),
        *_load(plan),
    )


def trial_of(plan: Plan) -> str:
    """Return what an A/A run puts to the test: the baseline, the judges and the prompts."""
    return content_id(
        "trial",
        [_prompt(prompt) for prompt in plan.prompts],
        plan.baseline.fingerprint,
        [part.fingerprint for part in plan.baseline.parts],
        [_seat(seat) for seat in plan.judges],
        [plan.repeats, plan.voting, plan.quorum],
        *_finishes(plan),
    )


def _prompt(prompt: Prompt) -> list[Any]:
    return [
        prompt.id,
        [[message.role, message.content] for message in prompt.messages],
        prompt.reference,
        prompt.dataset,
        prompt.subset,
        prompt.category,
        prompt.tags,
        prompt.family,
        prompt.conversation,
        prompt.turn,
    ]


def _seat(seat: JudgeSeat) -> list[Any]:
    return [seat.name, seat.fingerprint, seat.strength, seat.repeats]


def _standards(plan: Plan) -> list[Any]:
    """Return what decides whether judges are fit, and what their own gates look at."""
    golden = [
        [_prompt(battle.prompt), battle.text_a, battle.text_b, list(battle.expected)]
        for battle in plan.golden
    ]
    labels = [[one.prompt, one.candidate, one.score, one.annotator] for one in plan.labels]
    families = [one.family for each in plan.contestants for one in each.models]
    families += [seat.family for seat in plan.judges]
    return [dataclasses.asdict(plan.limits), golden, labels, families, plan.aa]


def _finishes(plan: Plan) -> list[Any]:
    """Return what is not judged; nothing for plans that have all judged, as all once had."""
    return [] if plan.finishes == Finishes() else [dataclasses.asdict(plan.finishes)]


def _clocks(plan: Plan) -> list[Any]:
    """Return how clocks are taken; nothing for plans that take them as all once did."""
    return [["latency", dataclasses.asdict(plan.latency)]] if plan.latency.dedicated else []


def _load(plan: Plan) -> list[Any]:
    """Return what contestants go through; nothing for plans without load, as all once were."""
    return [] if plan.load is None else [["load", dataclasses.asdict(plan.load)]]


def _rule(rule: Rule) -> dict[str, Any]:
    values = dataclasses.asdict(rule)
    del values["line"]
    if rule.at is None:
        del values["at"]  # as in plans that were made before there was load
    return values
