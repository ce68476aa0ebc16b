"""Decides a gate on a record: the same words whether the run was whole, resumed or read back."""

from __future__ import annotations

from arenatest.gates.readers import reader_of
from arenatest.gates.watches import watch_of
from arenatest.gates.words import counted
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
    watch = watch_of(rule, ledger.plan)
    return watch.conclude(ledger, ledger.run.stopped)


def decide_again(rule: Rule, ledger: Ledger) -> Decision:
    """Return the decision of a gate that need not be one of those that the run bought for.

    What a run stopped on is said as it was said then. Where a finished run never bought what this
    gate needs, it is inconclusive, cause ``plan``, with the number of prompts that are missing.

    Args:
        rule: The gate.
        ledger: The record; it is only read.
    """
    watch = watch_of(rule, ledger.plan)
    if ledger.run.stopped is not None or ledger.run.finished is None or watch.advance(ledger):
        return watch.conclude(ledger, ledger.run.stopped)
    if rule.at is not None:
        return watch.conclude(ledger, ("plan", "the run never put under load whom it looks at"))
    read = reader_of(rule, ledger.plan)
    covered = ledger.plan.asked_by(rule)
    missing = sum(read(ledger, prompt) is None for prompt in covered)
    why = "the run never had the golden set judged"
    if missing:
        of = f"{missing:,} of its {counted(len(covered), 'prompts')}"
        why = f"the run never bought what this gate needs of {of}"
    return watch.conclude(ledger, ("plan", why))
