"""Bradley-Terry ratings: one number for each model, from all votes at once and in no order.

P(i beats j) = logistic(rating_i - rating_j), a tie counting as half a win to each. Only differences
mean something, so ratings sum to 0. They are for leaderboards; a release gate compares candidate
and baseline on the same prompts instead.

Reference:
    R. A. Bradley and M. E. Terry, Biometrika 39 (1952) 324-345; existence: L. R. Ford, Amer. Math.
    Monthly 64 (1957) 28-33; the sandwich: H. White, Econometrica 50 (1982) 1-25.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arenatest.errors import Disconnected, InsufficientData
from arenatest.stats.beta import t_reach
from arenatest.stats.likelihood import Likelihood, win_probability
from arenatest.stats.votes import PairCounts, Votes, connected_parts, is_connected

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

ELO = 400.0 / math.log(10.0)
"""Points of the Elo scale in one unit of a rating."""

WEAK_RIDGE = (ELO / 350.0) ** 2
"""The ridge that is a normal prior with a standard deviation of 350 Elo points: weak, yet enough to
keep an unbeaten model's rating finite."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ratings:
    """Ratings of models, and the counts they rest on.

    Attributes:
        counts: The votes.
        values: One for each of ``counts.names``: natural logarithms of odds, summing to 0.
        ridge: What held them together; 0 for maximum likelihood.
        parts: Models between which points flow both ways, largest group first. With more than one
            group the differences between groups owe their finite size to the ridge alone.
    """

    counts: PairCounts
    values: Reals
    ridge: float
    parts: tuple[tuple[str, ...], ...]

    @property
    def strengths(self) -> dict[str, float]:
        """The odds of each model on a scale that sums to 1, strongest first."""
        import numpy as np

        odds = np.exp(self.values - self.values.max())
        order = np.argsort(-self.values, kind="stable")
        return {self.counts.names[i]: float(odds[i] / odds.sum()) for i in order}

    @property
    def likelihood(self) -> Likelihood:
        """The function of which these ratings are the maximum."""
        return likelihood_of(self.counts, self.ridge)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RatingCovariance:
    """How ratings vary together from sample to sample.

    Attributes:
        matrix: Of the ratings, in the order of their names.
        clusters: Independent units that it rests on: prompts, or votes.
    """

    matrix: Reals
    clusters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingGap:
    """By how much one model is rated above another, with the interval of that difference."""

    value: float
    se: float
    low: float
    high: float
    level: float


def fit_ratings(counts: PairCounts, *, ridge: float = 0.0) -> Ratings:
    """Return the ratings that make the votes most likely.

    Args:
        counts: Votes by pair.
        ridge: 0 for maximum likelihood, which exists only if every model or group of models both
            won and lost points against the rest; above 0, as ``WEAK_RIDGE``, for the most probable
            ratings under a normal prior of variance 1 / ridge.

    Raises:
        Disconnected: Some models never met the others, or, without a ridge, never won or never
            lost against them. The error names the groups that can be rated.
        InsufficientData: There are no votes.
        ValueError: ``ridge`` is negative or not finite.

    Examples:
        >>> from arenatest.stats.votes import count_votes, read_votes
        >>> votes = read_votes(["a", "a", "a", "b"], ["b", "b", "b", "a"], [1, 1, 1, 1])
        >>> strengths = fit_ratings(count_votes(votes)).strengths
        >>> {name: round(strength, 9) for name, strength in strengths.items()}
        {'a': 0.75, 'b': 0.25}
    """
    if not 0.0 <= ridge < math.inf:
        raise ValueError(f"ridge: got {ridge!r}, expected a number from 0")
    if counts.n == 0:
        raise InsufficientData("there are no votes to rate by")
    met = connected_parts(counts, both_ways=False)
    if len(met) > 1:
        raise Disconnected(f"the models are in {len(met)} groups that never met", met)
    parts = met if is_connected(counts) else connected_parts(counts, both_ways=True)
    if len(parts) > 1 and ridge == 0.0:
        raise Disconnected(
            f"the models are in {len(parts)} groups of which one only won and one only lost: "
            "their distance has no limit; give a ridge, or rate each group",
            parts,
        )
    values = likelihood_of(counts, ridge).maximum()
    return Ratings(counts=counts, values=values, ridge=ridge, parts=parts)


