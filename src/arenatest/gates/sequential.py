"""The sequential method: rates, and means of metrics with a range, by the betting test."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from arenatest.gates.evidence import Evidence
from arenatest.gates.measure import Measure, obstacle, risks_of
from arenatest.model.decision import Outcome
from arenatest.model.plan import Rule
from arenatest.stats.betting import BettingTest, can_prove, smallest_horizon
from arenatest.stats.power import clusters_needed

_ROUNDING = 1e-9
_PRIOR_VARIANCE, _PRIOR_WEIGHT = 0.35**2, 5  # of scores in [0, 1], before there are some


class Sequential:
    """Bets on clusters in the order of the plan.

    Inside, scores run from 0 to 1 and more is better for passing: a gate with a largest
    acceptable value is turned round.

    A gate on this suite exactly speaks of all its prompts: one that says nothing to a question may
    have been the worst for passing, and the best for failing. Left out it would be guessed.

    Args:
        rule: The gate.
        bounds: The finite range of its metric.
        horizon: Clusters planned in its slice, at least 1.

    Attributes:
        exact: Whether it is about this suite alone.
    """

    stepwise = True

    def __init__(self, rule: Rule, bounds: tuple[float, float], horizon: int) -> None:
        self._low, self._span = bounds[0], bounds[1] - bounds[0]
        self._turned = rule.side == "max"
        self._worst, self._best = bounds[self._turned], bounds[not self._turned]
        self.exact = rule.target == "suite"
        self._horizon = horizon
        self._risks = risks_of(rule)
        self._limit = min(max(self._score(rule.limit), 0.0), 1.0)
        self._test = BettingTest(
            self._limit,
            horizon,
            alpha_pass=self._risks.passing,
            alpha_fail=self._risks.failing,
            target=rule.target,
        )
        self._passing, self._failing, self._values = _Spread(), _Spread(), _Spread()

    def add(self, cluster: Sequence[Evidence[float]]) -> None:
        """Take the next cluster: its score is the mean of its prompts' means."""
        unknown = ((self._worst,), (self._best,)) if self.exact else ((), ())
        passing = _mean(evidence.passing or unknown[0] for evidence in cluster)
        if passing is not None:
            self._passing.add(passing)
            self._test.update_pass(self._score(passing))
        failing = _mean(evidence.failing or unknown[1] for evidence in cluster)
        if failing is not None:
            self._failing.add(failing)
            self._test.update_fail(self._score(failing))
        value = _mean(evidence.values for evidence in cluster)
        if value is not None:
            self._values.add(value)

    @property
    def running(self) -> float | None:
        """The value so far."""
        return self._values.mean if self._values.n else None

    def outcome(self) -> Outcome:
        """Return what is proven so far, unless the value has come to lie beyond the limit since.

        A proof stays valid. But where something else held the verdict up, what came meanwhile
        enters its value, and nobody could explain one that the value contradicts.
        """
        verdict = self._test.verdict
        if verdict == "inconclusive" or not self._values.n:
            return verdict
        above = self._score(self._values.mean) - self._limit
        against = above < -_ROUNDING if verdict == "pass" else above > _ROUNDING
        return "inconclusive" if against else verdict

    def measure(self, *, whole: bool, noun: str) -> Measure:
        """Return the value with the interval that the pair of tests leaves."""
        del whole  # valid at every n
        blocked = self._obstacle(noun)
        if not self._values.n:
            return Measure(obstacle=blocked)
        bounds = self._test.bounds()
        low, high = (
            None if bound is None else self._unscore(bound) for bound in (bounds.low, bounds.high)
        )
        if self._turned:
            low, high = high, low
        return Measure(
            value=self._values.mean,
            low=low,
            high=high,
            n=self._values.n,
            needed=self._needed(),
            obstacle=blocked,
        )

    def _score(self, value: float) -> float:
        score = (value - self._low) / self._span
        return 1.0 - score if self._turned else score

    def _unscore(self, score: float) -> float:
        return self._low + self._span * (1.0 - score if self._turned else score)

    def _needed(self) -> int | None:
        """Return how many clusters would probably pass it, or else fail it, if any number would.

        What counts for passing may lie on the other side of the limit than the value does.
        """
        for seen, sign, alpha in (
            (self._passing, 1.0, self._risks.passing),
            (self._failing, -1.0, self._risks.failing),
        ):
            delta = sign * (self._score(seen.mean) - self._limit)
            if seen.n and delta > 0.0:
                spread = _PRIOR_WEIGHT * _PRIOR_VARIANCE + seen.squares / self._span**2
                sd = math.sqrt(spread / (_PRIOR_WEIGHT + seen.n))
                return clusters_needed(sd=sd, delta=delta, alpha=alpha)
        return None

    def _obstacle(self, noun: str) -> str:
        if self._test.verdict != "inconclusive":
            return ""
        can_pass = can_prove(self._limit, self._horizon, alpha=self._risks.passing)
        can_fail = can_prove(1.0 - self._limit, self._horizon, alpha=self._risks.failing)
        limit, alpha = self._limit, self._risks.passing
        if can_pass:
            limit, alpha = 1.0 - self._limit, self._risks.failing
        least = None
        if not (can_pass and can_fail) and limit < 1.0:
            least = smallest_horizon(limit, alpha=alpha) or math.inf
        return obstacle(
            self._horizon,
            can_pass=can_pass,
            can_fail=can_fail,
            least=least,
            what="it",
            noun=noun,
        )


class _Spread:
    """Mean and sum of squared distances from it, as they grow."""

    __slots__ = ("_total", "mean", "n", "squares")

    def __init__(self) -> None:
        self.n = 0
        self.mean = self.squares = self._total = 0.0

    def add(self, value: float) -> None:
        self.n += 1
        self._total += value  # exact for wins and ties, where a running mean is not
        before, self.mean = self.mean, self._total / self.n
        self.squares += (value - before) * (value - self.mean)


def _mean(samples: Iterable[Sequence[float]]) -> float | None:
    """Return the mean of the means of the samples that hold something."""
    means = [sum(sample) / len(sample) for sample in samples if sample]
    return sum(means) / len(means) if means else None
