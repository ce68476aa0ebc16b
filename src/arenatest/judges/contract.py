"""What a judge's model is asked to write, and how that is read: two sides of one contract.

Prompt and parser come from the same value, so that no judge is asked for what nobody reads, and
none is read in a way that it was not told of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arenatest.judges.verdicts import PARSER_VERSION, read_verdict
from arenatest.model.judgment import ABSTAIN, Judgment, Verdict

_MEANINGS = {
    Verdict.A_MUCH_BETTER: "answer A is much better",
    Verdict.A_BETTER: "answer A is better",
    Verdict.TIE: "they are equally good",
    Verdict.B_BETTER: "answer B is better",
    Verdict.B_MUCH_BETTER: "answer B is much better",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputContract:
    """The labels with which a judge may end.

    Attributes:
        may_abstain: Whether it may also say that it will not judge. Where it may not, saying so is
            as wrong as any other label.
    """

    may_abstain: bool = False

    def request(self, instructions: str) -> str:
        """Return what is to be added to a judge's instructions: the labels they do not name.

        Args:
            instructions: The judge's own; where they name ``A>B`` they list the labels themselves.

        Examples:
            >>> OutputContract(may_abstain=True).request("End with [[A>B]], [[A=B]] or [[B>A]].")
            'If you cannot judge, and only then, end with [[abstain]] instead.'
        """
        parts = []
        if Verdict.A_BETTER not in instructions:
            parts.append(_LABELS)
        if self.may_abstain and ABSTAIN not in instructions.casefold():
            parts.append(f"If you cannot judge, and only then, end with [[{ABSTAIN}]] instead.")
        return "\n".join(parts)

    def read(self, text: str, *, finish: str | None = None, chat_id: str | None = None) -> Judgment:
        """Return what a reply says: a verdict, an abstention, or another void.

        Args:
            text: The reply.
            finish: Why it ended, as ``Answer.finish``: one that was cut off says less.
            chat_id: The model call that gave it.
        """
        return read_verdict(text, may_abstain=self.may_abstain, finish=finish, chat_id=chat_id)

    @property
    def identity(self) -> Mapping[str, Any]:
        """What determines how a reply is read."""
        return {"parser": PARSER_VERSION, "may_abstain": self.may_abstain}


_LABELS = "\n".join(
    (
        "Explain your comparison in a few sentences, then end with exactly one of these labels:",
        *(f"[[{verdict}]] {meaning}" for verdict, meaning in _MEANINGS.items()),
    )
)
