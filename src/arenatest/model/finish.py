"""What an answer counts as that ended in a refusal, in a filter, or at the limit of tokens.

It goes by what the server says of the end, never by how a text sounds: what sounds like a refusal
is counted among the signs, and judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from arenatest.model.answer import Answer, Failure, FailureKind

Treatment = Literal["judge", "loss", "void", "failure"]
"""An answer is judged like others; loses its battle; makes it void; or is no answer at all."""

ENDINGS: Mapping[str, FailureKind] = {
    "refusal": "refused",
    "content_filter": "filtered",
    "length": "truncated",
}
"""The ends that a suite may treat, in the words of ``Answer.finish``, and what failed then."""

_SAID: Mapping[FailureKind, str] = {
    "refused": "the model refused to answer",
    "filtered": "a content filter ended the answer",
    "truncated": "the answer ended at the limit of tokens",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finishes:
    """What a suite makes of such answers, of all its contestants alike."""

    refusal: Treatment = "judge"
    filter: Treatment = "judge"
    truncation: Treatment = "judge"

    @property
    def failing(self) -> bool:
        """Whether any end is called a failure."""
        return "failure" in (self.refusal, self.filter, self.truncation)

    @property
    def voiding(self) -> bool:
        """Whether any end makes a battle void."""
        return "void" in (self.refusal, self.filter, self.truncation)

    def of(self, answer: Answer) -> Treatment:
        """Return what an answer counts as; one that failed already is no case of it."""
        finish = answer.finish
        if finish == "stop" or answer.failure is not None:  # nearly all
            return "judge"
        if finish == "refusal":
            return self.refusal
        if finish == "content_filter":
            return self.filter
        return self.truncation if finish == "length" else "judge"

    def judged(self, ours: Answer, theirs: Answer) -> bool:
        """Return whether both are answers that a judge may compare."""
        return ours.ok and theirs.ok and self.of(ours) == self.of(theirs) == "judge"

    def taken(self, answer: Answer) -> Answer:
        """Return an answer as a run takes it: a failure where the suite calls it one.

        The text is kept, for people. The record holds the answer as it came, so that another
        suite may take it otherwise.

        Examples:
            >>> finishes = Finishes(truncation="failure")
            >>> finishes.taken(Answer(text="Once upon a", finish="length")).failure.kind
            'truncated'
            >>> finishes.taken(Answer(text="No.", finish="refusal")).ok
            True
        """
        if answer.finish is None or self.of(answer) != "failure":
            return answer
        kind = ENDINGS[answer.finish]
        return replace(answer, failure=Failure(kind=kind, message=_SAID[kind]))
