import itertools
import math
import random

import numpy as np
import pytest
from scipy import stats

from arenatest.errors import InsufficientData
from arenatest.stats.paired import hodges_lehmann, lower_bound, p_above, p_below, upper_bound


def by_enumeration(values):
    """P(W+ >= observed) over all signs of the non-zero mid-ranks."""
    ranks = stats.rankdata(np.abs(values))
    observed = sum(r for r, v in zip(ranks, values, strict=True) if v > 0)
    kept = [r for r, v in zip(ranks, values, strict=True) if v != 0]
    sums = [
        sum(r for r, up in zip(kept, signs, strict=True) if up)
        for signs in itertools.product((False, True), repeat=len(kept))
    ]
    return sum(s >= observed for s in sums) / len(sums)


@pytest.mark.parametrize("n", [6, 11, 30, 50])
def test_without_ties_it_is_scipys_exact_test(n):
    rng = random.Random(n)
    values = [rng.gauss(0.2, 1) for _ in range(n)]
    for shift in (-0.3, 0.0, 0.4):
        moved = np.array(values) - shift
        greater = stats.wilcoxon(moved, alternative="greater", method="exact").pvalue
        less = stats.wilcoxon(moved, alternative="less", method="exact").pvalue
        assert p_above(values, shift) == pytest.approx(greater, rel=1e-9)
        assert p_below(values, shift) == pytest.approx(less, rel=1e-9)


@pytest.mark.parametrize(
    "values",
    [
        [1, 1, 1, 2, 2, -1],
        [0, 0, 1, 2, 3, 4, 5],
        [0, 1, -1, 2, 2, -3, 4, 4],
        [math.inf, 1, 2, -0.5, 3, 4, math.inf],
        [math.inf, -math.inf, 1, 2, 3, 1],
        [0] * 6,
    ],
)
def test_with_ties_zeros_and_infinities_it_is_the_conditional_distribution(values):
    assert p_above(values) == pytest.approx(by_enumeration(values))
    assert p_below(values) == pytest.approx(by_enumeration([-v for v in values]))


@pytest.mark.parametrize("zeros", [0, 9])
def test_beyond_fifty_pairs_it_is_scipys_corrected_normal(zeros):
    rng = random.Random(1)
    values = [0.0] * zeros + [rng.choice((-2, -1, 1, 2, 3)) / 2 for _ in range(80)]
    expected = stats.wilcoxon(
        values, zero_method="pratt", correction=True, alternative="greater", method="asymptotic"
    ).pvalue
    assert p_above(values) == pytest.approx(expected, rel=1e-9)


def test_all_zeros_beyond_fifty_prove_nothing():
    assert p_above([0.0] * 60) == p_below([0.0] * 60) == 1.0


def test_the_estimate_is_the_median_of_the_walsh_averages():
    assert hodges_lehmann([3.0, 1.0, 8.0, 4.0]) == pytest.approx(3.75)
    rng = random.Random(2)
    values = [rng.gauss(1, 1) for _ in range(2_001)]
    ordered = np.array(values)
    first, second = np.triu_indices(len(values))
    exact = float(np.median((ordered[first] + ordered[second]) / 2))
    assert hodges_lehmann(values) == pytest.approx(exact, abs=1e-6)


def walsh_bound(values, alpha):
    """The textbook's interval: an order statistic of the Walsh averages."""
    n = len(values)
    averages = sorted((a + b) / 2 for i, a in enumerate(values) for b in values[i:])
    rank = 0
    while p_above([*range(1, n + 1)], 0) and rank_p(n, rank) <= alpha:
        rank += 1
    return averages[rank - 1] if rank else None


def rank_p(n, w):
    """P(W+ <= w) without ties."""
    chances = np.array([1.0])
    for r in range(1, n + 1):
        chances = (np.pad(chances, (0, r)) + np.pad(chances, (r, 0))) / 2
    return chances[: w + 1].sum()


@pytest.mark.parametrize("n", [6, 10, 25])
def test_without_ties_the_bound_is_the_textbooks_order_statistic(n):
    rng = random.Random(n)
    values = [rng.gauss(0, 1) for _ in range(n)]
    assert lower_bound(values, alpha=0.05) == pytest.approx(walsh_bound(values, 0.05), abs=1e-9)


@pytest.mark.parametrize("n", [6, 20, 51, 120])
def test_the_bounds_invert_the_test(n):
    rng = random.Random(n)
    values = [round(rng.gauss(0.1, 0.5), 1) for _ in range(n)]
    low, high = lower_bound(values, alpha=0.05), upper_bound(values, alpha=0.05)
    assert p_above(values, low - 1e-6) <= 0.05 < p_above(values, low + 1e-6)
    assert p_below(values, high + 1e-6) <= 0.05 < p_below(values, high - 1e-6)
    assert low <= hodges_lehmann(values) <= high


def test_one_wild_pair_does_not_move_the_bounds_without_bound():
    values = [0.1, 0.2, 0.15, 0.12, 0.18, 0.11, 0.16, 0.13, 0.17, 0.14, 0.19, 0.1]
    wild = [*values[:-1], math.inf]
    assert lower_bound(wild, alpha=0.05) >= lower_bound(values, alpha=0.05)
    assert math.isfinite(upper_bound(wild, alpha=0.05))


def test_many_failures_leave_no_upper_bound():
    assert upper_bound([0.1] * 6 + [math.inf] * 4, alpha=0.05) is None
    assert lower_bound([math.inf] * 6, alpha=0.05) is None


def test_equal_pairs_have_an_interval_of_one_point():
    assert lower_bound([0.25] * 8, alpha=0.05) == pytest.approx(0.25)
    assert upper_bound([0.25] * 8, alpha=0.05) == pytest.approx(0.25)


def test_six_pairs_are_the_least():
    for function in (p_above, p_below):
        with pytest.raises(InsufficientData, match="at least 6 pairs, got 5"):
            function([1, 2, 3, 4, 5])
    with pytest.raises(InsufficientData, match="6 pairs"):
        lower_bound([1] * 5, alpha=0.05)
    with pytest.raises(InsufficientData, match="at least one"):
        hodges_lehmann([])


def test_at_the_limit_it_rejects_no_more_than_alpha():
    rng = random.Random(9)
    missed = 0
    for _ in range(400):
        values = [rng.gauss(0, 1) + 2 * rng.gauss(0, 1) ** 3 for _ in range(20)]
        missed += p_above(values, 0.0) <= 0.05
    assert missed / 400 <= 0.05 + 3 * 0.011
