"""Finished runs in a real store, written record by record."""

from __future__ import annotations

from collections.abc import Sequence

from arenatest.model.answer import Answer
from arenatest.model.decision import Decision
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.plan import Plan
from arenatest.model.record import (
    AnswerPlaced,
    AnswerSlot,
    DecisionMade,
    GameSlot,
    Generation,
    JudgmentPlaced,
    Record,
    Run,
)
from arenatest.store import Store

VERDICTS = {"w": (Verdict.B_BETTER, Verdict.A_BETTER), "l": (Verdict.A_BETTER, Verdict.B_BETTER)}


def record(
    store: Store,
    plan: Plan,
    name: str,
    results: str,
    *,
    decisions: Sequence[Decision] = (),
    started: float = 1000.0,
    models: str = "m",
    finished: bool = True,
) -> Run:
    """Record a run whose battles the first candidate won or lost, a letter each.

    Args:
        models: The model that the servers named, a letter for each prompt or one for all.
    """
    run = Run(id=name, session=name, plan_hash=plan.hash, started=started)
    begun, _ = store.begin(plan, run, fresh=True, expire=0.0)
    candidate = plan.candidates[0].name
    records: list[Record] = []
    for place, (prompt, result) in enumerate(zip(plan.prompts, results, strict=True)):
        for who in (plan.baseline.name, candidate):
            model = f"{who}-{models[place % len(models)]}"
            records += _answer(name, who, prompt.id, model)
        for order, verdict in zip(Order, VERDICTS[result], strict=True):
            slot = GameSlot(candidate, prompt.id, 0, plan.judges[0].name, 0, order)
            said = Judgment(verdict=verdict, explanation="so")
            records.append(
                JudgmentPlaced(run=name, slot=slot, key="k", judgment=said, made=started)
            )
    records += [DecisionMade(run=name, decision=decision) for decision in decisions]
    store.write(records)
    if finished:
        store.finish(name, started + 1.0)
    return begun


def _answer(run: str, who: str, prompt: str, model: str) -> list[Record]:
    chat = f"{run} {who} {prompt}"
    call = Generation(
        chat_id=chat,
        run=run,
        role="answer",
        owner=who,
        key=chat,
        prompt=prompt,
        repeat=0,
        attempt=1,
        final=True,
        started=1.0,
        answer=Answer(text=f"{who} {prompt}", finish="stop", model=model),
    )
    slot = AnswerSlot(who, prompt, 0)
    place = AnswerPlaced(run=run, slot=slot, purpose="text", chat_id=chat, attempts=1)
    return [call, place]
