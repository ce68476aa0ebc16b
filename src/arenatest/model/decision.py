"""What a gate decided, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["pass", "fail", "inconclusive"]
Cause = Literal[
    "evidence",  # undecided on all that was planned
    "void",  # too many prompts without a verdict
    "judge",  # the judge decides nothing, or cannot be read
    "plan",  # the plan was not completed
    "latency",  # too many latency measurements are invalid
    "budget",  # the calls or the money allowed are used up
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A gate's decision with what it compared; numbers are unrounded, in base units.

    Attributes:
        suite, candidate, gate: Which gate: the rule's id.
        metric, stat, unit, side, threshold: What was asked; ``unit`` is ``ratio`` for a ratio.
        decision: pass, fail or inconclusive.
        cause: Why it is inconclusive, else None.
        passed: Whether the build may go on: a pass, or inconclusive for lack of evidence under
            the policy ``no-regression``.
        value: The measurement; None where nothing was measured.
        low, high: The interval that the pair of one-sided tests leaves; None where unbounded or
            unknown.
        level: Confidence of that interval as a whole, such as 0.90 for two sides at 0.95.
        n: Clusters that the value rests on.
        counted: What ``n`` and ``planned`` count, for people: a prompt that stands alone is a
            cluster of its own. Under load it is requests, or ``blocks`` of what came together.
        planned: Clusters that were planned in this slice.
        voids: Prompts looked at that gave no value.
        reason: One line for people.
        needed: Clusters that would probably decide it, where evidence is lacking.
        warnings: Lines that belong beside the decision.
        line: Line of the gate in the suite file.
    """

    suite: str
    candidate: str
    gate: str
    metric: str
    stat: str
    unit: str
    side: Literal["min", "max"]
    threshold: float
    decision: Outcome
    cause: Cause | None = None
    passed: bool
    value: float | None = None
    low: float | None = None
    high: float | None = None
    level: float
    n: int = 0
    counted: Literal["prompts", "pairs", "clusters", "requests", "blocks"] = "prompts"
    planned: int
    voids: int = 0
    reason: str
    needed: int | None = None
    warnings: tuple[str, ...] = ()
    line: int | None = None
