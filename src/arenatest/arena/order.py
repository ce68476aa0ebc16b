"""Who is asked first: a seeded order in which every contestant has every position equally often."""

from __future__ import annotations

import random
from collections.abc import Sequence


def balanced_orders(names: Sequence[str], count: int, seed: int) -> list[tuple[str, ...]]:
    """Return ``count`` orders of ``names``: random, and balanced over every run of them.

    Each group of ``len(names)`` successive orders holds the rotations of one random permutation,
    shuffled, so over the group every contestant stands once in each position. A drift of the
    server or of the network then weighs on all of them alike.

    Args:
        names: The contestants, in the suite's order.
        count: Number of blocks.
        seed: Of the run.

    Examples:
        >>> orders = balanced_orders(["old", "new"], 100, seed=0)
        >>> sum(order[0] == "old" for order in orders)
        50
    """
    chance = random.Random(f"order:{seed}")  # noqa: S311 - reproducible, not secret
    orders: list[tuple[str, ...]] = []
    while len(orders) < count:
        base = list(names)
        chance.shuffle(base)
        rotations = [tuple(base[i:] + base[:i]) for i in range(len(base))]
        chance.shuffle(rotations)
        orders.extend(rotations)
    return orders[:count]
