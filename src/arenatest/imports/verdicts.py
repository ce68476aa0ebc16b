"""Labels of judges as other programs write them."""

from __future__ import annotations

from arenatest.model.judgment import Judgment, Verdict

_LABELS = {str(verdict): verdict for verdict in Verdict} | {
    "A<B": Verdict.B_BETTER,
    "A<<B": Verdict.B_MUCH_BETTER,
    "B<A": Verdict.A_BETTER,
    "B<<A": Verdict.A_MUCH_BETTER,
    "B=A": Verdict.TIE,
}


def labelled(label: object, explanation: str = "") -> Judgment:
    """Return the judgment of a label about the seats; one that is none of the five is void."""
    if label is None or label == "":
        return Judgment(void="unparsed", explanation=explanation)
    verdict = _LABELS.get(label.strip()) if isinstance(label, str) else None
    if verdict is None:
        return Judgment(void="label", explanation=explanation)
    return Judgment(verdict=verdict, explanation=explanation)


def won(score: float, explanation: str = "") -> Judgment:
    """Return the judgment of a game by the score of seat A: 1, 0.5 or 0."""
    labels = {1.0: Verdict.A_BETTER, 0.5: Verdict.TIE, 0.0: Verdict.B_BETTER}
    return Judgment(verdict=labels[score], explanation=explanation)
