"""Chooses the statistical method of a rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from arenatest.gates.census import Census
from arenatest.gates.evidence import Evidence
from arenatest.gates.fixed import Mean, Percentile, Total
from arenatest.gates.measure import Measure
from arenatest.gates.pinned import Pinned
from arenatest.gates.ratios import TotalsRatio, TypicalRatio
from arenatest.gates.readers import finite_range, is_share_of_games
from arenatest.gates.sequential import Sequential
from arenatest.model.decision import Outcome
from arenatest.model.plan import Plan, Rule


class Method(Protocol):
    """Turns clusters of evidence, taken in the order of the plan, into a verdict."""

    stepwise: bool
    exact: bool

    def add(self, cluster: Sequence[Evidence[Any]]) -> None:
        """Take the next cluster."""

    @property
    def running(self) -> float | None:
        """The value so far."""

    def outcome(self) -> Outcome:
        """Return what is proven by the clusters taken; costly unless ``stepwise``."""

    def measure(self, *, whole: bool, noun: str) -> Measure:
        """Return what was measured, with bounds where they are valid.

        Args:
            whole: Whether every planned cluster was taken.
            noun: What clusters are called.
        """


def method_of(rule: Rule, plan: Plan, clusters: int) -> Method:
    """Return the method of a rule, with nothing taken yet.

    Args:
        rule: The gate.
        plan: What was planned.
        clusters: Clusters planned in its slice, at least 1.
    """
    if rule.stat == "losses":
        return Pinned(rule, plan)
    if rule.stat == "ratio":
        kind = TypicalRatio if rule.metric.source == "timing" else TotalsRatio
        return kind(rule, plan, clusters)
    if rule.stat.startswith("p"):
        return Percentile(rule, plan, clusters)
    if rule.stat == "total":
        return Total(rule, plan, clusters)
    bounds = finite_range(rule)
    if bounds is None:
        return Mean(rule, plan, clusters)
    some = rule.target == "suite" and is_share_of_games(rule)
    return (Census if some else Sequential)(rule, bounds, clusters)
