"""The order in which battles are fought and applied to gates."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from arenatest.model.prompt import SAME_AS, Message, Prompt


def battle_order(prompts: Sequence[Prompt], seed: int) -> tuple[Prompt, ...]:
    """Return the prompts with their clusters in one uniform seeded permutation.

    The prompts of a cluster stand side by side, in the order of the file. No slice is favoured:
    a round-robin over unequal strata would make the sequential test pass falsely. Prompts that ask
    the same are one cluster, whether the suite says so or not: copies are no further evidence.

    Args:
        prompts: In the order of the file.
        seed: Of the suite; equal seeds and clusters give equal orders on every machine.
    """
    clusters: dict[str, list[Prompt]] = {}
    for prompt in _related(prompts):
        clusters.setdefault(prompt.cluster, []).append(prompt)
    shuffled = list(clusters.values())
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - an order, not a key
    return tuple(prompt for cluster in shuffled for prompt in cluster)


def _related(prompts: Sequence[Prompt]) -> Sequence[Prompt]:
    """Return the prompts, with a family for those that ask what another one asks and have none."""
    last = {_record(prompt): prompt for prompt in prompts}  # of a conversation, what holds it all
    alike: dict[tuple[Message, ...], list[Prompt]] = {}
    for prompt in last.values():
        alike.setdefault(prompt.messages, []).append(prompt)
    families = {
        _record(prompt): next((one.family for one in those if one.family), SAME_AS + those[0].id)
        for those in alike.values()
        if len(those) > 1
        for prompt in those
    }
    return [
        replace(prompt, family=families[record])
        if prompt.family is None and (record := _record(prompt)) in families
        else prompt
        for prompt in prompts
    ]


def _record(prompt: Prompt) -> tuple[bool, str]:
    """Return which record of a dataset a prompt is of."""
    return prompt.conversation is None, prompt.conversation or prompt.id
