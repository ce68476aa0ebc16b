"""From what was found between a baseline and others to the plan that a run of it would have had."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from arenatest.imports.found import Voted
from arenatest.imports.grouping import Group
from arenatest.imports.heap import Heap
from arenatest.imports.losses import Losses
from arenatest.model.identity import content_id
from arenatest.model.metric import BUILT_IN, MetricSpec
from arenatest.model.plan import Contestant, JudgeSeat, Plan, Rule
from arenatest.model.prompt import Prompt, Where
from arenatest.suite.contestants import family_of
from arenatest.suite.names import slug
from arenatest.suite.order import battle_order
from arenatest.suite.plan_identity import plan_hash

VOTES = "votes"
"""The metric of people's votes: 1 for the candidate, 0 for the baseline, 0.5 for a tie."""
AS_GOOD = 0.5
"""What an imported gate asks for: to be at least as good as the baseline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """A vote in its place: the prompt that stands for it in the plan, and who was voted on."""

    prompt: str
    candidate: str
    vote: Voted


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A run before it is recorded.

    Attributes:
        plan: What it would have planned.
        source: The format that it comes from.
        shared: Ids of the prompts that all contestants are held to: whoever has no answer there,
            failed.
        ballots: The votes, by the ids of their prompts.
    """

    plan: Plan
    source: str
    shared: frozenset[str] = frozenset()
    ballots: Mapping[str, Ballot] = field(default_factory=dict)


def preference_of(judge: str) -> str:
    """Return the name of the metric for what a judge said once of each pair."""
    return f"preference of {judge}"


def draft_of(heap: Heap, group: Group, *, source: str, name: str, losses: Losses) -> Draft | None:
    """Return the run of the battles of a group; None where nothing is left of it.

    Args:
        heap: Everything found.
        group: Who takes part.
        source: The format.
        name: Of the suite.
        losses: Takes games whose answers nobody has.
    """
    return _Drafting(heap, group, source, losses).draft(name)


def draft_of_answers(
    heap: Heap, group: Group, *, source: str, name: str, beyond: Collection[str]
) -> Draft | None:
    """Return the run of a group that never met; None where nothing is left of it.

    Args:
        heap: Everything found.
        group: Who takes part.
        source: The format.
        name: Of the suite.
        beyond: Prompts that are in other runs.
    """
    return _Drafting(heap, group, source, Losses()).draft_without_battles(name, beyond)


