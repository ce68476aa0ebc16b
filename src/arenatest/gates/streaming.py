"""Tells who must stream before there is a time to the first token."""

from __future__ import annotations

from collections.abc import Iterable

from arenatest.model.plan import Rule
from arenatest.model.prompt import Prompt
from arenatest.model.record import AnswerSlot, Ledger

_OF_STREAMS = ("ttft", "ttfat", "tpot", "icl")


def unstreamed(rule: Rule, ledger: Ledger, prompts: Iterable[Prompt]) -> str:
    """Return whose answers came in one piece, and what to do; empty where nobody's did.

    Args:
        rule: A gate that lacks clocks.
        ledger: The record.
        prompts: Those that the gate looked at.
    """
    if rule.metric.name not in _OF_STREAMS:
        return ""
    asked = list(prompts)
    sides = (rule.candidate, rule.against) if rule.stat == "ratio" else (rule.candidate,)
    whole = [
        name
        for name in sides
        if any(
            _whole(ledger, AnswerSlot(name, prompt.id, repeat))
            for prompt in asked
            for repeat in range(ledger.plan.timed_repeats)
        )
    ]
    if not whole:
        return ""
    return (
        f"answers of {' and '.join(whole)} came in one piece, which has no {rule.metric.name}: "
        "let them stream (a python function yields its text in pieces), or gate e2e"
    )


def _whole(ledger: Ledger, slot: AnswerSlot) -> bool:
    answered = ledger.timings.get(slot)
    timing = None if answered is None else answered.answer.timing
    return timing is not None and timing.ttft is None and timing.e2e is not None
