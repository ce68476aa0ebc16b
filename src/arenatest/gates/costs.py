"""What answers cost, for gates: by the plan's prices, which a later look at a record may know."""

from __future__ import annotations

from collections.abc import Iterable

from arenatest.model.plan import Plan, Rule
from arenatest.model.price import Price, price_missing
from arenatest.model.prompt import Prompt
from arenatest.model.record import Answered, AnswerSlot, Ledger

COST = "cost"
_COUNTED = (COST, "input_tokens", "output_tokens")


class Prices:
    """Finds the price of an answer by its place.

    Args:
        plan: Who takes part, at what price.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._whole = {c.name: c.price for c in plan.contestants if not c.parts}
        self._prompts: dict[str, Prompt] = {}

    def __call__(self, slot: AnswerSlot) -> Price | None:
        """Return the price of whoever answers there; None where it is unknown."""
        if slot.contestant in self._whole:
            return self._whole[slot.contestant]
        self._prompts = self._prompts or {prompt.id: prompt for prompt in self._plan.prompts}
        named = {contestant.name: contestant for contestant in self._plan.contestants}
        return named[slot.contestant].model_for(self._prompts[slot.prompt]).price


def cost_of(answered: Answered, price: Price | None) -> float | None:
    """Return what an answer costs in US dollars at the plan's price; None where that is unknown.

    An answer that an earlier run bought costs what it would cost now, so that two contestants are
    compared at the prices of one day. Without a price it is what was recorded.
    """
    known = None if price is None else price.of(answered.answer.usage)
    return answered.cost if known is None else known


def unpriced(rule: Rule, plan: Plan) -> str:
    """Return why a gate on cost has no value, and how to mend it; empty where all is known."""
    if rule.metric.name != COST:
        return ""
    compared = (rule.candidate, rule.against) if rule.stat == "ratio" else (rule.candidate,)
    models = [m for c in plan.contestants if c.name in compared for m in c.models]
    names = list(dict.fromkeys(model.name for model in models if model.price is None))
    return price_missing(names) if names else ""


def uncounted(rule: Rule, ledger: Ledger, prompts: Iterable[Prompt]) -> str:
    """Return who answered without telling its tokens; empty where a gate needs none, or has them.

    Args:
        rule: The gate.
        ledger: The record.
        prompts: Those that the gate has looked at.
    """
    if rule.metric.name not in _COUNTED or unpriced(rule, ledger.plan):
        return ""
    compared = (rule.candidate, rule.against) if rule.stat == "ratio" else (rule.candidate,)
    slots = [AnswerSlot(name, prompt.id) for prompt in prompts for name in compared]
    found = ((slot.contestant, ledger.answers.get(slot)) for slot in slots)
    silent = {who: None for who, said in found if said and said.answer.ok and not said.answer.usage}
    return f"{' and '.join(silent)} told no count of tokens" if silent else ""