class _Drafting:
    def __init__(self, heap: Heap, group: Group, source: str, losses: Losses) -> None:
        self._heap, self._source, self._losses = heap, source, losses
        self._baseline = group.baseline
        self._candidates = group.candidates
        self._names: set[str] = set()
        self._judges: dict[str, int] = {}
        self._metrics: dict[str, MetricSpec] = {}
        self._rules: list[Rule] = []

    def draft(self, name: str) -> Draft | None:
        met = [other for other in self._candidates if self._meets(other)]
        ballots = {one.prompt: one for one in self._ballots()}
        voted = dict.fromkeys(one.candidate for one in ballots.values())
        for other in voted:
            metric = self._fraction(VOTES)
            self._rules.append(self._rule(metric, other, where=(("subset", (other,)),)))
        kept = [one for one in self._candidates if one in met or one in voted]
        self._graded((self._baseline, *kept), self._names)
        prompts = [*map(self._heap.prompt, sorted(self._names)), *self._cast(ballots.values())]
        if not kept or not prompts:
            return None
        plan = self._plan(name, kept, prompts)
        return Draft(plan=plan, shared=frozenset(self._names), ballots=ballots, source=self._source)

    def draft_without_battles(self, name: str, beyond: Collection[str]) -> Draft | None:
        """Return a run of answers and of numbers that they were given; no gate looks at it."""
        models = (self._baseline, *self._candidates)
        names = sorted(set(self._heap.prompts_of(models)) - set(beyond))
        self._graded(models, frozenset(names))
        plan = self._plan(name, self._candidates, map(self._heap.prompt, names))
        return Draft(plan=plan, source=self._source) if names else None

    def _graded(self, models: Iterable[str], names: Collection[str]) -> None:
        """Gather the metrics of the numbers that answers to these prompts were given."""
        for score in self._heap.scored(models):
            if score.prompt in names:
                self._metrics.setdefault(score.metric, _points(score.metric, score.range))

    def _meets(self, other: str) -> bool:
        """Gather what judges said of a candidate; return whether they said anything."""
        names: set[str] = set()
        judges: dict[str, int] = {}
        for game in self._heap.fought(self._baseline, other):
            names.add(game.prompt)
            judges[game.judge] = max(judges.get(game.judge, 0), game.again + 1)
        if names and not self._both_answered(other, names):
            what = "games without the answers that they are about: give these files too"
            self._losses.miss(what, f"{other} against {self._baseline}", number=2 * len(names))
            names, judges = set(), {}
        if names:
            self._rules.append(self._rule(BUILT_IN["win_rate"], other))
            self._judges |= {j: max(n, self._judges.get(j, 0)) for j, n in judges.items()}
        once: dict[str, None] = {}
        for preference in self._heap.preferred(self._baseline, other):
            names.add(preference.prompt)
            once[preference.judge] = None
        for judge in once:
            self._rules.append(self._rule(self._fraction(preference_of(judge)), other))
        self._names |= names
        return bool(names)

    def _both_answered(self, other: str, names: set[str]) -> bool:
        ours, theirs = (
            names.intersection(self._heap.prompts_of([one])) for one in (other, self._baseline)
        )
        return bool(ours & theirs)

    def _ballots(self) -> Iterator[Ballot]:
        """Yield the votes; the second on one question gets a prompt of its own, and so on."""
        times: dict[str, int] = {}
        for other in self._candidates:
            for vote in self._heap.voted(self._baseline, other):
                again = times[vote.prompt] = times.get(vote.prompt, 0) + 1
                first = again == 1 and vote.prompt not in self._names
                name = vote.prompt if first else f"{vote.prompt}~{again}"
                yield Ballot(prompt=name, candidate=other, vote=vote)

    def _cast(self, ballots: Iterable[Ballot]) -> Iterator[Prompt]:
        """Yield the prompts of votes, each behind the earlier turns of its conversation."""
        there: set[str] = set()
        for ballot in sorted(ballots, key=lambda one: (one.vote.prompt, one.prompt)):
            prompt = self._heap.prompt(ballot.vote.prompt)
            if prompt.conversation is not None:
                for turn in self._heap.turns(prompt.conversation)[: prompt.turn]:
                    if turn.id not in there and turn.id not in self._names:
                        there.add(turn.id)
                        yield turn
            elif prompt.family is None:
                prompt = replace(prompt, family=ballot.vote.prompt)
            there.add(ballot.prompt)
            yield replace(prompt, id=ballot.prompt, subset=ballot.candidate)

    def _fraction(self, name: str) -> MetricSpec:
        return self._metrics.setdefault(
            name,
            MetricSpec(
                name=name,
                unit="fraction",
                direction="higher",
                range=(0.0, 1.0),
                source="plugin",
                of="battle",
            ),
        )

    def _rule(self, metric: MetricSpec, candidate: str, where: Where = ()) -> Rule:
        return Rule(
            id=slug(metric.name),
            candidate=candidate,
            metric=metric,
            stat="rate" if metric.rate else "mean",
            side="min",
            limit=AS_GOOD,
            against=self._baseline,
            where=where,
        )

    def _plan(self, name: str, candidates: Iterable[str], prompts: Iterable[Prompt]) -> Plan:
        metrics = tuple(self._metrics.values())
        plan = Plan(
            suite=name,
            description=f"imported from {self._source}",
            path=self._source,
            prompts=battle_order([*{one.id: one for one in prompts}.values()], 0),
            baseline=self._contestant(self._baseline),
            candidates=tuple(map(self._contestant, candidates)),
            judges=tuple(self._seat(*one) for one in sorted(self._judges.items())),
            metrics=metrics,
            rules=tuple(self._rules),
            early_stop=False,
            metric_fingerprints=tuple(
                content_id("imported metric", self._source, metric.name) for metric in metrics
            ),
            hash="",
        )
        return replace(plan, hash=plan_hash(plan))

    def _contestant(self, name: str) -> Contestant:
        return Contestant(
            name=name,
            kind=self._source,
            fingerprint=content_id("imported", self._source, name),
            settings={"model": name},
            family=family_of(name),
            timeout=0.0,  # nobody is going to be called
        )

    def _seat(self, name: str, repeats: int) -> JudgeSeat:
        return JudgeSeat(
            name=name,
            kind=self._source,
            fingerprint=content_id("imported judge", self._source, name),
            repeats=repeats,
            family=family_of(name),
            settings={"model": name},
        )


def _points(name: str, bounds: tuple[float, float] | None) -> MetricSpec:
    return MetricSpec(name=name, unit="points", direction="higher", range=bounds)
