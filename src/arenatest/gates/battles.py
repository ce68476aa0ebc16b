"""Reads battles: win rate, flip rate and void rate, with the counts for the judges' health."""

from __future__ import annotations

from typing import NamedTuple

from arenatest.gates.evidence import Evidence, Games, Jury, Reader
from arenatest.model.judgment import Judgment, Order
from arenatest.model.plan import JudgeSeat, Plan, Rule
from arenatest.model.prompt import Prompt
from arenatest.model.record import AnswerSlot, GameSlot, Ledger

_TIE = 0.5


class Battle(NamedTuple):
    """One settled battle: the candidate against the baseline on one prompt, one repeat.

    Attributes:
        score: 0 to 1 for the candidate; None for a void.
        candidate_failed, baseline_failed: Whether a side gave no answer.
        equal: Whether the texts are equal: a tie without a game.
        blank: Whether neither text says anything: equal, but nothing that could be compared.
        games: What each judge did; ``prompts`` and ``decisive`` are 0 or 1.
    """

    score: float | None = None
    candidate_failed: bool = False
    baseline_failed: bool = False
    equal: bool = False
    blank: bool = False
    games: Jury = ()


_EQUAL = Battle(score=_TIE, equal=True)
_BLANK = Battle(blank=True)


def battle_reader(rule: Rule, plan: Plan) -> Reader[float]:
    """Return the reader of a rule on a metric that comes from judgments."""
    if rule.metric.name == "win_rate":
        return _WinRate(rule, plan)
    if rule.metric.name == "flip_rate":
        return _FlipRate(rule, plan)
    return _VoidRate(rule, plan)


def read_battle(
    ledger: Ledger, candidate: str, prompt: str, repeat: int, *, plan: Plan
) -> Battle | None:
    """Return a battle as the record has it; None while it is not settled."""
    ours = ledger.answers.get(AnswerSlot(candidate, prompt, repeat))
    theirs = ledger.answers.get(AnswerSlot(plan.baseline.name, prompt, repeat))
    if ours is None or theirs is None:
        return None
    if not (ours.answer.ok and theirs.answer.ok):
        return Battle(candidate_failed=not ours.answer.ok, baseline_failed=not theirs.answer.ok)
    if ours.answer.text == theirs.answer.text:
        return _EQUAL if ours.answer.text.strip() else _BLANK
    return _judged(ledger, candidate, prompt, repeat, judges=plan.judges)


def _judged(
    ledger: Ledger, candidate: str, prompt: str, repeat: int, *, judges: tuple[JudgeSeat, ...]
) -> Battle | None:
    scores: list[float] = []
    games: list[Games] = []
    for judge in judges:
        own: list[float] = []
        read = flips = 0
        for again in range(judge.repeats):
            place = (candidate, prompt, repeat, judge.name, again)
            first = ledger.judgments.get(GameSlot(*place, Order.BASELINE_FIRST))
            second = ledger.judgments.get(GameSlot(*place, Order.CANDIDATE_FIRST))
            if first is None or second is None:
                return None
            read += (first.verdict is not None) + (second.verdict is not None)
            pair = _pair(first, second, strength=judge.strength)
            if pair is not None:
                result, flip = pair
                own.append(result)
                flips += flip
        score = sum(own) / len(own) if own else None
        if score is not None:
            scores.append(score)
        scored, decisive = score is not None, score not in (None, _TIE)
        games.append(Games(2 * judge.repeats, read, len(own), flips, int(scored), int(decisive)))
    return Battle(score=sum(scores) / len(scores) if scores else None, games=tuple(games))


def _pair(first: Judgment, second: Judgment, *, strength: bool) -> tuple[float, bool] | None:
    """Return the score of two games in both orders and whether they flip; None if one is void."""
    one = first.candidate_score(Order.BASELINE_FIRST)
    two = second.candidate_score(Order.CANDIDATE_FIRST)
    if one is None or two is None:
        return None
    if abs(one - two) == 1.0:
        return _TIE, True
    if strength:
        one = first.candidate_score(Order.BASELINE_FIRST, strength=True)
        two = second.candidate_score(Order.CANDIDATE_FIRST, strength=True)
    return ((one or 0.0) + (two or 0.0)) / 2.0, False


