"""What an importer finds in somebody's files: the same few values, whatever the format.

Prompts are the model's own. Whatever names one prompt, names it by its id.
"""

from __future__ import annotations

from dataclasses import dataclass

from arenatest.model.answer import Answer
from arenatest.model.judgment import Judgment
from arenatest.model.prompt import Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a model answered to a prompt.

    Attributes:
        at: When, in seconds since 1970; None where the file does not say.
        cost: US dollars; None where the file does not say.
    """

    model: str
    prompt: str
    answer: Answer
    at: float | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fought:
    """One game of a battle that a judge saw in both orders.

    Attributes:
        first, second: The models in seat A and in seat B.
        again: Which repeat of the judge, from 0.
        baseline: Which of the two is the baseline; None where the file does not say.
    """

    prompt: str
    first: str
    second: str
    judge: str
    judgment: Judgment
    again: int = 0
    baseline: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferred:
    """What a judge said once of two answers: in one order, or in one that nobody wrote down.

    Attributes:
        score: Of the first model: 1 where it is better, 0.5 for a tie, 0 where the other one is,
            or anything between. None where the judge gave no verdict.
        baseline: As of ``Fought``.
    """

    prompt: str
    first: str
    second: str
    judge: str
    score: float | None
    baseline: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Voted:
    """What one person said of two answers, the first of them shown on the left.

    Attributes:
        score: Of the first model: 1, 0.5 or 0.
        person: Who voted; empty where the file does not say.
        at: When, in seconds since 1970.
    """

    prompt: str
    first: str
    second: str
    score: float
    person: str = ""
    at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A number that somebody gave one answer.

    Attributes:
        value: None where it could not be had.
        range: The smallest and the largest one possible; None where the format sets no bounds.
    """

    metric: str
    model: str
    prompt: str
    value: float | None
    range: tuple[float, float] | None = None


Found = Prompt | Said | Fought | Preferred | Voted | Scored
"""Anything an importer finds."""
