"""Every battle of a run with its outcome: what the counts, the slices and the browser rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from arenatest.gates.battles import Battle as Settled
from arenatest.gates.battles import judged, read_battle, unjudged
from arenatest.model.identity import content_id
from arenatest.model.judgment import Judgment, Order
from arenatest.model.metric import MetricSpec
from arenatest.model.plan import Contestant, Plan
from arenatest.model.prompt import Prompt
from arenatest.model.record import Answered, AnswerSlot, Ledger, Measured, MetricSlot
from arenatest.model.said import Chair, Look, chairs_of, said_in

Outcome = Literal["win", "tie", "loss", "void", "unplayed"]
OUTCOMES: tuple[Outcome, ...] = ("win", "tie", "loss", "void", "unplayed")

_EVEN = 0.5
_ORDERS = tuple(Order)

Seated = tuple[Chair, Judgment]
_Sides = tuple[Answered | None, Answered | None]  # the candidate's answer and the baseline's


class Games(NamedTuple):
    """The games of all battles of a record.

    Attributes:
        chairs: Which ones each battle has.
        said: Looks up what was said in those of one battle, perhaps without their calls.
        whole: Looks up the same with their calls.
    """

    ledger: Ledger
    chairs: Sequence[Chair]
    said: Look
    whole: Look

    def of(self, look: Look, candidate: str, prompt: str, repeat: int) -> tuple[Seated, ...]:
        """Return those of a battle that were judged."""
        found = zip(self.chairs, look(candidate, prompt, repeat), strict=True)
        return tuple([(chair, said) for chair, said in found if said is not None])


@dataclass(frozen=True, slots=True, kw_only=True)
class Battle:
    """One prompt, candidate against baseline, as it was recorded.

    Attributes:
        outcome: Seen from the candidate; ``unplayed`` where answers or judgments are missing.
        score: What the jury made of it, 0 to 1; None for a void.
        cause: Why it is void: whose call failed, or what was wrong with the judges.
        recorded: Where the rest is read when somebody looks: a report holds thousands of battles.
        identical: Whether both texts are equal, which ties without a judge.
        forfeit: How which side's answer ended that lost by it, without a judge; None otherwise.
        disagree: Whether a judge's two orders name different results.
        flip: Whether they name different winners.
    """

    suite: str
    candidate: str
    prompt: Prompt
    repeat: int
    outcome: Outcome
    score: float | None
    cause: str | None
    baseline: Answered | None
    answered: Answered | None
    recorded: Games = field(repr=False, compare=False)
    identical: bool
    disagree: bool
    flip: bool
    forfeit: str | None = None

    @property
    def id(self) -> str:
        """Identity of the battle by content, for links into the report."""
        content = [(message.role, message.content) for message in self.prompt.messages]
        fingerprints = (side.model_for(self.prompt).fingerprint for side in self._sides)
        return content_id("battle", self.prompt.id, content, *fingerprints, self.repeat)[:16]

    @property
    def plan(self) -> Plan:
        """Of its run."""
        return self.recorded.ledger.plan

    @property
    def games(self) -> tuple[Seated, ...]:
        """The judgments, by judge, repeat and order."""
        recorded = self.recorded
        return recorded.of(recorded.whole, self.candidate, self.prompt.id, self.repeat)

    @property
    def said(self) -> tuple[Seated, ...]:
        """The same, perhaps without their calls: for whoever counts those of thousands."""
        recorded = self.recorded
        return recorded.of(recorded.said, self.candidate, self.prompt.id, self.repeat)

    @property
    def votes(self) -> tuple[float | None, ...]:
        """Each judge's score in the plan's order, None for one without; empty if none judged."""
        ledger = self.recorded.ledger
        settled = read_battle(ledger, self.candidate, self.prompt.id, self.repeat, plan=ledger.plan)
        return () if settled is None else settled.votes

    @property
    def values(self) -> tuple[tuple[tuple[MetricSpec, Measured], ...], ...]:
        """What plugins' metrics measured on the baseline's answer, and on the candidate's."""
        plan, values = self.plan, self.recorded.ledger.measurements
        sides = ((one.name, self.prompt.id, self.repeat) for one in self._sides)
        return tuple(
            tuple(
                (metric, measured)
                for metric in plan.metrics
                if (measured := values.get(MetricSlot(metric.name, *side))) is not None
            )
            for side in sides
        )

    @property
    def parts(self) -> tuple[str | None, str | None]:
        """Who answered of the baseline, and of the candidate, where one is made of parts."""
        baseline, candidate = self._sides
        return _part(baseline, self.prompt), _part(candidate, self.prompt)

    @property
    def _sides(self) -> tuple[Contestant, Contestant]:
        plan = self.plan
        return plan.baseline, next(c for c in plan.candidates if c.name == self.candidate)


class JudgeView(NamedTuple):
    """How one judge, in one of its repeats, saw a battle.

    Attributes:
        pair: The candidate's scores, baseline first and candidate first; None if one is void, or
            was not judged.
    """

    judge: str
    pair: tuple[float, float] | None

    @property
    def score(self) -> float | None:
        """The mean of both orders; None without a pair."""
        return None if self.pair is None else sum(self.pair) / 2


