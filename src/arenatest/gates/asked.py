"""Which prompts a model is asked, and how often: for answers, for clocks alone, and under load."""

from __future__ import annotations

from collections.abc import Mapping

from arenatest.gates.needs import Needs
from arenatest.model.plan import Contestant, Plan
from arenatest.model.prompt import Prompt

Wanted = Mapping[str, Needs]
"""What is needed of each prompt, by its id."""


def asked(model: Contestant, plan: Plan, wanted: Wanted) -> list[Prompt]:
    """Return the prompts that a model answers, each as often as it does."""
    name = _owner(model, plan)
    found: list[Prompt] = []
    for prompt, need in _own(model, plan, wanted):
        if name in need.answers or (name in need.timings and not plan.latency.dedicated):
            found += [prompt] * plan.repeats
        elif name in need.timings and prompt.conversation is not None:
            found.append(prompt)  # later turns go on from the reply
    return found


def asked_apart(model: Contestant, plan: Plan, wanted: Wanted) -> list[Prompt]:
    """Return the prompts that a model is asked for its clocks alone, one call at a time."""
    if not plan.latency.dedicated:
        return []
    name = _owner(model, plan)
    timed = [prompt for prompt, need in _own(model, plan, wanted) if name in need.timings]
    return timed[:1] * plan.latency.warmup + timed * plan.timed_repeats


def asked_under_load(model: Contestant, plan: Plan, loads: frozenset[str]) -> list[Prompt]:
    """Return the prompts that a model is asked at one level of load; none where it has none."""
    prompts = plan.under_load if _owner(model, plan) in loads else ()
    return [prompt for prompt in prompts if _answers(model, plan, prompt)]


def _own(model: Contestant, plan: Plan, wanted: Wanted) -> list[tuple[Prompt, Needs]]:
    return [
        (prompt, wanted[prompt.id])
        for prompt in plan.prompts
        if prompt.id in wanted and _answers(model, plan, prompt)
    ]


def _answers(model: Contestant, plan: Plan, prompt: Prompt) -> bool:
    owner = next(c for c in plan.contestants if model in c.models)
    return owner.model_for(prompt) == model


def _owner(model: Contestant, plan: Plan) -> str:
    return next(c for c in plan.contestants if model in c.models).name
