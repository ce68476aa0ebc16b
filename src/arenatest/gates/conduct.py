"""Reads how judges behave: shares of what they said of battles, or of golden ones.

Each measure is a part of a whole, counted judge by judge: ties among verdicts, first seats among
games with a winner. A battle that has no whole says nothing, and is no void: a share of decided
battles is about these alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from typing import NamedTuple

from arenatest.gates.evidence import Evidence, Reader
from arenatest.model.health import GOLDEN, GoldenBattle, is_kin
from arenatest.model.judgment import Verdict, VoidCause
from arenatest.model.plan import JudgeSeat, Plan, Rule
from arenatest.model.prompt import Prompt
from arenatest.model.record import AnswerSlot, Ledger
from arenatest.model.said import Look, chairs_of, said_in

_EVEN = 0.5

Word = tuple[Verdict | None, VoidCause | None]
"""What a judge said of a game: a verdict, or why there is none."""


class Part(NamedTuple):
    """So much of a whole; nothing of nothing where a measure does not apply."""

    part: float = 0.0
    whole: float = 0.0

    @property
    def share(self) -> float | None:
        """The part as a fraction; None of nothing."""
        return self.part / self.whole if self.whole else None

    def plus(self, other: Part) -> Part:
        """Return both together."""
        return Part(self.part + other.part, self.whole + other.whole)


NOTHING = Part()
"""What a measure says that does not apply."""


class Heard(NamedTuple):
    """What one judge said of one battle, in all of its games.

    Attributes:
        games: Games with a verdict or a void.
        asked: Those from which the judge did not abstain.
        errors: Those that failed by the judge's own call or code.
        read: Those with a verdict.
        ties: Verdicts that name no winner.
        first: Those that name the first answer.
        score: The mean score of the candidate over games in both orders; None without such a pair.
    """

    games: int
    asked: int
    errors: int
    read: int
    ties: int
    first: int
    score: float | None


@lru_cache(maxsize=1024)  # few words make nearly all battles
def heard(said: tuple[Word, ...]) -> Heard:
    """Return what a judge's games of one battle come to.

    Args:
        said: All repeats, with the baseline first and with the candidate first in turn.
    """
    verdicts, voids = zip(*said, strict=True) if said else ((), ())
    scores = [None if verdict is None else verdict.score_of_a for verdict in verdicts]
    pairs = [
        (1.0 - first + second) / 2.0
        for first, second in zip(scores[0::2], scores[1::2], strict=True)
        if first is not None and second is not None
    ]
    return Heard(
        games=len(said),
        asked=len(said) - voids.count("abstained"),
        errors=voids.count("call") + voids.count("judge"),
        read=len(scores) - scores.count(None),
        ties=scores.count(_EVEN),
        first=scores.count(1.0),
        score=sum(pairs) / len(pairs) if pairs else None,
    )


class Seen(NamedTuple):
    """What one judge said of one battle, and what a measure must know of it.

    Attributes:
        seat: The judge.
        heard: What it said.
        lengths: Characters of the candidate's answer and of the baseline's.
        families: Of the candidate and of the baseline.
        label: Mean score that people gave the candidate; None where nobody did.
    """

    seat: JudgeSeat
    heard: Heard
    lengths: tuple[int, int] = (0, 0)
    families: tuple[str | None, str | None] = (None, None)
    label: float | None = None


Measure = Callable[[Seen], Part]
Labels = Mapping[tuple[str, str], float]


def _parsed(seen: Seen) -> Part:
    return Part(seen.heard.read, seen.heard.asked)


def _errors(seen: Seen) -> Part:
    return Part(seen.heard.errors, seen.heard.games)


def _ties(seen: Seen) -> Part:
    return Part(seen.heard.ties, seen.heard.read)


def _first(seen: Seen) -> Part:
    return Part(seen.heard.first, seen.heard.read - seen.heard.ties)


def _longer(seen: Seen) -> Part:
    ours, theirs = seen.lengths
    return _favoured(seen, ours=ours > theirs) if ours != theirs else NOTHING


def _kin(seen: Seen) -> Part:
    if seen.seat.family is None:
        return NOTHING
    ours, theirs = (is_kin(seen.seat.family, family) for family in seen.families)
    return _favoured(seen, ours=ours) if ours != theirs else NOTHING


def _human(seen: Seen) -> Part:
    score = seen.heard.score
    if seen.label is None or score is None:
        return NOTHING
    return Part(side(score) == side(seen.label), 1.0)


MEASURES: Mapping[str, Measure] = {
    "parse_rate": _parsed,
    "judge_error_rate": _errors,
    "tie_rate": _ties,
    "first_share": _first,
    "length_preference": _longer,
    "family_preference": _kin,
    "human_agreement": _human,
}
"""The measures of judges that games of battles tell, by the name of their metric."""

_OF_SILENCE = frozenset({"parse_rate", "judge_error_rate"})


def conduct_reader(rule: Rule, plan: Plan) -> Reader[float]:
    """Return the reader of a rule on what judges do; all judges and repeats of a prompt count."""
    if rule.metric.source == "golden":
        return partial(_golden_evidence, {b.prompt.id: b for b in plan.golden}, plan)
    return _Conduct(rule, plan)


def seen_battles(
    ledger: Ledger, candidate: str, prompt: Prompt, look: Look, *, labels: Labels
) -> list[list[Seen]] | None:
    """Return what each judge, in the plan's order, saw of a candidate's battles on one prompt.

    Args:
        ledger: The record.
        candidate: Whose battles.
        prompt: The prompt.
        look: Looks up what the plan's judges said.
        labels: As :func:`labels_of` gives them.

    Returns:
        For each judge the repeats that were judged: none where a call failed, the texts are
        equal, or an end is treated otherwise. None while something is missing.
    """
    plan = ledger.plan
    seen: list[list[Seen]] = [[] for _ in plan.judges]
    families, label = _families(plan, candidate, prompt), labels.get((prompt.id, candidate))
    for repeat in range(plan.repeats):
        ours = ledger.answers.get(AnswerSlot(candidate, prompt.id, repeat))
        theirs = ledger.answers.get(AnswerSlot(plan.baseline.name, prompt.id, repeat))
        if ours is None or theirs is None:
            return None
        judged = plan.finishes.judged(ours.answer, theirs.answer)
        if not judged or ours.answer.says(theirs.answer):
            continue
        games = look(candidate, prompt.id, repeat)
        words = [(said.verdict, said.void) for said in games if said is not None]
        if len(words) < len(games):
            return None
        lengths, start = (ours.answer.length, theirs.answer.length), 0
        for own, seat in zip(seen, plan.judges, strict=True):
            end = start + 2 * seat.repeats
            own.append(Seen(seat, heard(tuple(words[start:end])), lengths, families, label))
            start = end
    return seen


def golden_part(ledger: Ledger, seat: JudgeSeat, battle: GoldenBattle) -> Part | None:
    """Return on how many of a golden battle's games a judge is right; None while one is missing.

    Text A stands in for the baseline's answer. Strength does not count, and neither do voids.
    """
    chairs = chairs_of([seat])
    said = said_in(ledger, chairs)(GOLDEN, battle.prompt.id, 0)
    right = {1.0 - expected.score_of_a for expected in battle.expected}
    scores = []
    for chair, judgment in zip(chairs, said, strict=True):
        if judgment is None:
            return None
        scores.append(judgment.candidate_score(chair.order))
    read = [score for score in scores if score is not None]
    return Part(sum(score in right for score in read), len(read))


def labels_of(plan: Plan) -> Labels:
    """Return the mean score that people gave, by prompt and candidate."""
    scores: dict[tuple[str, str], list[float]] = {}
    for label in plan.labels:
        scores.setdefault((label.prompt, label.candidate), []).append(label.score)
    return {place: sum(given) / len(given) for place, given in scores.items()}


def side(score: float) -> int:
    """Return 1 for the candidate's side, -1 for the baseline's, 0 for neither."""
    return (score > _EVEN) - (score < _EVEN)


def total(parts: Iterable[Part]) -> Part:
    """Return the parts and their wholes together."""
    listed = list(parts)
    return Part(sum(part for part, _ in listed), sum(whole for _, whole in listed))


class _Conduct:
    """Reads one measure over all judges and repeats of one prompt."""

    def __init__(self, rule: Rule, plan: Plan) -> None:
        self._candidate, self._labels = rule.candidate, labels_of(plan)
        self._chairs = chairs_of(plan.judges)
        self._measure = MEASURES[rule.metric.name]
        self._silent = rule.metric.name in _OF_SILENCE

    def __call__(self, ledger: Ledger, prompt: Prompt) -> Evidence[float] | None:
        look = said_in(ledger, self._chairs)
        judged = seen_battles(ledger, self._candidate, prompt, look, labels=self._labels)
        if judged is None:
            return None
        seen = [one for battles in judged for one in battles]
        share = total(map(self._measure, seen))
        unread = bool(seen) and not any(one.heard.read for one in seen)
        return _evidence(share, void=unread and not self._silent)


def _golden_evidence(
    golden: Mapping[str, GoldenBattle], plan: Plan, ledger: Ledger, prompt: Prompt
) -> Evidence[float] | None:
    parts = [golden_part(ledger, seat, golden[prompt.id]) for seat in plan.judges]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    share = total(known)
    return _evidence(share, void=not share.whole)


def _evidence(share: Part, *, void: bool) -> Evidence[float]:
    values = () if share.share is None else (share.share,)
    return Evidence(passing=values, failing=values, values=values, void=void and not values)


def _favoured(seen: Seen, *, ours: bool) -> Part:
    """Return whether a decided battle went to one side."""
    score = seen.heard.score
    if score is None or score == _EVEN:
        return NOTHING
    return Part((score > _EVEN) == ours, 1.0)


def _families(plan: Plan, candidate: str, prompt: Prompt) -> tuple[str | None, str | None]:
    """Return whose make answered: of the candidate, and of the baseline."""
    ours = next((c.model_for(prompt).family for c in plan.candidates if c.name == candidate), None)
    return ours, plan.baseline.model_for(prompt).family