def likelihood_of(counts: PairCounts, ridge: float) -> Likelihood:
    """Return the likelihood of ratings given these counts."""
    return Likelihood(
        size=len(counts.names),
        first=counts.first,
        second=counts.second,
        games=counts.games,
        points=counts.points,
        ridge=ridge,
    )


def covariance_by_votes(ratings: Ratings) -> RatingCovariance:
    """Return the sandwich covariance with every vote on its own.

    It holds although ties count half and models are never quite as Bradley and Terry thought, but
    not where several votes are on one prompt: then use ``covariance_by_cluster``.
    """
    import numpy as np

    counts, likelihood = ratings.counts, ratings.likelihood
    p = win_probability(ratings.values[counts.first] - ratings.values[counts.second])
    squares = np.stack([(score - p) ** 2 for score in (0.0, 0.5, 1.0)], axis=1)
    meat = likelihood.laplacian((counts.outcomes * squares).sum(axis=1))
    return _sandwich(ratings, meat, counts.n)


def covariance_by_cluster(
    ratings: Ratings, votes: Votes, clusters: Sequence[Hashable]
) -> RatingCovariance:
    """Return the sandwich covariance with votes on one prompt, or by one person, kept together.

    Args:
        ratings: Fitted on the counts of these votes.
        votes: The votes.
        clusters: The cluster of each vote; at least two different ones.

    Raises:
        InsufficientData: There are fewer than two clusters, or one is missing.
    """
    import numpy as np

    if len(clusters) != len(votes.scores) or votes.names != ratings.counts.names:
        raise InsufficientData("clusters: expected one for each of the votes that were rated")
    place: dict[Hashable, int] = {}
    label = np.fromiter((place.setdefault(c, len(place)) for c in clusters), dtype=np.int64)
    size = len(votes.names)
    gap = ratings.values[votes.left] - ratings.values[votes.right]
    surplus = votes.scores - win_probability(gap)
    cells = len(place) * size
    sums = np.bincount(label * size + votes.left, surplus, cells)
    sums -= np.bincount(label * size + votes.right, surplus, cells)
    by_cluster: Reals = sums.reshape(len(place), size).astype(float, copy=False)
    return _sandwich(ratings, by_cluster.T @ by_cluster, len(place))


def rating_gap(
    ratings: Ratings,
    covariance: RatingCovariance,
    one: str,
    other: str,
    *,
    confidence: float = 0.95,
) -> RatingGap:
    """Return how far one model is rated above another: the interval of the difference itself.

    Two intervals of single ratings that overlap say nothing about it.

    Args:
        ratings: The ratings.
        covariance: Theirs.
        one: A model.
        other: Another.
        confidence: Two-sided, in (0, 1).

    Raises:
        InsufficientData: A model is not rated.
        ValueError: ``confidence`` is out of its range.
    """
    i, j = _place(ratings, one), _place(ratings, other)
    matrix = covariance.matrix
    variance = float(matrix[i, i] + matrix[j, j] - 2.0 * matrix[i, j])
    value, se = float(ratings.values[i] - ratings.values[j]), math.sqrt(max(variance, 0.0))
    reach = t_reach(confidence, covariance.clusters - 1) * se
    return RatingGap(value=value, se=se, low=value - reach, high=value + reach, level=confidence)


def _place(ratings: Ratings, name: str) -> int:
    if name not in ratings.counts.names:
        raise InsufficientData(f"{name!r} is not among the models that were rated")
    return ratings.counts.names.index(name)


def _sandwich(ratings: Ratings, meat: Reals, clusters: int) -> RatingCovariance:
    if clusters <= 1:
        raise InsufficientData(f"a covariance needs at least two clusters, got {clusters}")
    bread = ratings.likelihood.covariance(ratings.values)
    matrix = bread @ meat @ bread * (clusters / (clusters - 1.0))
    return RatingCovariance(matrix=matrix, clusters=clusters)
