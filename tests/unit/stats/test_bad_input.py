"""A number that is none is refused by every statistic: it must never look like a result."""

import math

import pytest

from arenatest.errors import Disconnected, InsufficientData
from arenatest.stats import paired, percentile
from arenatest.stats.agreement import cohen_kappa, krippendorff_alpha, rank_correlation
from arenatest.stats.betting import BettingTest
from arenatest.stats.bootstrap import mean_bounds, ratio_bounds
from arenatest.stats.controlled import controlled_win_rate, relative_difference
from arenatest.stats.correction import corrected_mean
from arenatest.stats.means import bootstrapped_mean, clustered_mean
from arenatest.stats.multiplicity import holm
from arenatest.stats.power import detectable_effect
from arenatest.stats.proportions import clopper_pearson_interval, sign_test, wilson_interval
from arenatest.stats.ratings import fit_ratings
from arenatest.stats.votes import count_votes, read_votes

GOOD = [0.2, 0.5, 0.7, 0.1, 0.9, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
BAD = [*GOOD, math.nan]
ONES = [1.0] * 12
BOUNDS = {"alpha_low": 0.05, "alpha_high": 0.05, "seed": 0}

ASKED = {
    "mean_bounds": lambda: mean_bounds(BAD, **BOUNDS),
    "infinite mean_bounds": lambda: mean_bounds([*GOOD, math.inf], **BOUNDS),
    "ratio_bounds above": lambda: ratio_bounds(BAD, ONES, **BOUNDS),
    "ratio_bounds below": lambda: ratio_bounds(ONES, BAD, **BOUNDS),
    "clustered_mean": lambda: clustered_mean(BAD),
    "bootstrapped_mean": lambda: bootstrapped_mean(BAD, seed=0),
    "p_above": lambda: paired.p_above(BAD),
    "p_below": lambda: paired.p_below(BAD),
    "paired lower": lambda: paired.lower_bound(BAD, alpha=0.05),
    "paired upper": lambda: paired.upper_bound(BAD, alpha=0.05),
    "hodges_lehmann": lambda: paired.hodges_lehmann(BAD),
    "infinite hodges_lehmann": lambda: paired.hodges_lehmann([math.inf, -math.inf]),
    "nearest_rank": lambda: percentile.nearest_rank(BAD, 0.5),
    "percentile lower": lambda: percentile.lower_bound(BAD, 0.5, alpha=0.05),
    "percentile upper": lambda: percentile.upper_bound(BAD, 0.5, alpha=0.05),
    "betting": lambda: BettingTest(0.5, 3).update(math.nan),
    "controlled scores": lambda: controlled_win_rate(BAD, {}),
    "controlled feature": lambda: controlled_win_rate([0, 1] * 6, {"length": BAD}),
    "relative_difference": lambda: relative_difference(math.nan, 1.0),
    "corrected_mean": lambda: corrected_mean([math.nan] * 60, [1.0] * 60, [0.5] * 100),
    "holm": lambda: holm([0.1, math.nan]),
    "wilson": lambda: wilson_interval(math.nan, 5),
    "clopper_pearson": lambda: clopper_pearson_interval(math.nan, 5),
    "sign_test": lambda: sign_test(math.nan, 5),
    "rank_correlation": lambda: rank_correlation(BAD, list(range(12))),
    "read_votes": lambda: read_votes(["a"], ["b"], [math.nan]),
    "detectable_effect": lambda: detectable_effect(sd=math.nan, clusters=5, alpha=0.05),
    "krippendorff_alpha": lambda: krippendorff_alpha([[math.nan, 1.0], [1.0, 2.0]]),
    "cohen_kappa": lambda: cohen_kappa([math.nan, 1], [math.nan, 1]),
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_a_number_that_is_none_is_refused(asked):
    with pytest.raises(InsufficientData):
        asked()


def test_one_prompt_shows_no_error_of_a_mean():
    with pytest.raises(InsufficientData, match="one cluster does not show"):
        clustered_mean([1.0, 0.5], ["a", "a"])


def test_models_that_never_met_are_named_apart():
    counts = count_votes(read_votes(["a", "b", "c", "d"], ["b", "a", "d", "c"], [1, 1, 1, 1]))
    with pytest.raises(Disconnected) as refused:
        fit_ratings(counts)
    assert sorted(map(sorted, refused.value.parts)) == [["a", "b"], ["c", "d"]]
