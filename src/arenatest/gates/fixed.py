"""The fixed-n methods: percentiles, means without a range, totals and ratios.

They decide on the whole plan only: their tests are valid at one planned n.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from arenatest.errors import InsufficientData
from arenatest.gates.evidence import Evidence
from arenatest.gates.measure import Measure, Risks, compare, obstacle, risks_of
from arenatest.model.decision import Outcome
from arenatest.model.identity import content_id
from arenatest.model.plan import Plan, Rule
from arenatest.stats import percentile
from arenatest.stats.bootstrap import LEAST_CLUSTERS, equal_values_needed, mean_bounds
from arenatest.stats.interval import Interval
from arenatest.stats.power import clusters_needed

T = TypeVar("T")


class Fixed(Generic[T]):
    """Collects clusters, then inverts a pair of one-sided tests.

    Args:
        rule: The gate.
        plan: What was planned.
        clusters: Clusters planned in its slice.

    Attributes:
        stepwise: Whether it may decide before the plan is completed.
        approximate: Whether its bounds are not exact at the stated level.
        exact: Whether it states a fact of this suite: nothing is inferred about other prompts.
    """

    stepwise = False
    approximate = False

    def __init__(self, rule: Rule, plan: Plan, clusters: int) -> None:
        self.rule, self.plan, self.planned = rule, plan, clusters
        self.exact = rule.target == "suite"
        self.risks: Risks = risks_of(rule)
        self.passing: list[T] = []
        self.failing: list[T] = []
        self.values: list[T] = []
        self._cluster = 0
        self._mute = [0, 0]  # prompts that say nothing for passing, and for failing
        self._interval: Interval | None = None

    def add(self, cluster: Sequence[Evidence[T]]) -> None:
        """Take the next cluster."""
        self._cluster += 1
        if all(one.values and one.passing is one.values is one.failing for one in cluster):
            item = self.combine([one.values for one in cluster])  # nearly always
            for kept in (self.passing, self.failing, self.values):
                kept.append(item)
            return
        self._mute[0] += sum(not evidence.passing for evidence in cluster)
        self._mute[1] += sum(not evidence.failing for evidence in cluster)
        for kept, samples in (
            (self.passing, [evidence.passing for evidence in cluster]),
            (self.failing, [evidence.failing for evidence in cluster]),
            (self.values, [evidence.values for evidence in cluster]),
        ):
            found = [sample for sample in samples if sample]
            if found:
                kept.append(self.combine(found))

    @property
    def running(self) -> float | None:
        """The value so far."""
        return finite(self.point(self.values))

    def outcome(self) -> Outcome:
        """Return what all planned clusters prove."""
        interval = self.bounds()
        return compare(self.rule.side, self.rule.limit, interval.low, interval.high)

    def measure(self, *, whole: bool, noun: str) -> Measure:
        """Return the value, with bounds if the plan was completed."""
        interval = self.bounds() if whole and self.values else Interval(low=None, high=None)
        return Measure(
            value=finite(self.point(self.values)),
            low=finite(interval.low),
            high=finite(interval.high),
            n=len(self.values),
            needed=None if self.exact else self.needed(),
            obstacle="" if self.exact else self.impediment(noun),
            approximate=self.approximate and not self.exact,
            exact=self.exact,
        )

    def bounds(self) -> Interval:
        """Return what the whole plan leaves open."""
        if self._interval is None:
            swap = -1 if self.rule.side == "max" else 1
            lower, upper = (self.passing, self.failing)[::swap]
            bounds = self.certain if self.exact else self.interval
            self._interval = bounds(lower, upper)
        return self._interval

    def certain(self, lower: list[T], upper: list[T]) -> Interval:
        """Return the value of this suite, on each side to which all its prompts say something."""
        swap = -1 if self.rule.side == "max" else 1
        low, high = (
            None if mute else self.point(values)
            for mute, values in zip(self._mute[::swap], (lower, upper), strict=True)
        )
        return Interval(low=low, high=high)

    def draw(self, size: int) -> int:
        """Return which of ``size`` items of the current cluster stands for it, by the seed."""
        if size == 1:
            return 0
        return int(content_id("draw", self.plan.seed, self._cluster), 16) % size

    def combine(self, samples: list[tuple[T, ...]]) -> T:
        """Return what one cluster counts as, from its prompts' items."""
        raise NotImplementedError

    def point(self, values: list[T]) -> float | None:
        """Return the estimate; None where there is none."""
        raise NotImplementedError

    def interval(self, lower: list[T], upper: list[T]) -> Interval:
        """Return the bounds, each from the items that count on its side."""
        raise NotImplementedError

    def needed(self) -> int | None:
        """Return how many clusters would probably decide."""
        return None

    def impediment(self, noun: str) -> str:
        """Return why this plan cannot decide at any record; empty if it could."""
        least = self.least
        able = self.planned >= least
        return obstacle(
            self.planned,
            can_pass=able,
            can_fail=able,
            least=least,
            what="it",
            noun=noun,
        )

    @property
    def least(self) -> int:
        """The fewest clusters that could decide."""
        return 1

    def sides(self) -> tuple[tuple[list[T], float, float], ...]:
        """Return what counts for each verdict, the sign of its side of the limit, and its risk.

        Passing comes first: what counts for it may lie on the other side than the value does.
        """
        good = 1.0 if self.rule.side == "min" else -1.0
        return (
            (self.passing, good, self.risks.passing),
            (self.failing, -good, self.risks.failing),
        )


