"""Win rates as they would be if both answers were alike in length, or in length and style.

They stand beside the raw win rate and are never gated: what makes an answer longer may be what
makes it better. They tell a reader where a win rate may be one of looks.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from arenatest.errors import InsufficientData
from arenatest.report.battles import Battle
from arenatest.report.style import Style, style_of
from arenatest.stats.controlled import STABLE_FROM, controlled_win_rate, relative_difference

CONTROLS: Mapping[str, tuple[str, ...]] = {"length": ("length",), "style": Style._fields}
"""What is held equal, by name."""

WORDS = {"length": "in length", "style": "in length, headings, lists and bold"}
NOTABLE = 0.05
"""How far a controlled win rate lies from the raw one where that is worth a warning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Controlled:
    """The win rate of a candidate with some of the looks held equal, or why there is none.

    Attributes:
        control: ``length`` or ``style``.
        raw: The win rate as it is; None where nothing was judged.
        value, low, high: With looks held equal, with a two-sided interval of ``level``.
        n: Clusters with a result.
        effects: Change of the log odds of a win from an answer that has none of a feature to one
            that alone has it.
        constant: Features that differ alike in every battle, so that their effect cannot be told
            from how good the candidate is: they are not held equal.
        why: Why there is no value; empty where there is one.
    """

    candidate: str
    control: str
    raw: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    n: int = 0
    effects: Mapping[str, float] = field(default_factory=dict)
    constant: tuple[str, ...] = ()
    why: str = ""

    @property
    def notable(self) -> bool:
        """Whether it departs so far from the raw win rate that a reader must be told."""
        if self.raw is None or self.value is None or self.low is None or self.high is None:
            return False
        apart = abs(self.value - self.raw) >= NOTABLE
        return apart and not self.low <= self.raw <= self.high


def controlled_rates(fought: Iterable[Battle]) -> tuple[Controlled, ...]:
    """Return the controlled win rates of every candidate with battles that were judged.

    Args:
        fought: The battles of a run in the plan's order, in which those of a cluster stand
            together; those without a score do not count.
    """
    columns: dict[str, list[array[float]]] = {}
    for candidate, means in _clusters(battle for battle in fought if battle.score is not None):
        if candidate not in columns:
            columns[candidate] = [array("d") for _ in means]
        for column, mean in zip(columns[candidate], means, strict=True):
            column.append(mean)
    found: list[Controlled] = []
    for candidate, (scores, *features) in columns.items():
        looks = dict(zip(Style._fields, features, strict=True))
        found += (_controlled(candidate, control, scores, looks) for control in CONTROLS)
    return tuple(found)


def controlled_warnings(rates: Sequence[Controlled]) -> list[str]:
    """Return a line for each candidate whose win rate is notably one of looks."""
    lines: dict[str, str] = {}
    for rate in rates:
        if rate.notable:
            lines.setdefault(
                rate.candidate,
                f"{rate.candidate}: were both answers alike {WORDS[rate.control]}, its win rate "
                f"would be {rate.value:.3f} [{rate.low:.3f}, {rate.high:.3f}], not {rate.raw:.3f}",
            )
    return list(lines.values())


def _clusters(battles: Iterable[Battle]) -> Iterator[tuple[str, list[float]]]:
    """Yield, by cluster and candidate, the means of the score and of the differences in looks."""
    for _, cluster in groupby(battles, key=lambda battle: battle.prompt.cluster):
        styles: dict[str, Style] = {}  # by text: the baseline's meets those of all candidates
        fought: dict[str, list[tuple[float, ...]]] = {}
        for battle in cluster:
            row = (battle.score or 0.0, *_apart(battle, styles))
            fought.setdefault(battle.candidate, []).append(row)
        for candidate, rows in fought.items():
            yield candidate, [sum(column) / len(rows) for column in zip(*rows, strict=True)]


def _apart(battle: Battle, styles: dict[str, Style]) -> Iterator[float]:
    """Return how a battle's answers differ in looks; styles that are new are noted."""
    texts = [
        "" if side is None else side.answer.text for side in (battle.answered, battle.baseline)
    ]
    for text in texts:
        if text not in styles:
            styles[text] = style_of(text)
    ours, theirs = texts
    return map(relative_difference, styles[ours], styles[theirs])


def _controlled(
    candidate: str, control: str, scores: Sequence[float], looks: Mapping[str, Sequence[float]]
) -> Controlled:
    n = len(scores)
    raw = sum(scores) / n
    if n < STABLE_FROM:
        why = f"it takes {STABLE_FROM} prompts with a result, and there are {n}"
        return Controlled(candidate=candidate, control=control, raw=raw, n=n, why=why)
    features = {name: looks[name] for name in CONTROLS[control] if len(set(looks[name])) > 1}
    constant = tuple(n for n in CONTROLS[control] if n not in features and any(looks[n]))
    try:
        rate = controlled_win_rate(scores, features)
    except InsufficientData as error:
        return Controlled(candidate=candidate, control=control, raw=raw, n=n, why=str(error))
    return Controlled(
        candidate=candidate,
        control=control,
        raw=rate.raw,
        value=rate.value,
        low=rate.low,
        high=rate.high,
        level=rate.level,
        n=n,
        effects=rate.effects,
        constant=constant,
    )
