"""The sequential test of a bounded mean by betting: valid at every n, so a gate may stop early.

A gambler with wealth 1 bets against "the mean is not above the limit". If that is true no betting
scheme makes money on average, so wealth of 1 / alpha ever being reached has probability alpha at
most (Ville's inequality): no normality, no variance, any stopping. A second gambler bets against
"the mean is not below the limit" in the mirror, so one class serves both sides.

The bets are the horizon-aware STaR bets: the wealth that is missing is aimed at the observations
that are left. Observations must come in a random order that does not depend on their values.

Reference:
    I. Waudby-Smith and A. Ramdas, J. R. Stat. Soc. B 86 (2024) 1-27, arXiv 2010.09686 (betting,
    and sampling without replacement); the STaR idea: arXiv 2505.22422.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from arenatest.errors import InsufficientData
from arenatest.model.decision import Outcome
from arenatest.model.plan import Target
from arenatest.stats.interval import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PRIOR_VARIANCE = 0.35**2
_PRIOR_WEIGHT = 5.0
_LARGEST_SHARE = 0.95  # of the wealth that one observation may lose
_ROUNDING = 1e-9  # of a sum of observations
_GRID = 128  # two grids of this size: limits to 1 / 128**2 < 1e-4


class BettingTest:
    """Decides whether the mean of observations in [0, 1] is above (pass) or below (fail) a limit.

    The two sides are fed apart, because an observation may count on one side only: a candidate
    that fails to answer must not help itself to pass, yet proves nothing about its quality.

    Args:
        limit: The limit in [0, 1]. At 0 one observation above it passes, at 1 one below it fails.
        horizon: How many observations are planned, at least 1; no side may get more.
        alpha_pass: Largest probability of a false pass, in (0, 1).
        alpha_fail: Largest probability of a false fail, in (0, 1).
        target: ``population`` for the mean that the observations are drawn from; ``suite`` for
            the mean of exactly ``horizon`` values, drawn without replacement, which is known for
            certain once all are seen (a mean equal to the limit then passes).

    Attributes:
        verdict: ``pass`` or ``fail`` for the side that first proved its case, for good.

    Raises:
        ValueError: An argument is out of its range.

    Examples:
        >>> test = BettingTest(0.45, 60, alpha_pass=0.05, alpha_fail=0.05)
        >>> for _ in range(24):
        ...     test.update(1.0)
        >>> test.verdict
        'pass'
    """

    __slots__ = ("_above", "_below", "limit", "verdict")

    def __init__(
        self,
        limit: float,
        horizon: int,
        *,
        alpha_pass: float = 0.05,
        alpha_fail: float = 0.05,
        target: Target = "population",
    ) -> None:
        if not 0.0 <= limit <= 1.0:
            raise ValueError(f"limit: got {limit!r}, expected a number from 0 to 1")
        if horizon < 1:
            raise ValueError(f"horizon: got {horizon!r}, expected at least 1")
        for alpha in (alpha_pass, alpha_fail):
            if not 0.0 < alpha < 1.0:
                raise ValueError(f"alpha: got {alpha!r}, expected a number between 0 and 1")
        suite = target == "suite"
        self.limit = limit
        self.verdict: Outcome = "inconclusive"
        self._above = _Gambler(limit, horizon, alpha_pass, suite=suite, reaching=True)
        self._below = _Gambler(1.0 - limit, horizon, alpha_fail, suite=suite, reaching=False)

    def update(self, x: float) -> None:
        """Take one observation in [0, 1] on both sides."""
        self.update_pass(x)
        self.update_fail(x)

    def update_pass(self, x: float) -> None:
        """Take one observation in [0, 1] that counts for passing."""
        if self._above.take(x) and self.verdict == "inconclusive":
            self.verdict = "pass"

    def update_fail(self, x: float) -> None:
        """Take one observation in [0, 1] that counts for failing."""
        if self._below.take(1.0 - x) and self.verdict == "inconclusive":
            self.verdict = "fail"

    @property
    def p_pass(self) -> float:
        """Anytime-valid p-value against "the mean is not above the limit"."""
        return self._above.p_value

    @property
    def p_fail(self) -> float:
        """Anytime-valid p-value against "the mean is not below the limit"."""
        return self._below.p_value

    def bounds(self) -> Interval:
        """Return the limits that neither side has refuted, within 1e-4 and on the safe side.

        The lower bound inverts the passing side, the upper one the failing side; both agree with
        ``verdict``: a pass has ``low >= limit``, a fail ``high <= limit``, else the limit lies
        between them.
        """
        low = self._above.bound()
        high = 1.0 - self._below.bound()
        if self.verdict == "pass":
            low = max(low, self.limit)
            high = max(high, low)
        elif self.verdict == "fail":
            high = min(high, self.limit)
            low = min(low, high)
        else:
            low, high = min(low, self.limit), max(high, self.limit)
        return Interval(low=low, high=high)


def smallest_horizon(limit: float, *, alpha: float, most: int = 20_000) -> int | None:
    """Return how many observations a perfect record needs to prove a mean above ``limit``.

    Args:
        limit: The limit, in [0, 1].
        alpha: Largest probability of a false proof.
        most: The search ends here.

    Returns:
        The smallest horizon at which a record of ones passes; None if there is none up to
        ``most``, as for a limit of 1, which no record can prove to be surpassed.

    Examples:
        >>> smallest_horizon(0.95, alpha=0.05)
        62
    """
    if limit >= 1.0:
        return None
    horizon = 1
    while not can_prove(limit, horizon, alpha=alpha):
        horizon *= 2
        if horizon > most:
            return None
    low, high = horizon // 2, horizon
    while high - low > 1:
        middle = (low + high) // 2
        if can_prove(limit, middle, alpha=alpha):
            high = middle
        else:
            low = middle
    return high


def can_prove(limit: float, horizon: int, *, alpha: float) -> bool:
    """Return whether a record of ``horizon`` ones proves a mean above ``limit``."""
    return earliest_proof(limit, horizon, alpha=alpha) is not None


def earliest_proof(
    limit: float, horizon: int, *, alpha: float, target: Target = "population"
) -> int | None:
    """Return after how many ones of ``horizon`` a mean is proven to be above ``limit``.

    Args:
        limit: The limit, in [0, 1].
        horizon: How many observations are planned.
        alpha: Largest probability of a false proof.
        target: As of ``BettingTest``.

    Returns:
        The fewest that can prove it; None where all of them cannot.

    Examples:
        >>> earliest_proof(0.45, 200, alpha=0.05), earliest_proof(0.95, 61, alpha=0.05)
        (14, None)
    """
    gambler = _Gambler(limit, horizon, alpha, suite=target == "suite", reaching=True)
    return next((seen for seen in range(1, horizon + 1) if gambler.take(1.0)), None)


class _Gambler:
    """Bets that the mean is above ``limit``; plain floats, for it runs after every prompt."""

    __slots__ = (
        "_best", "_goal", "_horizon", "_limit", "_log_wealth", "_mean", "_reaching", "_seen",
        "_squares", "_suite", "_sum", "proven",
    )  # fmt: skip

    def __init__(
        self, limit: float, horizon: int, alpha: float, *, suite: bool, reaching: bool
    ) -> None:
        self._limit, self._horizon, self._goal = limit, horizon, -math.log(alpha)
        self._suite = suite
        self._reaching = reaching  # whether a suite's mean equal to the limit is proof
        self._log_wealth = self._best = 0.0
        self._mean = self._squares = self._sum = 0.0
        self._seen: list[float] = []
        self.proven = False

    @property
    def p_value(self) -> float:
        return 0.0 if math.isinf(self._best) else math.exp(-self._best)

    def take(self, x: float) -> bool:
        """Take one observation; return whether the case is proven, now or before."""
        if not -_ROUNDING <= x <= 1.0 + _ROUNDING:
            raise InsufficientData(f"observation: got {x!r}, expected a number from 0 to 1")
        seen = len(self._seen)
        left = self._horizon - seen
        if left < 1:
            raise ValueError(f"got more than the {self._horizon} observations planned")
        x = min(max(x, 0.0), 1.0)
        if not self.proven:
            self._bet(x, seen, left)
        self._seen.append(x)
        self._sum += x
        away = x - self._mean
        self._mean += away / (seen + 1)
        self._squares += away * (x - self._mean)
        if self._suite and not self.proven and self._certain():
            self._prove(math.inf)
        return self.proven

    def _bet(self, x: float, seen: int, left: int) -> None:
        mean = (self._horizon * self._limit - self._sum) / left if self._suite else self._limit
        if mean >= 1.0:
            return  # the most that can be seen is no surprise: nothing to bet on
        if mean <= _ROUNDING:
            if x > _ROUNDING:
                self._prove(math.inf)  # a mean of 0 does not allow what was seen
            return
        variance = (_PRIOR_WEIGHT * _PRIOR_VARIANCE + self._squares) / (_PRIOR_WEIGHT + seen)
        missing = self._goal - self._log_wealth
        bet = min(math.sqrt(2.0 * missing / (variance * left)), _LARGEST_SHARE / mean)
        self._log_wealth += math.log1p(bet * (x - mean))
        self._best = max(self._best, self._log_wealth)
        if self._log_wealth >= self._goal:
            self._prove(self._log_wealth)

    def _certain(self) -> bool:
        """Whether even the worst rest leaves the suite's mean above, or at, the limit."""
        enough = self._horizon * self._limit
        return self._sum >= enough - _ROUNDING if self._reaching else self._sum > enough + _ROUNDING

    def _prove(self, log_wealth: float) -> None:
        self._log_wealth = self._best = log_wealth
        self.proven = True

    def bound(self) -> float:
        """Return the largest limit such that every limit up to it is refuted; 0 if none is."""
        if not any(self._seen):
            return 0.0  # only zeros: not even a mean of 0 is surprised
        import numpy as np

        bound, width = 0.0, 1.0
        variances = self._variances()
        for _ in range(2):
            width /= _GRID
            limits = np.linspace(bound + width, bound + width * _GRID, _GRID)
            refuted = self._refuted(limits, variances)
            bound += width * (_GRID if refuted.all() else int(refuted.argmin()))
        return min(bound, 1.0)

    def _variances(self) -> list[float]:
        """Return the shrunken variance before each observation."""
        variances: list[float] = []
        mean = squares = 0.0
        for seen, x in enumerate(self._seen):
            variances.append((_PRIOR_WEIGHT * _PRIOR_VARIANCE + squares) / (_PRIOR_WEIGHT + seen))
            away = x - mean
            mean += away / (seen + 1)
            squares += away * (x - mean)
        return variances

    def _refuted(self, limits: NDArray[np.float64], variances: list[float]) -> NDArray[np.bool_]:
        """Return for each limit above 0 whether the bets on these observations refute it."""
        import numpy as np

        goal, total = self._goal, 0.0
        log_wealth = np.zeros(len(limits))
        mean, cap = limits, _LARGEST_SHARE / limits
        for seen, (x, variance) in enumerate(zip(self._seen, variances, strict=True)):
            left = self._horizon - seen
            if self._suite:
                mean = (self._horizon * limits - total) / left
                cap = np.where(mean < 1.0, _LARGEST_SHARE / np.maximum(mean, _ROUNDING), 0.0)
            missing = np.maximum(goal - log_wealth, 0.0)  # none once refuted: wealth then rests
            bets = np.minimum(np.sqrt(missing * (2.0 / (variance * left))), cap)
            log_wealth += np.log1p(bets * (x - mean))
            total += x
        refuted: NDArray[np.bool_] = log_wealth >= goal
        if self._suite:
            refuted |= self._horizon * limits <= total + _ROUNDING * self._reaching
        return refuted
