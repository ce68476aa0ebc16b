"""Reads battles: win rate, flip rate and void rate, with the counts for the judges' health."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from arenatest.gates.evidence import Evidence, Fate, Games, Jury, Reader
from arenatest.gates.voting import TIE, jury_score
from arenatest.model.answer import Answer
from arenatest.model.finish import Treatment
from arenatest.model.judgment import Judgment, Order, Verdict, VoidCause
from arenatest.model.plan import JudgeSeat, Plan, Rule
from arenatest.model.prompt import Prompt
from arenatest.model.record import AnswerSlot, GameSlot, Ledger


class Battle(NamedTuple):
    """One settled battle: the candidate against the baseline on one prompt, one repeat.

    Attributes:
        score: 0 to 1 for the candidate; None for a void.
        candidate_failed, baseline_failed: Whether a side gave no answer, or none that counts.
        equal: Whether the texts are equal: a tie without a game.
        forfeit: Whether a side lost by how its answer ended, or both did: no judge was asked.
        blank: Whether neither text says anything: equal, but nothing that could be compared.
        votes: Each judge's score in the order of the plan, None for a judge without one; empty
            where nobody judged.
        games: What each judge did; ``prompts`` and ``decisive`` are 0 or 1.
    """

    score: float | None = None
    candidate_failed: bool = False
    baseline_failed: bool = False
    equal: bool = False
    forfeit: bool = False
    blank: bool = False
    votes: tuple[float | None, ...] = ()
    games: Jury = ()


BothOrders = tuple[Judgment, Judgment]
"""Two games of one judge: with the baseline first, and with the candidate first."""

_Words = tuple[Verdict | None, VoidCause | None, Verdict | None, VoidCause | None]  # of two games
_BASELINE_FIRST, _CANDIDATE_FIRST = Order  # an enum is slow to ask by name
_EQUAL = Battle(score=TIE, equal=True)
_BLANK = Battle(blank=True)


def battle_reader(rule: Rule, plan: Plan) -> Reader[Any]:
    """Return the reader of a rule on a metric that comes from judgments."""
    if rule.stat == "losses":
        return _Losses(rule, plan)
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
    settled = unjudged(plan, ours.answer, theirs.answer)
    if settled is not None:
        return settled
    games: list[BothOrders] = []
    for judge in plan.judges:
        own = _said(ledger, (candidate, prompt, repeat), judge)
        if own is None:
            return None
        games += own
    return judged(plan, games)


def unjudged(plan: Plan, ours: Answer, theirs: Answer) -> Battle | None:
    """Return a battle that is over before a judge is asked; None for one that judges settle.

    Args:
        plan: What it says of ends of answers.
        ours: The candidate's answer.
        theirs: The baseline's.
    """
    if not plan.finishes.judged(ours, theirs):
        return _ended(*(_standing(plan, side) for side in (ours, theirs)))
    if ours.says(theirs):
        return _EQUAL if ours.text.strip() else _BLANK
    return None


def judged(plan: Plan, games: Sequence[BothOrders]) -> Battle:
    """Return a battle that judges settle.

    Args:
        plan: Who judges, and how their votes are counted.
        games: All of it, by judge and repeat.
    """
    votes: list[float | None] = []
    counted: list[Games] = []
    start = 0
    for judge in plan.judges:
        end = start + judge.repeats
        score, counts = _vote(games[start:end], strength=judge.strength)
        votes.append(score)
        counted.append(counts)
        start = end
    score = jury_score(votes, voting=plan.voting, quorum=plan.quorum)
    return Battle(score=score, votes=tuple(votes), games=tuple(counted))


def _standing(plan: Plan, answer: Answer) -> Treatment:
    return plan.finishes.of(answer) if answer.ok else "failure"


def _ended(ours: Treatment, theirs: Treatment) -> Battle:
    """Return a battle by how its answers ended: lost, or void.

    Where an answer is missing, nobody wins by what the other one is worth.
    """
    sides = (ours, theirs)
    if "failure" in sides or "void" in sides:
        return Battle(candidate_failed=ours != "judge", baseline_failed=theirs != "judge")
    if ours == theirs:
        return Battle(score=TIE, forfeit=True)
    return Battle(score=float(theirs == "loss"), forfeit=True)


def _said(ledger: Ledger, place: tuple[str, str, int], judge: JudgeSeat) -> list[BothOrders] | None:
    """Return a judge's games of one battle, both orders side by side; None while one is missing."""
    said = []
    for again in range(judge.repeats):
        first = ledger.judgments.get(GameSlot(*place, judge.name, again, _BASELINE_FIRST))
        second = ledger.judgments.get(GameSlot(*place, judge.name, again, _CANDIDATE_FIRST))
        if first is None or second is None:
            return None
        said.append((first, second))
    return said


