"""Every battle of a run with its outcome: what the counts, the slices and the browser rest on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from arenatest.model.identity import content_id
from arenatest.model.judgment import Judgment, Order
from arenatest.model.plan import Contestant, Plan
from arenatest.model.prompt import Prompt
from arenatest.model.record import Answered, AnswerSlot, GameSlot, Ledger

Outcome = Literal["win", "tie", "loss", "void", "unplayed"]
OUTCOMES: tuple[Outcome, ...] = ("win", "tie", "loss", "void", "unplayed")

_EVEN = 0.5

Seated = tuple[GameSlot, Judgment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Battle:
    """One prompt, candidate against baseline, as it was recorded.

    Attributes:
        id: Identity of the battle by content, for links into the report.
        outcome: Seen from the candidate; ``unplayed`` where answers or judgments are missing.
        score: Mean over the judges that gave a verdict in both orders, 0 to 1; else None.
        cause: Why it is void: whose call failed, or what was wrong with the judges.
        games: The judgments, by judge, repeat and order.
        identical: Whether both texts are equal, which ties without a judge.
        disagree: Whether a judge's two orders name different results.
        flip: Whether they name different winners.
    """

    id: str
    suite: str
    candidate: str
    prompt: Prompt
    repeat: int
    outcome: Outcome
    score: float | None
    cause: str | None
    baseline: Answered | None
    answered: Answered | None
    games: tuple[Seated, ...]
    identical: bool
    disagree: bool
    flip: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeView:
    """How one judge, in one of its repeats, saw a battle: a score for each order.

    ``None`` for an order is a void, an order that is not in ``scores`` was not judged.
    """

    judge: str
    repeat: int
    scores: Mapping[Order, float | None]
    strengths: Mapping[Order, float | None]

    @property
    def complete(self) -> bool:
        """Whether both orders were judged, voids included."""
        return len(self.scores) == len(Order)

    @property
    def pair(self) -> tuple[float, float] | None:
        """The candidate's scores, baseline first and candidate first; None if one is void."""
        first = self.scores.get(Order.BASELINE_FIRST)
        second = self.scores.get(Order.CANDIDATE_FIRST)
        return None if first is None or second is None else (first, second)

    @property
    def score(self) -> float | None:
        """The mean of both orders, with the judge's strength where it counts."""
        first = self.strengths.get(Order.BASELINE_FIRST)
        second = self.strengths.get(Order.CANDIDATE_FIRST)
        return None if first is None or second is None else (first + second) / 2


def battles(ledger: Ledger) -> Iterator[Battle]:
    """Yield the battles of a run in the plan's order, those without any answer left out."""
    plan = ledger.plan
    games = _games(ledger)
    for prompt in plan.prompts:
        for candidate in plan.candidates:
            for repeat in range(plan.repeats):
                pairing = _Pairing(
                    prompt=prompt,
                    candidate=candidate,
                    repeat=repeat,
                    base=ledger.answers.get(AnswerSlot(plan.baseline.name, prompt.id, repeat)),
                    cand=ledger.answers.get(AnswerSlot(candidate.name, prompt.id, repeat)),
                    games=games.get((candidate.name, prompt.id, repeat), ()),
                )
                if pairing.base is not None or pairing.cand is not None:
                    yield _battle(plan, pairing)


def judge_views(games: tuple[Seated, ...], strong: Mapping[str, bool]) -> list[JudgeView]:
    """Return what each judge said of one battle, the two orders side by side."""
    grouped: dict[tuple[str, int], list[Seated]] = defaultdict(list)
    for slot, judgment in games:
        grouped[slot.judge, slot.judge_repeat].append((slot, judgment))
    return [
        JudgeView(
            judge=judge,
            repeat=repeat,
            scores={slot.order: said.candidate_score(slot.order) for slot, said in seated},
            strengths={
                slot.order: said.candidate_score(slot.order, strength=strong.get(judge, False))
                for slot, said in seated
            },
        )
        for (judge, repeat), seated in grouped.items()
    ]


