"""Battles as rows: what the judgments of both orders, the votes and the ends of answers come to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from arenatest.exchange.rows import BattleRow, BattleSheetRow
from arenatest.gates.battles import Battle, read_battle
from arenatest.gates.voting import TIE
from arenatest.model.prompt import Prompt
from arenatest.model.record import Answered, AnswerSlot, Ledger


class Settled(NamedTuple):
    """A settled battle with its two answers."""

    prompt: Prompt
    repeat: int
    candidate: str
    battle: Battle
    ours: Answered
    theirs: Answered


def settled_battles(ledger: Ledger) -> Iterator[Settled]:
    """Yield the battles of a ledger that are settled, by prompt, then by candidate."""
    plan = ledger.plan
    for prompt in plan.prompts:
        for candidate in plan.candidates:
            for repeat in range(plan.repeats):
                battle = read_battle(ledger, candidate.name, prompt.id, repeat, plan=plan)
                if battle is not None:
                    ours = ledger.answers[AnswerSlot(candidate.name, prompt.id, repeat)]
                    theirs = ledger.answers[AnswerSlot(plan.baseline.name, prompt.id, repeat)]
                    yield Settled(prompt, repeat, candidate.name, battle, ours, theirs)


def battle_rows(ledger: Ledger) -> Iterator[BattleRow]:
    """Yield the rows of the battles of a ledger that are settled."""
    for settled in settled_battles(ledger):
        yield BattleRow(**_fields(ledger, settled))


def battle_sheet_rows(ledger: Ledger) -> Iterator[BattleSheetRow]:
    """Yield the same rows with what was asked and what was answered."""
    for settled in settled_battles(ledger):
        yield BattleSheetRow(
            **_fields(ledger, settled),
            asked=settled.prompt.text,
            baseline_text=settled.theirs.answer.text,
            candidate_text=settled.ours.answer.text,
        )


def _fields(ledger: Ledger, settled: Settled) -> dict[str, Any]:
    prompt, battle = settled.prompt, settled.battle
    return {
        "run": ledger.run.id,
        "candidate": settled.candidate,
        "baseline": ledger.plan.baseline.name,
        "prompt": prompt.id,
        "repeat": settled.repeat,
        "dataset": prompt.dataset,
        "subset": prompt.subset,
        "category": prompt.category,
        "score": battle.score,
        "outcome": outcome_of(battle),
        "how": _how(battle),
        "games": sum(own.played for own in battle.games),
        "flips": sum(own.flips for own in battle.games),
        "baseline_chat_id": settled.theirs.chat_id,
        "candidate_chat_id": settled.ours.chat_id,
    }


def outcome_of(battle: Battle) -> str:
    """Return what a battle is for the candidate, in a word."""
    if battle.score is None:
        return "void"
    if battle.score == TIE:
        return "tie"
    return "win" if battle.score > TIE else "loss"


def _how(battle: Battle) -> str:
    if battle.candidate_failed or battle.baseline_failed:
        return "failed"
    for how in ("equal", "blank", "forfeit"):
        if getattr(battle, how):
            return how
    return "judged"
