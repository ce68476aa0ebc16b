"""Chooses what watches a gate: over prompts, or over one level of a load phase."""

from __future__ import annotations

from arenatest.gates.load import LoadWatch
from arenatest.gates.watch import Watch
from arenatest.model.plan import Plan, Rule

AnyWatch = Watch | LoadWatch


def watch_of(rule: Rule, plan: Plan) -> AnyWatch:
    """Return what watches a gate; it has looked at nothing yet."""
    return Watch(rule, plan) if rule.at is None else LoadWatch(rule, plan)
