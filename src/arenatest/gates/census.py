"""What holds of exactly these prompts, where some of them may have nothing to say.

How judges behave is a share of what there was to judge: two equal answers are no game, and a tie
prefers no length. Such a prompt is no part of the population, and is known to be none only once it
is played. So nobody bets here: the gate is decided when the rest could not tip it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from arenatest.gates.evidence import Evidence
from arenatest.gates.measure import Measure, compare
from arenatest.model.decision import Outcome
from arenatest.model.plan import Rule


class Census:
    """Adds up clusters, with bounds on what the others, and prompts without a value, may do.

    Args:
        rule: The gate.
        bounds: The finite range of its metric.
        clusters: Planned in its slice.
    """

    stepwise = True
    exact = True

    def __init__(self, rule: Rule, bounds: tuple[float, float], clusters: int) -> None:
        self._rule, self._low, self._high = rule, *bounds
        self._left = clusters
        self._least: list[float] = []
        self._most: list[float] = []
        self._values: list[float] = []

    def add(self, cluster: Sequence[Evidence[float]]) -> None:
        """Take the next cluster: the mean of its prompts that have something to say."""
        self._left -= 1
        heard = [one for one in cluster if one.void or one.passing or one.failing]
        if not heard:
            return
        turned = self._rule.side == "max"
        low = [(one.failing if turned else one.passing) or (self._low,) for one in heard]
        high = [(one.passing if turned else one.failing) or (self._high,) for one in heard]
        self._least.append(_mean(list(map(_mean, low))))
        self._most.append(_mean(list(map(_mean, high))))
        if known := [_mean(one.values) for one in heard if one.values]:
            self._values.append(_mean(known))

    @property
    def running(self) -> float | None:
        """The value so far."""
        return _mean(self._values) if self._values else None

    def outcome(self) -> Outcome:
        """Return what is certain so far."""
        if not self._values:
            return "inconclusive"
        return compare(self._rule.side, self._rule.limit, *self._bounds())

    def measure(self, *, whole: bool, noun: str) -> Measure:
        """Return the value, and how small and how large it may be at the end."""
        del whole, noun
        if not self._values:
            return Measure(exact=True)
        low, high = self._bounds()
        n = len(self._values)
        return Measure(value=_mean(self._values), low=low, high=high, n=n, exact=True)

    def _bounds(self) -> tuple[float, float]:
        low = _mean([*self._least, *[self._low] * self._left])
        return low, _mean([*self._most, *[self._high] * self._left])


def _mean(values: Sequence[float]) -> float:
    return round(math.fsum(values) / len(values), 12)
