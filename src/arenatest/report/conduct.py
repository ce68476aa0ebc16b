"""How judges behave beyond their two orders: seats, lengths, families, golden set, people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from arenatest.errors import InsufficientData
from arenatest.gates.conduct import (
    MEASURES,
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
from arenatest.stats.agreement import Kappa, cohen_kappa
from arenatest.stats.proportions import sign_test


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """What one judge did over the battles of all candidates, as parts of a whole.

    Attributes:
        errors: Games that its own failure left without a verdict.
        ties: Ties among its verdicts.
        first: First answers among the winners it named.
        first_prompts: Prompts on which it named the first answer more often, and less often, than
            the second.
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
    labels = labels_of(ledger.plan)
    plan = ledger.plan
    by_prompt: list[list[list[Seen]]] = [[] for _ in plan.judges]
    for prompt in plan.prompts:
        for candidate in plan.candidates:
            judged = seen_battles(ledger, candidate.name, prompt, labels=labels)
            for place, battles in enumerate(judged or ()):
                if battles:
                    by_prompt[place].append(battles)
    return tuple(
        _conduct(ledger, seat, battles)
        for seat, battles in zip(plan.judges, by_prompt, strict=True)
    )


def _conduct(ledger: Ledger, seat: JudgeSeat, prompts: list[list[Seen]]) -> Conduct:
    seen = [one for battles in prompts for one in battles]

    def measured(name: str) -> Part:
        return total(map(MEASURES[name], seen))

    first = measured("first_share")
    more, less = _leanings(total(map(MEASURES["first_share"], battles)) for battles in prompts)
    golden = [golden_part(ledger, seat, battle) for battle in ledger.plan.golden]
    return Conduct(
        name=seat.name,
        family=seat.family,
        errors=measured("judge_error_rate"),
        ties=measured("tie_rate"),
        first=first,
        first_prompts=(more, less),
        first_p=sign_test(more, less) if first.whole else None,
        longer=measured("length_preference"),
        kin=measured("family_preference"),
        golden=total(part for part in golden if part is not None),
        human=measured("human_agreement"),
        kappa=_kappa(seen),
    )


def _leanings(parts: Iterable[Part]) -> tuple[int, int]:
    """Return on how many prompts the first seat won more, and less, than half of the games."""
    leanings = [side(part / whole) for part, whole in parts if whole]
    return leanings.count(1), leanings.count(-1)


def _kappa(seen: list[Seen]) -> Kappa | None:
    compared = [
        (side(one.score), side(one.label))
        for one in seen
        if one.score is not None and one.label is not None
    ]
    try:
        return cohen_kappa([judge for judge, _ in compared], [people for _, people in compared])
    except InsufficientData:
        return None
