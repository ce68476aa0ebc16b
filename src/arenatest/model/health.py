"""What judges are held to: limits of their conduct, battles with known verdicts, human labels."""

from __future__ import annotations

from dataclasses import dataclass

from arenatest.model.judgment import Verdict
from arenatest.model.prompt import Prompt

GOLDEN = ""
"""Stands for a candidate's name, which is never empty, in the places of golden games."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeLimits:
    """Beyond which a judge is unfit: the gates that rest on it are then inconclusive.

    All are fractions, looked at judge by judge; None sets no limit.

    Attributes:
        parse_rate: Smallest share of games with a verdict.
        judge_error_rate: Largest share of games that the judge's own failure left without one.
        flip_rate: Largest share of pairs of games whose two orders name different winners.
        decisive_rate: Smallest share of prompts on which it prefers an answer.
        first_share: Largest share of decided games that either seat may win.
        length_preference: Largest share of battles decided for the longer answer.
        golden_agreement: Smallest share of golden games with the known verdict.
        human_agreement: Smallest share of labelled battles with the winner that people name.
        aa_within: Seconds for which a healthy A/A run counts; None where none is asked for.
    """

    parse_rate: float = 0.95
    judge_error_rate: float | None = None
    flip_rate: float = 0.50
    decisive_rate: float = 0.05
    first_share: float | None = None
    length_preference: float | None = None
    golden_agreement: float | None = None
    human_agreement: float | None = None
    aa_within: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenBattle:
    """Two fixed answers to a prompt, and what a sound judge says of them.

    Attributes:
        prompt: What was asked; its id is unique in the golden set.
        text_a, text_b: The answers.
        expected: The verdicts that are right, with ``text_a`` in seat A.
    """

    prompt: Prompt
    text_a: str
    text_b: str
    expected: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanLabel:
    """What one person said of one battle; ``score`` is 1, 0.5 or 0 for the candidate."""

    prompt: str
    candidate: str
    score: float
    annotator: str = ""


def is_kin(family: str | None, other: str | None) -> bool:
    """Return whether two known families of models are the same."""
    return family is not None and other is not None and family.casefold() == other.casefold()
