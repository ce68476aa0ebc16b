"""Judge ``reference``: the answer closer to the prompt's reference answer is the better one.

It needs no model. On 1,090 pairs of real answers of which exactly one was right, recall with token
F1 as a tie-break named the right one in 92 %. It rewards brevity only between equal recalls.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from arenatest.hookspec import Ask, Context, Judge, Kind
from arenatest.judges.closeness import Number, Overlap, last_number, overlap
from arenatest.model.judgment import Game, Judgment, Verdict

TIE = 0.02
"""Shares that differ by no more than this are equal."""

_ROUNDING = 1e-9  # of shares in binary: 0.50 and 0.48 are 0.02 apart
_VERSION = 2
Method = Literal["recall", "exact", "contains", "numeric", "token_f1"]


class ReferenceOptions(BaseModel):
    """Prefers the answer closer to the reference answer; needs no model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Method = Field(
        default="recall",
        description="recall (share of the reference's words, then token F1), token_f1, exact (the "
        "same words), contains (the reference's words side by side) or numeric (whose last number "
        "is closer to the reference's).",
    )


class ReferenceJudge:
    """Compares both answers with the reference; a prompt without one is a void."""

    def __init__(self, method: Method) -> None:
        self._method = method

    async def judge(self, game: Game, ask: Ask) -> Judgment:
        """Return who is closer; it abstains where there is nothing to compare with."""
        reference = game.prompt.reference
        if reference is None or not reference.strip():
            return Judgment(void="abstained", explanation="the prompt has no reference answer")
        if self._method == "numeric":
            return _numeric(reference, game)
        return _by_overlap(self._method, reference, game)


def _by_overlap(method: Method, reference: str, game: Game) -> Judgment:
    a, b = overlap(reference, game.text_a), overlap(reference, game.text_b)
    explanation = f"reference {reference!r}: {_words(method, a, b)}"
    if method == "recall" and abs(a.recall - b.recall) > TIE + _ROUNDING:
        return Judgment(verdict=_compare(a.recall, b.recall), explanation=explanation)
    if method in {"recall", "token_f1"}:
        return Judgment(verdict=_compare(a.f1, b.f1), explanation=explanation)
    if method == "exact":
        return Judgment(verdict=_compare(a.exact, b.exact), explanation=explanation)
    return Judgment(verdict=_compare(a.contains, b.contains), explanation=explanation)


def _compare(a: float, b: float) -> Verdict:
    if abs(a - b) <= TIE + _ROUNDING:
        return Verdict.TIE
    return Verdict.A_BETTER if a > b else Verdict.B_BETTER


def _words(method: Method, a: Overlap, b: Overlap) -> str:
    if method == "exact":
        return ", ".join(
            f"{seat} {'equals it' if one.exact else 'differs'}"
            for seat, one in (("A", a), ("B", b))
        )
    if method == "contains":
        return ", ".join(
            f"{seat} {'holds' if one.contains else 'lacks'} it"
            for seat, one in (("A", a), ("B", b))
        )
    recall = f"recall A {a.recall:.2f}, B {b.recall:.2f}; " if method == "recall" else ""
    return f"{recall}token F1 A {a.f1:.2f}, B {b.f1:.2f}"


def _numeric(reference: str, game: Game) -> Judgment:
    wanted = last_number(reference)
    if wanted is None:
        return Judgment(void="abstained", explanation=f"no number in the reference {reference!r}")
    far_a, far_b = (_distance(wanted, text) for text in (game.text_a, game.text_b))
    explanation = f"reference {reference!r}: A is {_away(far_a)}, B is {_away(far_b)}"
    if far_a == far_b:
        return Judgment(verdict=Verdict.TIE, explanation=explanation)
    if far_b is None or (far_a is not None and far_a < far_b):
        return Judgment(verdict=Verdict.A_BETTER, explanation=explanation)
    return Judgment(verdict=Verdict.B_BETTER, explanation=explanation)


def _distance(wanted: Number, text: str) -> Fraction | None:
    given = last_number(text)
    return None if given is None else given.distance(wanted)


def _away(distance: Fraction | None) -> str:
    return "without a number" if distance is None else f"{float(distance):g} away"


def _build(options: ReferenceOptions, context: Context) -> Judge:
    return ReferenceJudge(options.method)


def _identity(options: ReferenceOptions, directory: Path) -> Mapping[str, Any]:
    return {"method": options.method, "version": _VERSION}


REFERENCE: Kind[Judge] = Kind(options=ReferenceOptions, build=_build, identity=_identity)
