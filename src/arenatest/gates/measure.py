"""What a gate measured, before words: a value, its bounds, and what more would be needed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from arenatest.gates.words import counted
from arenatest.model.decision import Outcome
from arenatest.model.plan import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What the evidence of a gate amounts to.

    Attributes:
        value: In the metric's unit; None where nothing was measured, or nothing finite.
        low, high: One-sided bounds; None where there is none.
        n: Clusters that the value rests on.
        needed: Clusters that would probably decide; None where unknown.
        obstacle: Why no record of this size could decide one way or both; empty if one could.
        approximate: Whether the bounds are not exact at the stated level.
        exact: Whether the bounds are certain: a fact of this suite.
        remark: What else belongs into the reason.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    needed: int | None = None
    obstacle: str = ""
    approximate: bool = False
    exact: bool = False
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Risks:
    """Largest probabilities of a false pass and of a false fail, and by side of the value."""

    passing: float
    failing: float
    low: float
    high: float


def risks_of(rule: Rule) -> Risks:
    """Return the risks of a rule: of k gates that one ``by`` made each may fail at alpha / k.

    All of them must pass, so a false pass of the release needs no correction.
    """
    passing = round(1.0 - rule.confidence, 12)
    failing = passing / max(rule.slices, 1)
    low, high = (passing, failing) if rule.side == "min" else (failing, passing)
    return Risks(passing=passing, failing=failing, low=low, high=high)


def compare(
    side: Literal["min", "max"], limit: float, low: float | None, high: float | None
) -> Outcome:
    """Return what bounds say about a limit: proven to hold, proven to be broken, or neither."""
    if side == "min":
        if low is not None and low >= limit:
            return "pass"
        return "fail" if high is not None and high < limit else "inconclusive"
    if high is not None and high <= limit:
        return "pass"
    return "fail" if low is not None and low > limit else "inconclusive"


def obstacle(
    planned: int, *, can_pass: bool, can_fail: bool, least: float | None, what: str, noun: str
) -> str:
    """Return why a plan cannot decide, such as ``12 prompts cannot pass this gate at any record``.

    Args:
        planned: Clusters planned.
        can_pass: Whether the best possible record would pass.
        can_fail: Whether the worst possible record would fail.
        least: The fewest clusters that could; infinite where nobody has so many, None where no
            number could, as for the best possible value as a limit on all prompts there may be.
        what: What needs that many, such as ``p95``.
        noun: What a cluster is called.
    """
    if can_pass and can_fail:
        return ""
    verbs = " or ".join(verb for verb, able in (("pass", can_pass), ("fail", can_fail)) if not able)
    text = f"{counted(planned, noun)} cannot {verbs} this gate at any record"
    if least is None:
        return f'{text}, nor could more; target = "suite" asks about these alone'
    return f"{text}; {what} needs {f'{least:,}' if math.isfinite(least) else 'far more'}"
