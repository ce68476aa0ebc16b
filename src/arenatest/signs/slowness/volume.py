"""Slow because there is more to do: longer answers, thoughts, longer or uncached prompts.

All but thoughts compare a contestant's calls with those of another one on the same prompts.
"""

from __future__ import annotations

from collections.abc import Sequence

from arenatest.signs.slowness.arms import Arm, known
from arenatest.signs.slowness.figures import Figure
from arenatest.signs.slowness.suspects import (
    CHANCE,
    Suspect,
    apart,
    mean,
    more_often,
    on_all_clocks,
    quotient,
    trend,
)

LONGER = 1.15
"""From how many times the tokens, or the time for each, a difference is told."""
PROMPTS = 1.3
"""The same of prompts: tokenizers alone differ by a tenth or two."""
CACHED = 0.25
"""Share of the input tokens by which caches must differ."""
PREFILL = 2e-4
"""Seconds that a server takes to read a token of the prompt, where its calls do not tell: between
0.1 ms (large servers) and several (llama.cpp on a CPU)."""

_COUNTED = 0.8  # share of the calls that must have a count of tokens


def longer_answers(ours: Arm, theirs: Arm | None) -> Suspect | None:
    """Suspect that answers are longer: more tokens, or characters where nobody counts tokens.

    What it added is the tokens more, at the other contestant's time for each.
    """
    if theirs is None:
        return None
    counted = all(known(arm, "said", of=_COUNTED) for arm in (ours, theirs))
    unit: Figure = "said" if counted else "characters"
    mine, other = ours[unit], theirs[unit]
    ratio = quotient(sum(mine), sum(other))
    if ratio < LONGER or not more_often(mine, other):
        return None
    streamed: Figure = "streamed" if counted else "characters"
    pace, own = pace_of(theirs, streamed), pace_of(ours, streamed)
    name = "tokens" if counted else "characters"
    return Suspect(
        cause="answers",
        seconds={"e2e": [more * pace for more in apart(mine, other)]},
        figures={
            "ratio": ratio,
            name: mean(mine),
            f"{name}_other": mean(other),
            "pace_ratio": quotient(own, pace),
        },
    )


def slower_tokens(ours: Arm, theirs: Arm | None) -> Suspect | None:
    """Suspect that each token takes longer."""
    if theirs is None or not (_streams(ours) and _streams(theirs)):
        return None
    own, pace = pace_of(ours), pace_of(theirs)
    ratio = quotient(own, pace)
    if ratio < LONGER or not more_often(_paces(ours), _paces(theirs)):
        return None
    return Suspect(
        cause="tokens",
        seconds={"e2e": [tokens * (own - pace) for tokens in ours["streamed"]]},
        figures={"ratio": ratio, "pace": own, "pace_other": pace},
    )


def reasoning(ours: Arm, theirs: Arm | None) -> Suspect | None:
    """Suspect thoughts before the answer, which are streamed or only counted.

    Hidden ones hold back the first text, by as many tokens at the pace of those that are seen (all
    of the time, where no pace is known); streamed ones hold back the answer's own first text.
    """
    thoughts = ours["thoughts"]
    figures = {"tokens": mean(thoughts), "hidden": mean(ours["hidden"])}
    held = _held(ours)
    figures |= {"held": mean(held), "aloud": mean(ours["aloud"])}
    if theirs is None and sum(tokens > 0.0 for tokens in thoughts) * 2 < len(ours):
        return None
    if theirs is not None:
        if not more_often(thoughts, theirs["thoughts"]):
            return None
        figures["tokens_other"] = mean(theirs["thoughts"])
    held = apart(held, None if theirs is None else _held(theirs))
    aloud = apart(ours["aloud"], None if theirs is None else theirs["aloud"])
    both = [one + two for one, two in zip(held, aloud, strict=True)]
    return Suspect(
        cause="reasoning", seconds={"ttft": held, "ttfat": both, "e2e": both}, figures=figures
    )


def longer_prompts(ours: Arm, theirs: Arm | None) -> Suspect | None:
    """Suspect that prompts are longer: the server reads them before its first word."""
    if theirs is None or not (known(ours, "read") and known(theirs, "read")):
        return None
    mine, other = ours["read"], theirs["read"]
    ratio = quotient(sum(mine), sum(other))
    if ratio < PROMPTS or not more_often(mine, other):
        return None
    slope = _prefill(ours)
    figures = {"ratio": ratio, "tokens": mean(mine), "tokens_other": mean(other)}
    if slope is not None:
        figures["slope"] = slope
    return on_all_clocks("prompts", _read_in(apart(mine, other), slope), figures)


def uneven_cache(ours: Arm, theirs: Arm | None) -> Suspect | None:
    """Suspect that the other contestant's prompts were cached, and its own were not."""
    if theirs is None:
        return None
    mine, other = ours["cached"], theirs["cached"]
    share, share_other = _cached(ours), _cached(theirs)
    if share_other - share < CACHED or not more_often(other, mine):
        return None
    seconds = _read_in(apart(other, mine), _prefill(ours) or _prefill(theirs))
    return on_all_clocks("cache", seconds, {"share": share, "share_other": share_other})


def pace_of(arm: Arm, unit: Figure = "streamed") -> float:
    """Return a contestant's seconds for each streamed token; 0 where unknown."""
    return quotient(sum(_decoding(arm)), sum(arm[unit]))


def _streams(arm: Arm) -> bool:
    """Return whether the time for each token is known: what came whole tells none."""
    return known(arm, "streamed", "ttft", of=_COUNTED)


def _cached(arm: Arm) -> float:
    return quotient(sum(arm["cached"]), sum(arm["read"]))


def _paces(arm: Arm) -> list[float]:
    return [quotient(s, n) for s, n in zip(_decoding(arm), arm["streamed"], strict=True)]


def _decoding(arm: Arm) -> list[float]:
    """Return the seconds from the first generated text to the last; all where none streamed."""
    return [e2e - ttft for e2e, ttft in zip(arm["e2e"], arm["ttft"], strict=True)]


def _held(arm: Arm) -> Sequence[float]:
    """Return by how much thoughts that are not seen held back the first text."""
    pace = pace_of(arm)
    return [
        min(hidden * pace, first) if pace else bool(hidden) * first
        for hidden, first in zip(arm["hidden"], arm["first"], strict=True)
    ]


def _read_in(tokens: Sequence[float], slope: float | None) -> list[float]:
    return [more * (slope or PREFILL) for more in tokens]


def _prefill(arm: Arm) -> float | None:
    """Return the seconds that TTFT grows by with each token that the server has to read."""
    found = trend(apart(arm["read"], arm["cached"]), arm["first"], chance=CHANCE)
    return None if found is None or found.slope <= 0.0 else found.slope
