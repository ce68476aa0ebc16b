import math
import random

import pytest
from scipy import stats

from arenatest.errors import InsufficientData
from arenatest.stats.percentile import (
    at_least,
    at_most,
    lower_bound,
    nearest_rank,
    nearest_ranks,
    samples_needed,
    upper_bound,
)


@pytest.mark.parametrize("n", [1, 7, 59, 300])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9, 0.99])
def test_the_tails_are_those_of_scipy(n, share):
    for k in {0, 1, n // 2, n - 1, n}:
        less = stats.binomtest(k, n, share, alternative="less").pvalue
        greater = stats.binomtest(k, n, share, alternative="greater").pvalue
        assert at_most(k, n, share) == pytest.approx(less, rel=1e-9, abs=1e-13)
        assert at_least(k, n, share) == pytest.approx(greater, rel=1e-9, abs=1e-13)


@pytest.mark.parametrize(("q", "n"), [(0.5, 5), (0.9, 29), (0.95, 59), (0.99, 299)])
def test_published_sample_sizes(q, n):
    assert samples_needed(q, confidence=0.95) == n


@pytest.mark.parametrize("q", [0.05, 0.3, 0.5, 0.9, 0.95, 0.99, 0.999])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_a_bound_exists_from_the_sample_size_on(q, confidence):
    n = samples_needed(q, confidence=confidence)
    assert upper_bound(range(n), q, alpha=1 - confidence) is not None
    assert n == 1 or upper_bound(range(n - 1), q, alpha=1 - confidence) is None


@pytest.mark.parametrize("n", [12, 59, 100, 237])
@pytest.mark.parametrize("q", [0.1, 0.5, 0.9, 0.95])
def test_the_bounds_invert_scipys_test(n, q):
    rng = random.Random(n)
    values = [rng.lognormvariate(0, 1) for _ in range(n)]
    upper = upper_bound(values, q, alpha=0.05)
    lower = lower_bound(values, q, alpha=0.05)
    for limit in values:
        within = sum(value <= limit for value in values)
        under = sum(value < limit for value in values)
        proven_at_most = stats.binomtest(within, n, q, alternative="greater").pvalue <= 0.05
        proven_at_least = stats.binomtest(under, n, q, alternative="less").pvalue <= 0.05
        assert proven_at_most == (upper is not None and upper <= limit)
        assert proven_at_least == (lower is not None and lower >= limit)


def test_one_sided_bounds_frame_scipys_quantile_test():
    values = [float(i) for i in range(100)]
    interval = stats.quantile_test(values, q=0, p=0.9).confidence_interval(0.90)
    assert lower_bound(values, 0.9, alpha=0.05) == interval.low
    assert upper_bound(values, 0.9, alpha=0.05) == interval.high


def test_failed_calls_push_the_bound_to_infinity():
    values = [0.1] * 58 + [math.inf]
    assert upper_bound(values, 0.95, alpha=0.05) == math.inf
    assert upper_bound([*values, *[0.1] * 34], 0.95, alpha=0.05) == pytest.approx(0.1)


def test_ties_count_as_within_the_limit():
    assert upper_bound([0.8] * 59, 0.95, alpha=0.05) == pytest.approx(0.8)
    assert lower_bound([0.8] * 59, 0.95, alpha=0.05) == pytest.approx(0.8)


def test_no_values_have_no_bounds():
    assert upper_bound([], 0.5, alpha=0.05) is None
    assert lower_bound([], 0.5, alpha=0.05) is None
    with pytest.raises(InsufficientData, match="at least one"):
        nearest_rank([], 0.5)


@pytest.mark.parametrize(("q", "value"), [(0.05, 15), (0.3, 20), (0.4, 20), (0.5, 35), (0.99, 50)])
def test_the_nearest_rank_of_the_textbook(q, value):
    assert nearest_rank([15, 20, 35, 40, 50], q) == value


def test_a_rank_is_not_lifted_by_rounding():
    assert 0.07 * 100 > 7
    assert nearest_rank(range(1, 101), 0.07) == 7


def test_a_share_outside_the_open_interval_is_refused():
    with pytest.raises(ValueError, match="share"):
        at_most(1, 3, 1.0)


def test_several_shares_are_those_of_each():
    values, shares = [3.0, 1.0, 2.0, 5.0, 4.0], (0.2, 0.5, 0.9)
    assert nearest_ranks(values, shares) == tuple(nearest_rank(values, q) for q in shares)
