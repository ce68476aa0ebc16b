"""What limits of a minute make of a model's calls: how long they take at least, and in words."""

from __future__ import annotations

from arenatest.gates.words import counted
from arenatest.model.plan import Contestant

MINUTE = 60.0
AT_ONCE = 10.0
"""Seconds whose worth starts at once: see ``arena.minute``."""


def least_seconds(model: Contestant, calls: float, tokens: float) -> float:
    """Return the seconds that calls take at least; 0 where nothing is limited.

    Args:
        model: Who is asked.
        calls: How many there are.
        tokens: Of all of them, in and out.
    """
    found = [0.0]
    for taken, limit in (
        (calls, model.requests_per_minute),
        (tokens, model.tokens_per_minute),
    ):
        if limit is not None:
            found.append(taken / limit * MINUTE - AT_ONCE)
    return max(found)


def limit_words(model: Contestant) -> str:
    """Return the limits of a minute for people, the smallest of its models'; empty without any."""
    words = []
    for noun in ("requests", "tokens"):
        stated = (getattr(each, f"{noun}_per_minute") for each in model.models)
        least = min((number for number in stated if number is not None), default=None)
        if least is not None:
            words.append(f"{counted(least, noun)} a minute")
    return " and ".join(words)
