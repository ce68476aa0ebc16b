"""What the decisions of a run rest on: its record without what came in after they had fallen.

Calls in flight when a gate is decided are recorded, because they are paid for, but which ones they
are depends on the clock. Without them a report is the same however often the run was interrupted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import replace
from typing import TypeVar

from arenatest.gates.needs import needs
from arenatest.gates.watch import Watch
from arenatest.model.health import GOLDEN
from arenatest.model.plan import Rule
from arenatest.model.record import AnswerSlot, GameSlot, Ledger, MetricSlot

Slot = TypeVar("Slot", AnswerSlot, GameSlot, MetricSlot)
Value = TypeVar("Value")


def relied_on(ledger: Ledger, rules: Iterable[Rule]) -> Ledger:
    """Return the part of a record that some of ``rules`` looked at; calls and costs stay whole.

    Args:
        ledger: All that was recorded.
        rules: The selected gates; one that is undecided looked at all that is there.
    """
    answers: dict[str, set[str]] = defaultdict(set)
    games: dict[str, set[str]] = defaultdict(set)
    values: dict[tuple[str, str], set[str]] = defaultdict(set)
    for rule in [rule for rule in rules if rule.at is None]:  # a load is relied on whole
        needed = needs(rule, ledger.plan)
        prompts = _looked_at(rule, ledger)
        for name in needed.answers | needed.timings:
            answers[name].update(prompts)
        for name in needed.judgments - {GOLDEN}:
            games[name].update(prompts)
        for value in needed.metrics:
            values[value].update(prompts)
    return replace(
        ledger,
        answers=_kept(ledger.answers, lambda slot: slot.prompt in answers[slot.contestant]),
        timings=_kept(ledger.timings, lambda slot: slot.prompt in answers[slot.contestant]),
        judgments=_kept(
            ledger.judgments,
            lambda slot: slot.candidate == GOLDEN or slot.prompt in games[slot.candidate],
        ),
        measurements=_kept(
            ledger.measurements, lambda slot: slot.prompt in values[slot.metric, slot.contestant]
        ),
    )


def _looked_at(rule: Rule, ledger: Ledger) -> list[str]:
    if not ledger.plan.early_stop:
        return [prompt.id for prompt in ledger.plan.prompts if rule.covers(prompt)]
    watch = Watch(rule, ledger.plan)
    stands = ledger.stands(rule.candidate, rule.id) is not None
    watch.advance(ledger.at_first if stands else ledger)
    return [prompt.id for prompt in watch.looked_at]


def _kept(
    slots: MutableMapping[Slot, Value], keep: Callable[[Slot], bool]
) -> MutableMapping[Slot, Value]:
    if all(map(keep, slots)):  # as a rule, and a copy would be as large
        return slots
    return {slot: value for slot, value in slots.items() if keep(slot)}