def battles(ledger: Ledger) -> Iterator[Battle]:
    """Yield the battles of a run in the plan's order, those without any answer left out."""
    plan, baseline = ledger.plan, ledger.plan.baseline.name
    repeats, chairs = range(plan.repeats), chairs_of(plan.judges)
    recorded = Games(ledger, chairs, said_in(ledger, chairs), said_in(ledger, chairs, calls=True))
    for prompt in plan.prompts:
        # One object for all who fight it: a page that holds an answer once goes by that.
        against = [ledger.answers.get(AnswerSlot(baseline, prompt.id, one)) for one in repeats]
        for candidate in plan.candidates:
            for repeat in repeats:
                slot = AnswerSlot(candidate.name, prompt.id, repeat)
                answered = ledger.answers.get(slot)
                if answered is not None or against[repeat] is not None:
                    yield _battle(recorded, prompt, slot, (answered, against[repeat]))


def judge_views(games: Iterable[Seated]) -> list[JudgeView]:
    """Return what each judge said of one battle, the two orders side by side.

    Args:
        games: By judge, repeat and order.
    """
    scores: dict[tuple[str, int], list[float | None]] = {}
    for (judge, again, order), said in games:
        scores.setdefault((judge, again), []).append(said.candidate_score(order))
    return [JudgeView(judge, _pair(own)) for (judge, _), own in scores.items()]


def _pair(scores: list[float | None]) -> tuple[float, float] | None:
    if len(scores) < len(_ORDERS):
        return None
    first, second = scores
    return None if first is None or second is None else (first, second)


def _battle(recorded: Games, prompt: Prompt, slot: AnswerSlot, sides: _Sides) -> Battle:
    plan, (answered, baseline) = recorded.ledger.plan, sides
    games = recorded.of(recorded.said, *slot)
    settled = _settled(plan, sides, games, len(recorded.chairs))
    pairs = (view.pair for view in judge_views(games))
    apart = [abs(first - second) for first, second in filter(None, pairs)]
    return Battle(
        suite=plan.suite,
        candidate=slot.contestant,
        prompt=prompt,
        repeat=slot.repeat,
        outcome=_outcome(settled),
        score=None if settled is None else settled.score,
        cause=_cause(plan, settled, sides, games)
        if settled is not None and settled.score is None
        else None,
        baseline=baseline,
        answered=answered,
        recorded=recorded,
        identical=settled is not None and settled.equal,
        disagree=any(apart),
        flip=1.0 in apart,
        forfeit=_ends(plan, sides) if settled is not None and settled.forfeit else None,
    )


def _settled(plan: Plan, sides: _Sides, games: Sequence[Seated], due: int) -> Settled | None:
    ours, theirs = sides
    if ours is None or theirs is None:
        return None
    if not plan.judges:  # nobody was to judge: nothing is missing, and nothing is void
        return None
    settled = unjudged(plan, ours.answer, theirs.answer)
    if settled is not None:
        return settled
    if len(games) < due:
        return None
    said = [judgment for _, judgment in games]
    return judged(plan, list(zip(said[0::2], said[1::2], strict=True)))


def _part(contestant: Contestant, prompt: Prompt) -> str | None:
    return contestant.model_for(prompt).label if contestant.parts else None


def _outcome(settled: Settled | None) -> Outcome:
    if settled is None:
        return "unplayed"
    if settled.score is None:
        return "void"
    return "win" if settled.score > _EVEN else "loss" if settled.score < _EVEN else "tie"


def _ends(plan: Plan, sides: _Sides) -> str:
    """Return how the answers ended that no judge was shown, and whose they are."""
    ours, theirs = (_end(plan, side) for side in sides)
    if ours == theirs == _FAILED:
        return "both calls failed"
    named = (("candidate", ours), ("baseline", theirs))
    return ", ".join(f"{who}'s {end}" for who, end in named if end)


def _end(plan: Plan, answered: Answered | None) -> str:
    if answered is None or not answered.answer.ok:
        return _FAILED
    judged = plan.finishes.of(answered.answer) == "judge"
    return "" if judged else _ENDS[answered.answer.finish or ""]


def _cause(plan: Plan, settled: Settled, sides: _Sides, games: Sequence[Seated]) -> str:
    if settled.candidate_failed or settled.baseline_failed:
        return _ends(plan, sides)
    if settled.blank:
        return "both answers are empty"
    if any(vote is not None for vote in settled.votes):
        return "fewer judges than the quorum"
    voids = {said.void: None for _, said in games if said.void is not None}
    failed = (void for void in voids if void != "abstained")
    return _JUDGE_VOIDS[next(failed, "abstained" if voids else "judge")]


_FAILED = "call failed"
_ENDS = {
    "refusal": "answer is a refusal",
    "content_filter": "answer was filtered",
    "length": "answer was cut off at the token limit",
}
_JUDGE_VOIDS = {
    "unparsed": "judge unreadable",
    "label": "judge off its labels",
    "call": "judge's call failed",
    "judge": "judge's code failed",
    "abstained": "judge abstained",
}
