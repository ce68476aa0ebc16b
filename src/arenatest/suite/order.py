"""The order in which battles are fought and applied to gates."""

from __future__ import annotations

import random
from collections.abc import Sequence

from arenatest.model.prompt import Prompt


def battle_order(prompts: Sequence[Prompt], seed: int) -> tuple[Prompt, ...]:
    """Return the prompts with their clusters in one uniform seeded permutation.

    The prompts of a cluster stand side by side, in the order of the file. No slice is favoured:
    a round-robin over unequal strata would make the sequential test pass falsely.

    Args:
        prompts: In the order of the file.
        seed: Of the suite; equal seeds and clusters give equal orders on every machine.
    """
    clusters: dict[str, list[Prompt]] = {}
    for prompt in prompts:
        clusters.setdefault(prompt.cluster, []).append(prompt)
    shuffled = list(clusters.values())
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - an order, not a key
    return tuple(prompt for cluster in shuffled for prompt in cluster)
