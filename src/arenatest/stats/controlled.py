"""The win rate that would be left if both answers were alike in length and style.

Judges like long answers, lists and headings. A logistic regression of the scores on how much more
of each the candidate has says what the win rate is where there is no difference. It stands *beside*
the raw win rate and is never gated alone: under some hundred prompts it is unstable, and length may
be what made an answer better.

Reference:
    Y. Dubois et al., Length-Controlled AlpacaEval, arXiv 2404.04475 (2024); style control:
    T. Li et al., Does style matter?, LMSYS blog (2024).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arenatest.errors import InsufficientData
from arenatest.stats.beta import t_reach

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]

STABLE_FROM = 100
"""Clusters from which on a controlled win rate is worth a look."""

WEAK_RIDGE = 0.1
"""A normal prior on effects with a standard deviation of 3.2 on the logit scale: nearly none."""

_MOST_STEPS = 100
_MOST_HALVINGS = 40
_SMALL_STEP = 1e-10
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlledWinRate:
    """A win rate as it is, and as it would be without differences in style.

    Attributes:
        raw: Mean score.
        value: Win rate where every feature is 0.
        low, high: Two-sided interval of ``value``.
        level: What it aims to cover, in (0, 1).
        effects: Change of the log odds of a win for one unit of each feature.
        n: Battles.
        clusters: Independent clusters.
    """

    raw: float
    value: float
    low: float
    high: float
    level: float
    effects: Mapping[str, float]
    n: int
    clusters: int

    @property
    def stable(self) -> bool:
        """Whether there are enough clusters to take the controlled rate seriously."""
        return self.clusters >= STABLE_FROM


def relative_difference(candidate: float, baseline: float) -> float:
    """Return how much more of something the candidate's answer has: from -1 through 0 to 1.

    The scale rests on the two answers alone, so that a further contestant changes no result.

    Args:
        candidate: An amount, at least 0, such as tokens or headings.
        baseline: That of the other answer.

    Raises:
        InsufficientData: An amount is negative or not finite.

    Examples:
        >>> relative_difference(300, 100)
        0.5
        >>> relative_difference(0, 0)
        0.0
    """
    for amount in (candidate, baseline):
        if not 0.0 <= amount < math.inf:
            raise InsufficientData(f"relative difference: got {amount!r}, expected an amount")
    both = candidate + baseline
    return (candidate - baseline) / both if both else 0.0


def controlled_win_rate(
    scores: Sequence[float],
    features: Mapping[str, Sequence[float]],
    clusters: Sequence[Hashable] | None = None,
    *,
    ridge: float = WEAK_RIDGE,
    confidence: float = 0.95,
) -> ControlledWinRate:
    """Return the raw win rate, and the one expected where no feature differs.

    Args:
        scores: Of the candidate, in [0, 1], one for each battle.
        features: By name, how much more the candidate's answer has of each: 0 where both are alike,
            on a fixed scale (see ``relative_difference``).
        clusters: The cluster of each battle; None where each is on its own.
        ridge: Half of it times each squared effect is taken off the log-likelihood; the win rate
            itself is not held back. At least 0.
        confidence: Two-sided, in (0, 1).

    Raises:
        InsufficientData: Every battle went the same way, there are no more clusters than features
            and one, the features cannot be told apart without a ridge, lengths differ, or a value
            is out of its range.
        ValueError: ``ridge`` or ``confidence`` is out of its range.

    Examples:
        >>> longer = [0.5, 0.4, 0.5, -0.5, -0.4, 0.6]
        >>> rate = controlled_win_rate([1, 1, 0, 0, 0, 1], {"length": longer})
        >>> f"{rate.raw:.2f} {rate.value:.2f} {rate.effects['length']:.1f}"
        '0.50 0.36 2.6'
    """
    if not 0.0 <= ridge < math.inf:
        raise ValueError(f"ridge: got {ridge!r}, expected a number from 0")
    sample, columns = _columns(scores, features)
    label, size = _places(clusters, len(sample))
    if size <= columns.shape[1]:
        raise InsufficientData(f"{size} clusters are too few for {len(features)} features")
    weights, se = _fit(sample, columns, ridge, label, size)
    reach = t_reach(confidence, size - 1) * se
    return ControlledWinRate(
        raw=float(sample.mean()),
        value=_expit(weights[0]),
        low=_expit(weights[0] - reach),
        high=_expit(weights[0] + reach),
        level=confidence,
        effects=dict(zip(features, weights[1:], strict=True)),
        n=len(sample),
        clusters=size,
    )


def _fit(
    scores: Reals, columns: Reals, ridge: float, label: Numbers, size: int
) -> tuple[list[float], float]:
    """Return the weights, and the standard error of the first by the clustered sandwich."""
    import numpy as np

    held = np.full(columns.shape[1], ridge)
    held[0] = 0.0
    try:
        weights = _maximum(scores, columns, held)
        p = _probabilities(columns @ weights)
        bread = np.linalg.inv(_curvature(columns, p, held))
    except np.linalg.LinAlgError:
        raise InsufficientData("the features cannot be told apart: give a ridge") from None
    pulls = np.zeros((size, columns.shape[1]))
    np.add.at(pulls, label, columns * (scores - p)[:, None])
    meat = pulls.T @ pulls * (size / (size - 1.0))
    return weights.tolist(), math.sqrt(max(float((bread @ meat @ bread)[0, 0]), 0.0))


def _maximum(scores: Reals, columns: Reals, held: Reals) -> Reals:
    """Return the weights by reweighted least squares, steps halved where they would go down."""
    import numpy as np

    def objective(at: Reals) -> float:
        logits = columns @ at
        fit = (scores * logits - np.logaddexp(0.0, logits)).sum()
        return float(fit - (held * at**2).sum() / 2.0)

    weights: Reals = np.zeros(columns.shape[1])
    for _ in range(_MOST_STEPS):
        p = _probabilities(columns @ weights)
        slope = columns.T @ (scores - p) - held * weights
        step = np.linalg.solve(_curvature(columns, p, held), slope)
        if float(abs(step).max()) <= _SMALL_STEP:
            return weights + step
        here = objective(weights)
        for _ in range(_MOST_HALVINGS):
            if objective(weights + step) >= here - _ROUNDING * abs(here):
                break
            step = step / 2.0
        weights = weights + step
    raise InsufficientData("the effects do not settle: give a ridge")


def _curvature(columns: Reals, p: Reals, held: Reals) -> Reals:
    import numpy as np

    curvature: Reals = (columns.T * (p * (1.0 - p))) @ columns + np.diag(held)
    return curvature


def _columns(
    scores: Sequence[float], features: Mapping[str, Sequence[float]]
) -> tuple[Reals, Reals]:
    """Return the scores, and the features after a column of ones."""
    import numpy as np

    sample: Reals = np.asarray(scores, dtype=float)
    if not len(sample):
        raise InsufficientData("there are no battles")
    for name, values in features.items():
        if len(values) != len(sample) or not np.isfinite(np.asarray(values, dtype=float)).all():
            raise InsufficientData(
                f"{name}: expected a finite number for each of {len(sample)} battles"
            )
    if not ((sample >= 0.0) & (sample <= 1.0)).all():
        raise InsufficientData("scores: expected numbers from 0 to 1")
    if not 0.0 < sample.sum() < len(sample):
        raise InsufficientData("every battle went the same way: nothing is left to explain")
    columns: Reals = np.column_stack([np.ones(len(sample)), *features.values()])
    return sample, columns


def _places(clusters: Sequence[Hashable] | None, n: int) -> tuple[Numbers, int]:
    import numpy as np

    if clusters is None:
        return np.arange(n), n
    if len(clusters) != n:
        raise InsufficientData(f"got {len(clusters)} clusters of {n} battles")
    place: dict[Hashable, int] = {}
    label = np.array([place.setdefault(cluster, len(place)) for cluster in clusters])
    return label, len(place)


def _probabilities(logits: Reals) -> Reals:
    import numpy as np

    p: Reals = np.exp(-np.logaddexp(0.0, -logits))
    return p


def _expit(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit)) if logit > 0 else 1.0 - 1.0 / (1.0 + math.exp(logit))