def _games(ledger: Ledger) -> dict[tuple[str, str, int], tuple[Seated, ...]]:
    seats = {seat.name: place for place, seat in enumerate(ledger.plan.judges)}
    grouped: dict[tuple[str, str, int], list[Seated]] = defaultdict(list)
    for slot, judgment in ledger.judgments.items():
        grouped[slot.candidate, slot.prompt, slot.repeat].append((slot, judgment))
    return {
        key: tuple(
            sorted(
                seated,
                key=lambda game: (
                    seats.get(game[0].judge, len(seats)),
                    game[0].judge_repeat,
                    game[0].order,
                ),
            )
        )
        for key, seated in grouped.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pairing:
    """What the record holds of one battle."""

    prompt: Prompt
    candidate: Contestant
    repeat: int
    base: Answered | None
    cand: Answered | None
    games: tuple[Seated, ...]

    @property
    def identical(self) -> bool:
        if self.base is None or self.cand is None:
            return False
        mine, other = self.cand.answer, self.base.answer
        return mine.ok and other.ok and mine.text == other.text

    @property
    def failed(self) -> str | None:
        """Whose call failed, if one did."""
        base = self.base is not None and not self.base.answer.ok
        cand = self.cand is not None and not self.cand.answer.ok
        if base and cand:
            return "both calls failed"
        if cand:
            return "candidate's call failed"
        return "baseline's call failed" if base else None


def _battle(plan: Plan, pairing: _Pairing) -> Battle:
    views = judge_views(pairing.games, {seat.name: seat.strength for seat in plan.judges})
    outcome, score, cause = _result(plan, pairing, views)
    pairs = [view.pair for view in views]
    return Battle(
        id=_identity(plan, pairing),
        suite=plan.suite,
        candidate=pairing.candidate.name,
        prompt=pairing.prompt,
        repeat=pairing.repeat,
        outcome=outcome,
        score=score,
        cause=cause,
        baseline=pairing.base,
        answered=pairing.cand,
        games=pairing.games,
        identical=pairing.identical,
        disagree=any(pair is not None and pair[0] != pair[1] for pair in pairs),
        flip=any(pair is not None and abs(pair[0] - pair[1]) == 1.0 for pair in pairs),
    )


def _identity(plan: Plan, pairing: _Pairing) -> str:
    prompt = pairing.prompt
    content = [(message.role, message.content) for message in prompt.messages]
    fingerprints = (plan.baseline.fingerprint, pairing.candidate.fingerprint)
    return content_id("battle", prompt.id, content, *fingerprints, pairing.repeat)[:16]


def _result(
    plan: Plan, pairing: _Pairing, views: list[JudgeView]
) -> tuple[Outcome, float | None, str | None]:
    if pairing.failed is not None:
        return "void", None, pairing.failed
    if pairing.base is None or pairing.cand is None:
        return "unplayed", None, None
    if pairing.identical and plan.judges:
        return "tie", _EVEN, None
    planned = sum(seat.repeats for seat in plan.judges)
    if len(views) < planned or not views or not all(view.complete for view in views):
        return "unplayed", None, None
    scores = _judge_means(views)
    if not scores:
        return "void", None, _void_cause(pairing.games)
    score = sum(scores) / len(scores)
    return ("win" if score > _EVEN else "loss" if score < _EVEN else "tie"), score, None


def _judge_means(views: list[JudgeView]) -> list[float]:
    by_judge: dict[str, list[float]] = defaultdict(list)
    for view in views:
        if view.score is not None:
            by_judge[view.judge].append(view.score)
    return [sum(scores) / len(scores) for scores in by_judge.values()]


_JUDGE_VOIDS = {
    "unparsed": "judge unreadable",
    "label": "judge off its labels",
    "call": "judge's call failed",
    "judge": "judge's code failed",
}


def _void_cause(games: tuple[Seated, ...]) -> str:
    return next((_JUDGE_VOIDS[said.void] for _, said in games if said.void is not None), "judge")
