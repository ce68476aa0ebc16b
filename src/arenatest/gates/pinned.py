"""Pinned prompts: none of them may be lost. A statement about exactly these, not a statistic."""

from __future__ import annotations

from collections.abc import Sequence

from arenatest.gates.evidence import Evidence, Fate
from arenatest.gates.measure import Measure
from arenatest.model.decision import Outcome
from arenatest.model.plan import Plan, Rule

_NAMED = 3
"""Lost prompts that the reason names."""


class Pinned:
    """Counts the prompts that the candidate lost to the baseline: one is enough to fail.

    It passes once every prompt is known not to be lost. Nothing is inferred, so there is no risk to
    be stated; a prompt without a verdict may have been lost and leaves it open.

    Args:
        rule: The gate.
        plan: What was planned.
    """

    stepwise = True
    exact = True

    def __init__(self, rule: Rule, plan: Plan) -> None:
        self._against = rule.against
        self._prompts = sum(map(rule.covers, plan.prompts))
        self._known = self._clusters = 0
        self._lost: list[str] = []

    def add(self, cluster: Sequence[Evidence[Fate]]) -> None:
        """Take the next cluster."""
        fates = [fate for evidence in cluster for fate in evidence.values]
        self._known += len(fates)
        self._clusters += bool(fates)
        self._lost += [fate.prompt for fate in fates if fate.lost]

    @property
    def running(self) -> float | None:
        """None: a count of losses is no win rate."""
        return None

    def outcome(self) -> Outcome:
        """Return what is certain so far."""
        if self._lost:
            return "fail"
        return "pass" if self._known == self._prompts else "inconclusive"

    def measure(self, *, whole: bool, noun: str) -> Measure:
        """Return the losses, and how many there are at least and at most."""
        del whole, noun
        if not self._known:
            return Measure(exact=True)
        lost = len(self._lost)
        return Measure(
            value=float(lost),
            low=float(lost),
            high=float(lost + self._prompts - self._known),
            n=self._clusters,
            exact=True,
            remark=self._remark(),
        )

    def _remark(self) -> str:
        if not self._lost:
            return "a statement about exactly these prompts"
        named = ", ".join(self._lost[:_NAMED])
        more = len(self._lost) - _NAMED
        rest = f" and {more} more" if more > 0 else ""
        return (
            f"lost to {self._against} in both orders: {named}{rest} (in the report under Battles, "
            f"verdict lost); a statement about exactly these prompts"
        )
