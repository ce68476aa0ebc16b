"""Tells why answers have no clocks that a gate may use, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from arenatest.model.answer import Timing
from arenatest.model.plan import Rule
from arenatest.model.prompt import Prompt
from arenatest.model.record import AnswerSlot, Ledger

_OF_STREAMS = ("ttft", "ttfat", "tpot", "icl")


def clockless(rule: Rule, ledger: Ledger, prompts: Iterable[Prompt]) -> str:
    """Return whose clocks are unfit, or whose answers came in one piece; empty for neither.

    Args:
        rule: A gate that lacks clocks.
        ledger: The record.
        prompts: Those that the gate looked at.
    """
    asked = list(prompts)
    if unfit := _sides(rule, ledger, asked, lambda timing: timing.source == "unfit"):
        return (
            f"the clocks of {unfit} are unfit for gates: other people's code stands between them "
            "and the server; use a provider of arenatest's own, or gate no latency"
        )
    if rule.metric.name in _OF_STREAMS and (whole := _sides(rule, ledger, asked, _is_whole)):
        return (
            f"answers of {whole} came in one piece, which has no {rule.metric.name}: "
            "let them stream (a python function yields its text in pieces), or gate e2e"
        )
    return ""


def _sides(
    rule: Rule, ledger: Ledger, prompts: list[Prompt], is_so: Callable[[Timing], bool]
) -> str:
    """The contestants of a gate of whom some answer's clocks are so."""
    sides = (rule.candidate, rule.against) if rule.stat == "ratio" else (rule.candidate,)
    repeats = range(ledger.plan.timed_repeats)
    slots = {
        name: [AnswerSlot(name, prompt.id, repeat) for prompt in prompts for repeat in repeats]
        for name in sides
    }
    found = (name for name in sides if any(is_so(t) for t in _timings(ledger, slots[name])))
    return " and ".join(found)


def _timings(ledger: Ledger, slots: Iterable[AnswerSlot]) -> Iterable[Timing]:
    for slot in slots:
        answered = ledger.timings.get(slot)
        if answered is not None and answered.answer.timing is not None:
            yield answered.answer.timing


def _is_whole(timing: Timing) -> bool:
    return timing.ttft is None and timing.e2e is not None
