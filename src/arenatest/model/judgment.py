"""Verdicts, games and judgments: what a judge is asked, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from arenatest.model.prompt import Prompt


class Verdict(StrEnum):
    """The five labels of a judge, about seat A and seat B."""

    A_MUCH_BETTER = "A>>B"
    A_BETTER = "A>B"
    TIE = "A=B"
    B_BETTER = "B>A"
    B_MUCH_BETTER = "B>>A"

    @property
    def score_of_a(self) -> float:
        """1 where A wins, 0.5 for a tie, 0 where B wins."""
        return _SCORES[self][0]

    @property
    def strength_of_a(self) -> float:
        """1, 0.75, 0.5, 0.25 or 0: the label with its strength."""
        return _SCORES[self][1]


_SCORES = {
    Verdict.A_MUCH_BETTER: (1.0, 1.0),
    Verdict.A_BETTER: (1.0, 0.75),
    Verdict.TIE: (0.5, 0.5),
    Verdict.B_BETTER: (0.0, 0.25),
    Verdict.B_MUCH_BETTER: (0.0, 0.0),
}


class Order(StrEnum):
    """Which answer sits in seat A."""

    BASELINE_FIRST = "baseline-first"
    CANDIDATE_FIRST = "candidate-first"


_CANDIDATE_FIRST = Order.CANDIDATE_FIRST  # an enum is slow to ask, and this is asked of each game

ABSTAIN = "abstain"
"""What a judge says that will not judge: no verdict, for it is not about the answers."""

VoidCause = Literal[
    "unparsed",  # the judge answered, but no label could be read, or its reply was cut off before
    "label",  # the judge answered with a label that is not one of the five
    "call",  # the judge's model call failed
    "judge",  # the judge's own code raised or returned nonsense
    "abstained",  # the judge said that it will not judge: no failure, but no verdict either
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Game:
    """One judging of a battle, with the answers in one order; no contestant is named.

    Attributes:
        prompt: What was asked; of a conversation, the user's messages up to this turn.
        text_a, text_b: The answers that are compared.
        repeat: Which repeat, of the battle and of the judge.
        earlier_a, earlier_b: What either side itself had answered to the earlier turns.
    """

    prompt: Prompt
    text_a: str
    text_b: str
    repeat: int = 0
    earlier_a: tuple[str, ...] = ()
    earlier_b: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a judge's model wrote, and why it stopped: as ``text`` and ``finish`` of an answer."""

    text: str
    finish: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgment:
    """What a judge said of one game: a verdict, or a void with its cause.

    Attributes:
        verdict: About the seats, as shown to the judge. None exactly when ``void`` is set.
        void: Why there is no verdict.
        explanation: The judge's reasons, or the error, for people.
        chat_id: The judge's model call, where there was one.
    """

    verdict: Verdict | None = None
    void: VoidCause | None = None
    explanation: str = ""
    chat_id: str | None = None

    def candidate_score(self, order: Order, *, strength: bool = False) -> float | None:
        """Return the candidate's score, 0 to 1, with the seats swapped back; None for a void."""
        if self.verdict is None:
            return None
        score = self.verdict.strength_of_a if strength else self.verdict.score_of_a
        return score if order is _CANDIDATE_FIRST else 1.0 - score
