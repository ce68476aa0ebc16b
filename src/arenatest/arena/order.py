"""Who is asked first: seeded orders in which no contestant is favoured."""

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


def mirrored_orders(names: Sequence[str], count: int, seed: int) -> list[tuple[str, ...]]:
    """Return ``count`` orders of ``names``, for calls that are made one at a time.

    Of each two successive orders one is a random permutation, and one the same in reverse, so of
    every two contestants each goes before the other equally often.

    Args:
        names: The contestants, in the suite's order.
        count: Number of prompts.
        seed: Of the run.
    """
    chance = random.Random(f"clocks:{seed}")  # noqa: S311 - reproducible, not secret
    orders: list[tuple[str, ...]] = []
    while len(orders) < count:
        base = list(names)
        chance.shuffle(base)
        orders += [tuple(base), tuple(reversed(base))]
    return orders[:count]


def repeated(order: Sequence[str], repeat: int) -> tuple[str, ...]:
    """Return the order of one repeat of a prompt: A B, B A, B A, A B and so on.

    So whatever grows steadily over the repeats, such as a drift, weighs alike on all.

    Examples:
        >>> ["".join(repeated("AB", repeat)) for repeat in range(4)]
        ['AB', 'BA', 'BA', 'AB']
    """
    backward = repeat.bit_count() % 2 == 1
    return tuple(reversed(order)) if backward else tuple(order)
