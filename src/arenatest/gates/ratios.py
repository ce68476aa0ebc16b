"""The fixed-n methods that compare two contestants prompt by prompt."""

from __future__ import annotations

import math

from arenatest.errors import InsufficientData
from arenatest.gates.evidence import Pair
from arenatest.gates.fixed import Fixed, needed_for_mean
from arenatest.stats.bootstrap import LEAST_CLUSTERS, ratio_bounds
from arenatest.stats.interval import Interval
from arenatest.stats.paired import LEAST_PAIRS, hodges_lehmann, lower_bound, upper_bound


class TypicalRatio(Fixed[float]):
    """How many times as long the candidate typically takes: Hodges-Lehmann on log ratios."""

    def combine(self, samples: list[tuple[float, ...]]) -> float:
        """Return the mean of the prompts' mean log ratios; infinite where a call failed."""
        return sum(sum(sample) / len(sample) for sample in samples) / len(samples)

    def point(self, values: list[float]) -> float | None:
        """Return the typical ratio."""
        if not values or not all(map(math.isfinite, values)):
            return None
        return math.exp(hodges_lehmann(values))

    def interval(self, lower: list[float], upper: list[float]) -> Interval:
        """Return the ratios that the signed-rank test does not reject."""
        bounds = []
        for bound, values, alpha in (
            (lower_bound, lower, self.risks.low),
            (upper_bound, upper, self.risks.high),
        ):
            try:
                log_bound = bound(values, alpha=alpha)
            except InsufficientData:
                log_bound = None
            bounds.append(None if log_bound is None else math.exp(log_bound))
        return Interval(low=bounds[0], high=bounds[1])

    def needed(self) -> int | None:
        """Return how many pairs would probably decide at this spread of log ratios."""
        if self.rule.limit <= 0.0:
            return None
        return needed_for_mean(self, list, math.log(self.rule.limit))

    @property
    def least(self) -> int:
        """The fewest pairs whose signs could all agree by a rare enough chance."""
        rarest = min(self.risks.passing, self.risks.failing)
        return max(LEAST_PAIRS, math.ceil(-math.log2(rarest) - 1e-9))


class TotalsRatio(Fixed[Pair]):
    """A ratio of two totals over the same prompts, by the paired bootstrap."""

    approximate = True

    def combine(self, samples: list[tuple[Pair, ...]]) -> Pair:
        """Return the cluster's totals; infinite where a call failed."""
        pairs = [pair for sample in samples for pair in sample]
        return Pair(
            candidate=sum(pair.candidate for pair in pairs),
            against=sum(pair.against for pair in pairs),
        )

    def point(self, values: list[Pair]) -> float | None:
        """Return the ratio of the totals; None where the total below is 0."""
        above, below = self._filled(values)
        total = math.fsum(below)
        return math.fsum(above) / total if total > 0.0 else None

    def interval(self, lower: list[Pair], upper: list[Pair]) -> Interval:
        """Return approximate bounds; none where there is too little for them."""
        bounds: list[float | None] = []
        for side, pairs in enumerate((lower, upper)):
            try:
                found = ratio_bounds(
                    *self._filled(pairs),
                    alpha_low=self.risks.low,
                    alpha_high=self.risks.high,
                    seed=self.plan.seed,
                )
                bounds.append(found[side])
            except InsufficientData:
                bounds.append(None)
        return Interval(low=bounds[0], high=bounds[1])

    def needed(self) -> int | None:
        """Return how many clusters would probably decide, by the residuals at the limit."""
        return needed_for_mean(self, self._residuals, 0.0)

    def impediment(self, noun: str) -> str:
        """Return why there is no ratio, or why so few clusters cannot decide."""
        above, below = self._filled(self.values)
        if min((*above, *below), default=0.0) < 0.0:
            return "amounts below 0 have no ratio of totals"
        if self.values and not math.fsum(below) > 0.0:
            return f"the total of {self.rule.against} is 0: nothing can be measured against it"
        if self.values and not math.fsum(above) > 0.0:
            return f"the total of {self.rule.candidate} is 0: its ratio has no spread to go by"
        return super().impediment(noun)

    @property
    def least(self) -> int:
        """The fewest clusters that a bootstrap takes."""
        return LEAST_CLUSTERS

    def _residuals(self, pairs: list[Pair]) -> list[float]:
        """Return how far each cluster lies from the limit, in shares of a mean cluster."""
        above, below = self._filled(pairs)
        mean = math.fsum(below) / max(len(below), 1)
        if mean <= 0.0:
            return []
        return [(a - self.rule.limit * b) / mean for a, b in zip(above, below, strict=True)]

    def _filled(self, pairs: list[Pair]) -> tuple[list[float], list[float]]:
        """Return both sides' amounts, unknown ones as the worst, or the best, that was seen.

        A failed candidate stands only among what counts for passing and then gets the worst; a
        failed baseline only among what counts for failing and then gets what favours us.
        """
        worst = max if self.rule.side == "max" else min
        sides = []
        for amounts in ([p.candidate for p in pairs], [p.against for p in pairs]):
            known = [amount for amount in amounts if math.isfinite(amount)]
            filler = worst(known, default=0.0)
            sides.append([amount if math.isfinite(amount) else filler for amount in amounts])
        return sides[0], sides[1]