def finite(value: float | None) -> float | None:
    """Return a number that may be written down: neither infinite nor NaN."""
    return value if value is not None and math.isfinite(value) else None


class Percentile(Fixed[float]):
    """A percentile by the exact binomial test; one call stands for each cluster.

    Calls of one cluster are not independent, and an average of calls has another tail than one
    call, so a seeded draw takes one: exact for the calls of a random prompt.
    """

    def __init__(self, rule: Rule, plan: Plan, clusters: int) -> None:
        super().__init__(rule, plan, clusters)
        self._q = float(rule.stat[1:]) / 100.0

    def combine(self, samples: list[tuple[float, ...]]) -> float:
        """Return one of the cluster's numbers."""
        calls = [call for sample in samples for call in sample]
        return calls[self.draw(len(calls))]

    def point(self, values: list[float]) -> float | None:
        """Return the nearest-rank percentile."""
        return percentile.nearest_rank(values, self._q) if values else None

    def certain(self, lower: list[float], upper: list[float]) -> Interval:
        """Return the percentile with what is unknown below, and above, all else."""
        below = [-math.inf] * (self._cluster - len(lower))
        above = [math.inf] * (self._cluster - len(upper))
        return Interval(low=self.point(below + lower), high=self.point(above + upper))

    def interval(self, lower: list[float], upper: list[float]) -> Interval:
        """Return order statistics."""
        return Interval(
            low=percentile.lower_bound(lower, self._q, alpha=self.risks.low),
            high=percentile.upper_bound(upper, self._q, alpha=self.risks.high),
        )

    def needed(self) -> int | None:
        """Return the least for any pass, or more where values lie on both sides of the limit."""
        if not self.values:
            return self.least
        for calls, sign, alpha in self.sides():
            share = sum(call <= self.rule.limit for call in calls) / max(len(calls), 1)
            delta = share - self._q  # a larger share within the limit is a smaller percentile
            if calls and sign * delta < 0.0:
                sd = math.sqrt(share * (1.0 - share))
                probable = clusters_needed(sd=sd, delta=delta, alpha=alpha)
                return None if probable is None else max(self.least, probable)
        return None

    def impediment(self, noun: str) -> str:
        """Return which of both verdicts so few values cannot reach."""
        failing = self._needed_above if self.rule.side == "min" else self._needed_below
        return obstacle(
            self.planned,
            can_pass=self.planned >= self.least,
            can_fail=self.planned >= failing,
            least=self.least if self.planned < self.least else failing,
            what=self.rule.stat,
            noun=noun,
        )

    @property
    def least(self) -> int:
        """The fewest values that a bound on the passing side exists for."""
        return self._needed_below if self.rule.side == "min" else self._needed_above

    @property
    def _needed_above(self) -> int:
        return percentile.samples_needed(self._q, confidence=1.0 - self.risks.high)

    @property
    def _needed_below(self) -> int:
        return percentile.samples_needed(1.0 - self._q, confidence=1.0 - self.risks.low)