def _vote(said: Sequence[BothOrders], *, strength: bool) -> tuple[float | None, Games]:
    """Return a judge's score of one battle, the mean of its repeats, and what it did."""
    words = [(first.verdict, first.void, second.verdict, second.void) for first, second in said]
    return _counted_words(tuple(words), strength=strength)


@lru_cache(maxsize=1024)  # few words make nearly all battles
def _counted_words(words: tuple[_Words, ...], *, strength: bool) -> tuple[float | None, Games]:
    own: list[float] = []
    played = read = flips = 0
    for one, why_one, two, why_two in words:
        first, second = Judgment(verdict=one, void=why_one), Judgment(verdict=two, void=why_two)
        played += (first.void != "abstained") + (second.void != "abstained")
        read += (first.verdict is not None) + (second.verdict is not None)
        pair = _pair(first, second, strength=strength)
        if pair is not None:
            result, flip = pair
            own.append(result)
            flips += flip
    score = sum(own) / len(own) if own else None
    scored, decisive = score is not None, score not in (None, TIE)
    return score, Games(played, read, len(own), flips, int(scored), int(decisive))


def _pair(first: Judgment, second: Judgment, *, strength: bool) -> tuple[float, bool] | None:
    """Return the score of two games in both orders and whether they flip; None if one is void."""
    one = first.candidate_score(_BASELINE_FIRST)
    two = second.candidate_score(_CANDIDATE_FIRST)
    if one is None or two is None:
        return None
    if abs(one - two) == 1.0:
        return TIE, True
    if strength:
        one = first.candidate_score(_BASELINE_FIRST, strength=True)
        two = second.candidate_score(_CANDIDATE_FIRST, strength=True)
    return ((one or 0.0) + (two or 0.0)) / 2.0, False


class _Battles:
    """Reads all repeats of a prompt's battle of one candidate."""

    def __init__(self, rule: Rule, plan: Plan) -> None:
        self._plan = plan
        self._pairs = sum(judge.repeats for judge in plan.judges)
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
            jury=_together(battles),
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


def _together(battles: list[Battle]) -> Games:
    """Return whether the jury scored a prompt at all, and whether it preferred an answer."""
    scores = [battle.score for battle in battles if battle.games and battle.score is not None]
    return Games(prompts=min(len(scores), 1), decisive=int(any(s != TIE for s in scores)))


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
            void=not values and not all(battle.equal or battle.forfeit for battle in battles),
        )


class _VoidRate(_Battles):
    """The share of battles without a verdict; itself never void."""

    def __call__(self, ledger: Ledger, prompt: Prompt) -> Evidence[float] | None:
        battles = self._read(ledger, self._candidate, prompt)
        if battles is None:
            return None
        voids = tuple([float(battle.score is None) for battle in battles])
        return Evidence(passing=voids, failing=voids, values=voids)


class _Losses(_Battles):
    """Whether a prompt is lost: most judges prefer the baseline in both orders.

    It looks at the games themselves, not at the score: a loss and a tie is no clear loss. Where
    the jury is to be unanimous, all judges must.
    """

    def __call__(self, ledger: Ledger, prompt: Prompt) -> Evidence[Fate] | None:
        battles = self._read(ledger, self._candidate, prompt)
        if battles is None:
            return None
        games = _counted(battles)
        if any(battle.score is None for battle in battles):
            alone = any(b.candidate_failed and not b.baseline_failed for b in battles)
            mirror = any(b.baseline_failed and not b.candidate_failed for b in battles)
            fate = (Fate(prompt.id, lost=False),)
            return Evidence(
                passing=fate if alone else (),
                failing=fate if mirror else (),
                void=True,
                games=games,
                jury=_together(battles),
            )
        fate = (Fate(prompt.id, lost=self._lost(ledger, prompt, battles)),)
        return Evidence(
            passing=fate, failing=fate, values=fate, games=games, jury=_together(battles)
        )

    def _lost(self, ledger: Ledger, prompt: Prompt, battles: list[Battle]) -> bool:
        lost = pairs = 0
        for repeat, battle in enumerate(battles):
            if battle.forfeit and battle.score != TIE:  # as if all judges agreed
                pairs += self._pairs
                lost += self._pairs * (battle.score == 0.0)
                continue
            for judge in self._plan.judges:
                for said in _said(ledger, (self._candidate, prompt.id, repeat), judge) or ():
                    pair = _pair(*said, strength=False)
                    if pair is not None:
                        pairs += 1
                        lost += pair[0] == 0.0
        return 0 < pairs == lost if self._plan.voting == "unanimous" else 2 * lost > pairs
