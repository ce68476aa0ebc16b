"""Decides a gate on a record: the same words whether the run was whole, resumed or read back."""

from __future__ import annotations

from arenatest.gates.watch import Watch
from arenatest.model.decision import Decision
from arenatest.model.plan import Rule
from arenatest.model.record import Ledger


def decide(rule: Rule, ledger: Ledger) -> Decision:
    """Return the decision of one gate on what a run recorded.

    It depends on what the record holds, never on the order in which it was written.

    Args:
        rule: The gate: one of the plan's, or another one on the same evidence.
        ledger: The record; it is only read.
    """
    watch = Watch(rule, ledger.plan)
    return watch.conclude(ledger, ledger.run.stopped)