class _Battles:
    """Reads all repeats of a prompt's battle of one candidate."""

    def __init__(self, rule: Rule, plan: Plan) -> None:
        self._plan = plan
        self._candidate = rule.candidate
        self._worst, self._best = (0.0, 1.0) if rule.side == "min" else (1.0, 0.0)

    def _read(self, ledger: Ledger, candidate: str, prompt: Prompt) -> list[Battle] | None:
        battles = []
        for repeat in range(self._plan.repeats):
            battle = read_battle(ledger, candidate, prompt.id, repeat, plan=self._plan)
            if battle is None:
                return None
            battles.append(battle)
        return battles


class _WinRate(_Battles):
    """The candidate's score; against another candidate, the two paired on the baseline."""

    def __init__(self, rule: Rule, plan: Plan) -> None:
        super().__init__(rule, plan)
        self._other = None if rule.against == plan.baseline.name else rule.against

    def __call__(self, ledger: Ledger, prompt: Prompt) -> Evidence[float] | None:
        battles = self._read(ledger, self._candidate, prompt)
        if battles is None:
            return None
        sides = [self._sides(battle) for battle in battles]
        if self._other is not None:
            others = self._read(ledger, self._other, prompt)
            if others is None:
                return None
            sides = [
                (_lead(ours[0], theirs[1]), _lead(ours[1], theirs[0]), _lead(ours[2], theirs[2]))
                for ours, theirs in zip(sides, map(self._sides, others), strict=True)
            ]
            battles = [*battles, *others]
        values = tuple([value for _, _, value in sides if value is not None])
        return Evidence(
            passing=tuple([x for x, _, _ in sides if x is not None]),
            failing=tuple([x for _, x, _ in sides if x is not None]),
            values=values,
            void=not values,
            games=_counted(battles),
        )

    def _sides(self, battle: Battle) -> tuple[float | None, float | None, float | None]:
        """Return what a battle says for passing, for failing, and as a value."""
        if battle.score is not None:
            return battle.score, battle.score, battle.score
        if battle.candidate_failed and not battle.baseline_failed:
            return self._worst, None, None
        if battle.baseline_failed and not battle.candidate_failed:
            return None, self._best, None
        return None, None, None


def _lead(ours: float | None, theirs: float | None) -> float | None:
    """Return how far we are ahead of another on a shared baseline: 0.5 where level."""
    return None if ours is None or theirs is None else (ours - theirs + 1.0) / 2.0


def _counted(battles: list[Battle]) -> Jury:
    """Add up each judge's games over the repeats of one prompt, which stays one prompt."""
    if len(battles) == 1:
        return battles[0].games
    judged = [battle.games for battle in battles if battle.games]
    return tuple([_summed(own) for own in zip(*judged, strict=True)])


def _summed(games: tuple[Games, ...]) -> Games:
    played, read, pairs, flips, prompts, decisive = (
        sum(column) for column in zip(*games, strict=True)
    )
    return Games(played, read, pairs, flips, min(prompts, 1), min(decisive, 1))


class _FlipRate(_Battles):
    """The share of pairs of games whose two orders name different winners."""

    def __call__(self, ledger: Ledger, prompt: Prompt) -> Evidence[float] | None:
        battles = self._read(ledger, self._candidate, prompt)
        if battles is None:
            return None
        passing: list[float] = []
        failing: list[float] = []
        values: list[float] = []
        for battle in battles:
            pairs = sum([judge.pairs for judge in battle.games])
            if pairs:
                share = sum([judge.flips for judge in battle.games]) / pairs
                for kept in (passing, failing, values):
                    kept.append(share)
            elif battle.candidate_failed != battle.baseline_failed:
                if battle.candidate_failed:
                    passing.append(self._worst)
                else:
                    failing.append(self._best)
        return Evidence(
            passing=tuple(passing),
            failing=tuple(failing),
            values=tuple(values),
            void=not values and not all(battle.equal for battle in battles),
        )


class _VoidRate(_Battles):
    """The share of battles without a verdict; itself never void."""

    def __call__(self, ledger: Ledger, prompt: Prompt) -> Evidence[float] | None:
        battles = self._read(ledger, self._candidate, prompt)
        if battles is None:
            return None
        voids = tuple([float(battle.score is None) for battle in battles])
        return Evidence(passing=voids, failing=voids, values=voids)
