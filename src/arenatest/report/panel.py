"""How the judges behaved: what they said in each order, and whether they can be relied on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from arenatest.model.judgment import Judgment, VoidCause
from arenatest.model.plan import JudgeSeat
from arenatest.report.battles import Battle, JudgeView, judge_views

RESULTS = ("win", "tie", "loss")
"""Rows and columns of the table of orders, seen from the candidate."""

_EVEN = 0.5
_TWO = 2  # views: one alone is at odds with nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeReport:
    """One judge over all battles with two different texts.

    Attributes:
        table: Battles by result with the baseline first (rows) and the candidate first (columns),
            in the order of ``RESULTS``.
        games: Games judged, voids included.
        voids: Games without a verdict, by cause.
        pairs: Battles with a verdict in both orders.
        flips: Those whose orders name different winners.
        agreeing: Those whose orders say the same.
        decisive: Games that name a winner.
        first: Decisive games won by the seat shown first.
        disagreements: Battles on which this judge and another one name different winners.
    """

    name: str
    kind: str
    fingerprint: str
    repeats: int
    strength: bool
    table: tuple[tuple[int, int, int], ...]
    games: int
    voids: tuple[tuple[VoidCause, int], ...]
    pairs: int
    flips: int
    agreeing: int
    decisive: int
    first: int
    disagreements: int

    @property
    def abstained(self) -> int:
        """Games in which it said that it would not judge."""
        return dict(self.voids).get("abstained", 0)

    @property
    def parse_rate(self) -> float | None:
        """Share of games with a verdict, of those from which it did not abstain."""
        lost = sum(number for _, number in self.voids)
        return _share(self.games - lost, self.games - self.abstained)

    @property
    def flip_rate(self) -> float | None:
        """Share of battles whose two orders name different winners."""
        return _share(self.flips, self.pairs)

    @property
    def agreement(self) -> float | None:
        """Share of battles whose two orders say the same."""
        return _share(self.agreeing, self.pairs)

    @property
    def first_share(self) -> float | None:
        """Share of decisive games won by the first seat: 0.5 without position bias."""
        return _share(self.first, self.decisive)

    @property
    def decisive_rate(self) -> float | None:
        """Share of games with a verdict that name a winner."""
        lost = sum(number for _, number in self.voids)
        return _share(self.decisive, self.games - lost)


def judge_reports(seats: Sequence[JudgeSeat], battles: Sequence[Battle]) -> tuple[JudgeReport, ...]:
    """Return a report on every judge of a suite, over the battles of all candidates."""
    pairs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    said: dict[str, list[Judgment]] = defaultdict(list)
    clashes: Counter[str] = Counter()
    for battle in battles:
        games = battle.said
        mine = judge_views(games)
        for view in mine:
            if (pair := view.pair) is not None:
                pairs[view.judge].append(pair)
        for chair, judgment in games:
            said[chair.judge].append(judgment)
        clashes.update(_clashing(mine))
    return tuple(
        _report(seat, pairs[seat.name], said[seat.name], clashes[seat.name]) for seat in seats
    )


def _report(
    seat: JudgeSeat, pairs: list[tuple[float, float]], said: list[Judgment], clashes: int
) -> JudgeReport:
    table = [[0, 0, 0] for _ in RESULTS]
    for first, second in pairs:
        table[_place(first)][_place(second)] += 1
    scores = [judgment.verdict.score_of_a for judgment in said if judgment.verdict is not None]
    voids = Counter(judgment.void for judgment in said if judgment.void is not None)
    return JudgeReport(
        name=seat.name,
        kind=seat.kind,
        fingerprint=seat.fingerprint,
        repeats=seat.repeats,
        strength=seat.strength,
        table=tuple((row[0], row[1], row[2]) for row in table),
        games=len(said),
        voids=tuple(sorted(voids.items(), key=lambda item: (-item[1], item[0]))),
        pairs=len(pairs),
        flips=table[0][2] + table[2][0],
        agreeing=sum(table[place][place] for place in range(len(RESULTS))),
        decisive=sum(score in (0.0, 1.0) for score in scores),
        first=sum(score == 1.0 for score in scores),
        disagreements=clashes,
    )


def _place(score: float) -> int:
    return 0 if score == 1.0 else 2 if score == 0.0 else 1


def _clashing(views: list[JudgeView]) -> set[str]:
    if len(views) < _TWO:
        return set()
    favours = {
        (view.judge, score > _EVEN)
        for view in views
        if (score := view.score) is not None and score != _EVEN
    }
    return {judge for judge, side in favours if any(s != side and j != judge for j, s in favours)}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
