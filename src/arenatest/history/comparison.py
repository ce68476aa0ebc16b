"""Two runs side by side: plans, gates, scores, flips, times, money, failures and judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from arenatest.history.flipped import Flipped, flipped
from arenatest.history.noise import (
    Change,
    by_cluster,
    ratio_change,
    score_change,
    shared_error,
)
from arenatest.history.pairing import Pairing
from arenatest.history.plans import plan_changes
from arenatest.lock.flips import Fought
from arenatest.model.decision import Decision
from arenatest.model.plan import Plan
from arenatest.model.prompt import Prompt
from arenatest.model.record import Ledger
from arenatest.report.battles import battles
from arenatest.report.jury import jury_report
from arenatest.report.panel import judge_reports
from arenatest.stats.paired import LEAST_PAIRS
from arenatest.stats.percentile import nearest_rank

CLOCKS = ("ttft", "tpot", "e2e")
SHARES = (0.50, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One run with all that it recorded and decided."""

    ledger: Ledger
    decisions: Mapping[tuple[str, str], Decision]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Which run one side is; times in seconds since 1970."""

    run: str
    started: float
    finished: float | None
    suite: str
    path: str
    attempt: int
    commit: str | None
    calls: int
    cost: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePair:
    """A gate in both runs; None where a run did not decide it."""

    candidate: str
    gate: str
    before: Decision | None
    after: Decision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePair:
    """A candidate's win rate on the prompts with a verdict in both runs.

    Attributes:
        prompts: With a verdict in both.
        same: Those where both sides' answers are the same calls, so that only judges may differ.
        others: Of ``baseline`` and ``judges`` those that are not as they were: a change need not
            be the candidate's then.
        change: Of the mean score, after less before; None without any prompt.
        flips: Prompts whose battle ended otherwise, the largest changes first.
    """

    candidate: str
    before: float | None
    after: float | None
    prompts: int
    same: int
    others: tuple[str, ...]
    change: Change | None
    flips: tuple[Flipped, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The times of one contestant in one run, in seconds; None without any."""

    n: int
    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockPair:
    """One clock of one contestant in both runs.

    Attributes:
        clock: ``ttft``, ``tpot`` or ``e2e``.
        changed: Whether it is another model, by its fingerprint.
        change: Ratio of times on the same prompts, after to before; None without any.
    """

    contestant: str
    clock: str
    changed: bool
    before: Times
    after: Times
    change: Change | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestantPair:
    """What the answers of one contestant cost, and how many failed, in both runs.

    Attributes:
        answers: Before and after.
        costs: US dollars of an answer in the mean, whoever bought it; None where unknown.
        failures: By kind, also where it was asked again since.
    """

    contestant: str
    answers: tuple[int, int]
    costs: tuple[float | None, float | None]
    failures: tuple[Mapping[str, int], Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgePair:
    """How one judge behaved in both runs: shares before and after, None where undefined."""

    judge: str
    parsed: tuple[float | None, float | None]
    flipped: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs side by side.

    Attributes:
        plan: What differs between what they did, in a line each.
        apart: Who or what is in one of them only, in a line each.
        prompts: That both asked.
        level: What each interval covers, so that all of them hold together at 0.95.
        comparisons: How many intervals those are, of six pairs and more: fewer prove nothing.
        alpha: Krippendorff's alpha of the jury, before and after; None where undefined.
    """

    before: Side
    after: Side
    plan: tuple[str, ...]
    apart: tuple[str, ...]
    prompts: int
    level: float
    comparisons: int
    gates: tuple[GatePair, ...]
    scores: tuple[ScorePair, ...]
    clocks: tuple[ClockPair, ...]
    contestants: tuple[ContestantPair, ...]
    judges: tuple[JudgePair, ...]
    alpha: tuple[float | None, float | None]


def compare(before: Recorded, after: Recorded) -> Comparison:
    """Return what differs from one run to another; nothing is called a change without proof."""
    pairing = Pairing(before.ledger, after.ledger)
    scores = {name: pairing.scores(name) for name in pairing.candidates}
    clocks = {
        (name, clock): pairing.log_ratios(name, clock)
        for name in pairing.contestants
        for clock in CLOCKS
    }
    sizes = [*map(len, scores.values()), *map(len, clocks.values())]
    tests = sum(size >= LEAST_PAIRS for size in sizes)
    error = shared_error(tests)
    plans = before.ledger.plan, after.ledger.plan
    return Comparison(
        before=_side(before),
        after=_side(after),
        plan=plan_changes(*plans),
        apart=tuple(_apart(*plans)),
        prompts=len(pairing.prompts),
        level=1.0 - error,
        comparisons=tests,
        gates=tuple(_gates(before, after)),
        scores=tuple(_scores(pairing, name, pairs, error) for name, pairs in scores.items()),
        clocks=tuple(
            pair
            for (name, clock), ratios in clocks.items()
            if (pair := _clocks(pairing, name, clock, ratio_change(ratios, error=error)))
        ),
        contestants=tuple(_contestant(pairing, name) for name in pairing.contestants),
        judges=tuple(_judges(pairing)),
        alpha=(_alpha(before.ledger), _alpha(after.ledger)),
    )


def _scores(
    pairing: Pairing,
    candidate: str,
    pairs: Sequence[tuple[Prompt, Fought, Fought]],
    error: float,
) -> ScorePair:
    rises = by_cluster((prompt.cluster, now.score - then.score) for prompt, then, now in pairs)
    means = [
        fmean(by_cluster((prompt.cluster, (then, now)[side].score) for prompt, then, now in pairs))
        if pairs
        else None
        for side in (0, 1)
    ]
    return ScorePair(
        candidate=candidate,
        before=means[0],
        after=means[1],
        prompts=len(pairs),
        same=sum(pairing.is_same(candidate, prompt.id) for prompt, _, _ in pairs),
        others=tuple(_others(*(ledger.plan for ledger in pairing.ledgers))),
        change=score_change(rises, error=error),
        flips=flipped(pairing.before, pairing.after, candidate, pairs),
    )


def _others(before: Plan, after: Plan) -> Iterator[str]:
    """Yield who else than the candidate is not as it was, and decides how battles end."""
    if before.baseline.fingerprint != after.baseline.fingerprint:
        yield "baseline"
    juries = [
        (plan.voting, plan.quorum, {(seat.fingerprint, seat.repeats) for seat in plan.judges})
        for plan in (before, after)
    ]
    if juries[0] != juries[1]:
        yield "judges"


def _clocks(
    pairing: Pairing, contestant: str, clock: str, change: Change | None
) -> ClockPair | None:
    then, now = (sorted(times.values()) for times in pairing.clocks(contestant, clock))
    if not then and not now:
        return None
    prints = {
        one.fingerprint
        for ledger in pairing.ledgers
        for one in ledger.plan.contestants
        if one.name == contestant
    }
    return ClockPair(
        contestant=contestant,
        clock=clock,
        changed=len(prints) > 1,
        before=_times(then),
        after=_times(now),
        change=change,
    )


def _times(seconds: Sequence[float]) -> Times:
    p50, p95 = (nearest_rank(seconds, share) if seconds else None for share in SHARES)
    return Times(n=len(seconds), p50=p50, p95=p95)


def _contestant(pairing: Pairing, name: str) -> ContestantPair:
    answers = [
        [answered for slot, answered in ledger.answers.items() if slot.contestant == name]
        for ledger in pairing.ledgers
    ]
    costs = [[one.cost for one in side if one.cost is not None] for side in answers]
    failures = [
        Counter(
            answered.answer.failure.kind
            for slot, answered in ledger.at_first.answers.items()
            if slot.contestant == name and answered.answer.failure
        )
        for ledger in pairing.ledgers
    ]
    return ContestantPair(
        contestant=name,
        answers=(len(answers[0]), len(answers[1])),
        costs=(_mean(costs[0]), _mean(costs[1])),
        failures=(dict(sorted(failures[0].items())), dict(sorted(failures[1].items()))),
    )


def _judges(pairing: Pairing) -> Iterator[JudgePair]:
    """Yield the judges of both runs, in the order of the later one."""
    before, after = (
        {one.name: one for one in judge_reports(ledger.plan.judges, list(battles(ledger)))}
        for ledger in pairing.ledgers
    )
    for name, now in after.items():
        if then := before.get(name):
            yield JudgePair(
                judge=name,
                parsed=(then.parse_rate, now.parse_rate),
                flipped=(then.flip_rate, now.flip_rate),
            )


def _gates(before: Recorded, after: Recorded) -> Iterator[GatePair]:
    """Yield the gates in the order of the later plan, those that are gone last."""
    rules = [*after.ledger.plan.rules, *before.ledger.plan.rules]
    for place in dict.fromkeys((rule.candidate, rule.id) for rule in rules):
        then, now = before.decisions.get(place), after.decisions.get(place)
        if then is not None or now is not None:
            yield GatePair(candidate=place[0], gate=place[1], before=then, after=now)


def _apart(before: Plan, after: Plan) -> Iterator[str]:
    if before.suite != after.suite:
        yield f"the suite is {after.suite!r}, it was {before.suite!r}: what is common is compared"
    sides = (("before", before, after), ("after", after, before))
    for which, plan, other in sides:
        for role, mine, theirs in (
            ("contestant", plan.contestants, other.contestants),
            ("judge", plan.judges, other.judges),
        ):
            known = {one.name for one in theirs}
            for one in mine:
                if one.name not in known:
                    yield f"the {role} {one.name!r} is only in the run {which}"


def _alpha(ledger: Ledger) -> float | None:
    jury = jury_report(ledger.plan, list(battles(ledger)))
    return None if jury is None else jury.alpha


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _side(recorded: Recorded) -> Side:
    ledger = recorded.ledger
    run, calls = ledger.run, sum(ledger.calls.values())
    return Side(
        run=run.id,
        started=run.started,
        finished=run.finished,
        suite=ledger.plan.suite,
        path=ledger.plan.path,
        attempt=run.attempt,
        commit=run.commit,
        calls=calls,
        cost=None if calls and ledger.uncosted == calls else ledger.cost,
    )
