"""How judges behave beyond their two orders: seats, lengths, families, golden set, people."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from arenatest.errors import InsufficientData
from arenatest.gates.conduct import (
    MEASURES,
    NOTHING,
    Part,
    Seen,
    golden_part,
    labels_of,
    seen_battles,
    side,
    total,
)
from arenatest.model.plan import JudgeSeat
from arenatest.model.record import Ledger
from arenatest.model.said import chairs_of, said_in
from arenatest.stats.agreement import Kappa, cohen_kappa
from arenatest.stats.proportions import sign_test

_SHOWN = {name: measure for name, measure in MEASURES.items() if name != "parse_rate"}
"""The measures but for what is in a JudgeReport."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """What one judge did over the battles of all candidates, as parts of a whole.

    Attributes:
        errors: Games that its own failure left without a verdict.
        ties: Ties among its verdicts.
        first: First answers among the winners it named.
        first_prompts: Prompts, or clusters of them, on which it named the first answer more often,
            and less often, than the second.
        first_p: Exact two-sided p-value of as uneven a split, were the seats alike to it; None
            where it decided nothing.
        longer: Longer answers among those it preferred to one of another length.
        kin: Answers of its own family among those it preferred to one of another.
        golden: Golden games with the known winner.
        human: Battles with the winner that people name.
        kappa: The same beyond what chance would bring; None where that cannot be told.
    """

    name: str
    family: str | None
    errors: Part
    ties: Part
    first: Part
    first_prompts: tuple[int, int]
    first_p: float | None
    longer: Part
    kin: Part
    golden: Part
    human: Part
    kappa: Kappa | None


def conducts(ledger: Ledger) -> tuple[Conduct, ...]:
    """Return the conduct of every judge, in the plan's order, over what is settled."""
    plan, labels = ledger.plan, labels_of(ledger.plan)
    sums, look = [_Sums() for _ in plan.judges], said_in(ledger, chairs_of(plan.judges))
    for _, cluster in groupby(plan.prompts, key=lambda prompt: prompt.cluster):
        for prompt in cluster:
            for candidate in plan.candidates:
                judged = seen_battles(ledger, candidate.name, prompt, look, labels=labels)
                for own, battles in zip(sums, judged or (), strict=False):
                    own.add(battles)
        for own in sums:
            own.close_cluster()
    return tuple(_conduct(ledger, seat, own) for seat, own in zip(plan.judges, sums, strict=True))


class _Sums:
    """Adds up what one judge did, cluster by cluster."""

    def __init__(self) -> None:
        self.parts = dict.fromkeys(_SHOWN, NOTHING)
        self.leanings = [0, 0]
        self.sides: list[tuple[int, int]] = []
        self._cluster = NOTHING

    def add(self, battles: list[Seen]) -> None:
        """Take its battles on one prompt."""
        for one in battles:
            for name, measure in _SHOWN.items():
                part = measure(one)
                if part.whole:
                    self.parts[name] = self.parts[name].plus(part)
                    if name == "first_share":
                        self._cluster = self._cluster.plus(part)
            if one.label is not None and one.heard.score is not None:
                self.sides.append((side(one.heard.score), side(one.label)))

    def close_cluster(self) -> None:
        """Note to which seat it leaned on the prompts that belong together."""
        share, self._cluster = self._cluster.share, NOTHING
        if share is not None and side(share):
            self.leanings[side(share) < 0] += 1


def _conduct(ledger: Ledger, seat: JudgeSeat, sums: _Sums) -> Conduct:
    parts = sums.parts
    more, less = sums.leanings
    golden = [golden_part(ledger, seat, battle) for battle in ledger.plan.golden]
    return Conduct(
        name=seat.name,
        family=seat.family,
        errors=parts["judge_error_rate"],
        ties=parts["tie_rate"],
        first=parts["first_share"],
        first_prompts=(more, less),
        first_p=sign_test(more, less) if parts["first_share"].whole else None,
        longer=parts["length_preference"],
        kin=parts["family_preference"],
        golden=total(part for part in golden if part is not None),
        human=parts["human_agreement"],
        kappa=_kappa(sums.sides),
    )


def _kappa(sides: list[tuple[int, int]]) -> Kappa | None:
    try:
        return cohen_kappa([judge for judge, _ in sides], [people for _, people in sides])
    except InsufficientData:
        return None