class Mean(Fixed[float]):
    """A mean without a range, by bootstrap-t.

    A failed call has no latency; on the passing side it counts as its timeout. Other amounts that
    are unknown because a call failed count as the worst that was seen.
    """

    approximate = True

    def combine(self, samples: list[tuple[float, ...]]) -> float:
        """Return the mean of the prompts' means."""
        return sum(sum(sample) / len(sample) for sample in samples) / len(samples)

    def point(self, values: list[float]) -> float | None:
        """Return the mean."""
        known = self._filled(values)
        return math.fsum(known) / len(known) if known else None

    def interval(self, lower: list[float], upper: list[float]) -> Interval:
        """Return approximate bounds; none where there is too little for them."""
        bounds: list[float | None] = []
        for side, values in enumerate((lower, upper)):
            try:
                pair = mean_bounds(
                    self._filled(values),
                    alpha_low=self.risks.low,
                    alpha_high=self.risks.high,
                    seed=self.plan.seed,
                )
                bounds.append(pair[side])
            except InsufficientData:
                bounds.append(None)
        return Interval(low=bounds[0], high=bounds[1])

    def needed(self) -> int | None:
        """Return how many clusters would probably decide at this mean and spread."""
        needed = needed_for_mean(self, self._filled, self.rule.limit)
        if needed is not None and len(set(self.values)) == 1:
            return max(needed, equal_values_needed(min(self.risks.passing, self.risks.failing)))
        return needed

    @property
    def least(self) -> int:
        """The fewest clusters that a bootstrap takes."""
        return LEAST_CLUSTERS

    def _filled(self, values: list[float]) -> list[float]:
        known = [value for value in values if math.isfinite(value)]
        if not known:
            return []
        highest, lowest = max(known), min(known)
        if self.rule.metric.source == "timing":
            highest, lowest = max(highest, self._timeout()), 0.0
        return [min(max(value, lowest), highest) for value in values]

    def _timeout(self) -> float:
        named = {contestant.name: contestant.timeout for contestant in self.plan.contestants}
        return named.get(self.rule.candidate, 0.0)


class Total(Fixed[float]):
    """The total over the suite: a fact of this run, so its bounds leave open only what is unknown.

    An amount that is unknown, because a call failed or told no usage, may be anything from 0 to
    the largest that was seen.
    """

    def __init__(self, rule: Rule, plan: Plan, clusters: int) -> None:
        super().__init__(rule, plan, clusters)
        self.exact = True
        self._known: list[float] = []
        self._places = 0

    def add(self, cluster: Sequence[Evidence[float]]) -> None:
        """Take the next cluster."""
        super().add(cluster)
        timed = self.rule.metric.source == "timing"
        repeats = self.plan.timed_repeats if timed else self.plan.repeats
        self._places += len(cluster) * repeats
        self._known += [amount for evidence in cluster for amount in evidence.values]

    def combine(self, samples: list[tuple[float, ...]]) -> float:
        """Return the cluster's total."""
        return sum(map(sum, samples))

    def point(self, values: list[float]) -> float | None:
        """Return the total of what is known."""
        return math.fsum(values) if values else None

    def bounds(self) -> Interval:
        """Return the least and the most that the total can be."""
        if not self._known:
            return Interval(low=None, high=None)
        total, unknown = math.fsum(self._known), self._places - len(self._known)
        return Interval(
            low=total + unknown * min(0.0, *self._known),
            high=total + unknown * max(0.0, *self._known),
        )


def needed_for_mean(
    method: Fixed[T], numbers: Callable[[list[T]], list[float]], limit: float
) -> int | None:
    """Return how many clusters would probably decide a mean, from what was seen.

    Args:
        method: Holds what was seen.
        numbers: Turns what counts for a verdict into numbers whose mean is compared.
        limit: With what.
    """
    for counted, sign, alpha in method.sides():
        values = numbers(counted)
        if len(values) <= 1 or not all(map(math.isfinite, values)):
            continue
        mean = math.fsum(values) / len(values)
        delta = sign * (mean - limit)
        if delta > 0.0:
            squares = math.fsum((value - mean) ** 2 for value in values)
            sd = math.sqrt(squares / (len(values) - 1))
            probable = clusters_needed(sd=sd, delta=delta, alpha=alpha)
            return None if probable is None else max(method.least, probable)
    return None
