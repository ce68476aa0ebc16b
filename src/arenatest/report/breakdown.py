"""Win rates of the whole suite and of its parts, counted by clusters."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from arenatest.model.prompt import Prompt
from arenatest.report.battles import OUTCOMES, Battle
from arenatest.stats.proportions import wilson_interval

CONFIDENCE = 0.95
"""Coverage of the intervals of slices, two-sided: for reading. Gates have their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Battles by outcome, and voids by cause."""

    win: int = 0
    tie: int = 0
    loss: int = 0
    void: int = 0
    unplayed: int = 0
    causes: tuple[tuple[str, int], ...] = ()
    identical: int = 0
    forfeits: tuple[tuple[str, int], ...] = ()

    @property
    def judged(self) -> int:
        """Battles with a result."""
        return self.win + self.tie + self.loss

    @property
    def total(self) -> int:
        """Battles of which anything was recorded."""
        return self.judged + self.void + self.unplayed


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The win rate of one candidate on some of the prompts.

    Attributes:
        kind: ``all``, ``category``, ``subset``, ``dataset`` or ``tag``.
        value: Mean over clusters of the mean battle score; None where nothing was judged.
        low, high: Wilson interval on ``n`` clusters; a tie counts half, which makes it wide
            rather than narrow.
        n: Clusters with a result.
    """

    kind: str
    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    counts: Counts


def count(battles: Iterable[Battle]) -> Counts:
    """Return the battles counted by outcome, and voids by cause in falling order."""
    fought = list(battles)
    outcomes = Counter(battle.outcome for battle in fought)
    causes = Counter(battle.cause for battle in fought if battle.cause is not None)
    forfeits = Counter(battle.forfeit for battle in fought if battle.forfeit is not None)
    return Counts(
        **{outcome: outcomes[outcome] for outcome in OUTCOMES},
        causes=_falling(causes),
        forfeits=_falling(forfeits),
        identical=sum(battle.identical for battle in fought),
    )


def _falling(counted: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def slices(battles: Sequence[Battle]) -> tuple[Slice, ...]:
    """Return the slice of all prompts, then those of each label that tells prompts apart.

    Slices of one kind come with the lowest win rate first, those without one last.
    """
    found = [_slice("all", "all prompts", battles)]
    for kind in ("category", "subset", "dataset", "tag"):
        grouped: dict[str, list[Battle]] = defaultdict(list)
        for battle in battles:
            for name in _labels(battle.prompt, kind):
                grouped[name].append(battle)
        covers_all = len(grouped) == 1 and len(next(iter(grouped.values()))) == len(battles)
        if grouped and not covers_all:
            parts = [_slice(kind, name, part) for name, part in grouped.items()]
            found += sorted(parts, key=lambda s: (s.value is None, s.value or 0.0, s.name))
    return tuple(found)


def _labels(prompt: Prompt, kind: str) -> tuple[str, ...]:
    if kind == "tag":
        return prompt.tags
    label: str | None = getattr(prompt, kind)
    return () if label is None else (label,)


def _slice(kind: str, name: str, battles: Sequence[Battle]) -> Slice:
    clusters: dict[str, list[float]] = defaultdict(list)
    for battle in battles:
        if battle.score is not None:
            clusters[battle.prompt.cluster].append(battle.score)
    means = [sum(scores) / len(scores) for scores in clusters.values()]
    low = high = value = None
    if means:
        value = sum(means) / len(means)
        low, high = wilson_interval(sum(means), len(means), confidence=CONFIDENCE)
    return Slice(
        kind=kind,
        name=name,
        value=value,
        low=low,
        high=high,
        n=len(means),
        counts=count(battles),
    )
