"""Prompts whose battle ended otherwise, with what was answered and what judges said, both times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from arenatest.lock.flips import Fought, Outcome
from arenatest.model.judgment import Judgment, Order
from arenatest.model.prompt import Prompt
from arenatest.model.record import AnswerSlot, GameSlot, Ledger

BEGINNING = 200
"""Characters of an answer that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one judge said of a battle: win, tie, loss for the candidate, or why it is void.

    Attributes:
        baseline_first, candidate_first: By the order in which the answers were shown; None where
            it was not asked.
    """

    judge: str
    baseline_first: str | None
    candidate_first: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bout:
    """One prompt's battle in one run.

    Attributes:
        score: Mean over repeats, 0 to 1 for the candidate.
        candidate, baseline: Beginnings of the answers of the first repeat; None where there is
            none.
        chat_id: The candidate's call.
        judges: What they said of the first repeat; empty where nobody was asked.
    """

    score: float
    outcome: Outcome
    candidate: str | None
    baseline: str | None
    chat_id: str
    judges: tuple[Said, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flipped:
    """One prompt whose battle ended otherwise."""

    prompt: str
    category: str | None
    before: Bout
    after: Bout

    @property
    def change(self) -> float:
        """How much the score rose, -1 to 1."""
        return self.after.score - self.before.score


def flipped(
    before: Ledger,
    after: Ledger,
    candidate: str,
    pairs: Sequence[tuple[Prompt, Fought, Fought]],
) -> tuple[Flipped, ...]:
    """Return the prompts that flipped, the largest changes first, of equal ones the worse."""
    found = [
        Flipped(
            prompt=prompt.id,
            category=prompt.category,
            before=_bout(before, candidate, prompt.id, then),
            after=_bout(after, candidate, prompt.id, now),
        )
        for prompt, then, now in pairs
        if then.outcome != now.outcome
    ]
    return tuple(sorted(found, key=lambda flip: (-abs(flip.change), flip.change)))


def _bout(ledger: Ledger, candidate: str, prompt: str, ended: Fought) -> Bout:
    return Bout(
        score=ended.score,
        outcome=ended.outcome,
        candidate=_text(ledger, candidate, prompt),
        baseline=_text(ledger, ledger.plan.baseline.name, prompt),
        chat_id=ended.chat_id,
        judges=tuple(_said(ledger, candidate, prompt)),
    )


def _text(ledger: Ledger, name: str, prompt: str) -> str | None:
    answered = ledger.answers.get(AnswerSlot(name, prompt))
    return answered.answer.text[:BEGINNING] if answered and answered.answer.ok else None


def _said(ledger: Ledger, candidate: str, prompt: str) -> Iterator[Said]:
    for seat in ledger.plan.judges:
        slots = [GameSlot(candidate, prompt, 0, seat.name, 0, order) for order in Order]
        first, second = (_word(ledger.judgments.get(slot), slot.order) for slot in slots)
        if first is not None or second is not None:
            yield Said(judge=seat.name, baseline_first=first, candidate_first=second)


def _word(judgment: Judgment | None, order: Order) -> str | None:
    if judgment is None:
        return None
    score = judgment.candidate_score(order)
    if score is None:
        return f"void ({judgment.void})"
    return "win" if score == 1.0 else "loss" if score == 0.0 else "tie"
