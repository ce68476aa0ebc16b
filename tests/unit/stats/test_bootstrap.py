import math
import random

import numpy as np
import pytest
from scipy import stats

from arenatest.errors import InsufficientData
from arenatest.stats.bootstrap import mean_bounds, ratio_bounds

SIDES = {"alpha_low": 0.05, "alpha_high": 0.05, "seed": 1}


def test_of_many_normal_values_it_is_the_t_interval():
    rng = random.Random(4)
    values = [rng.gauss(10, 2) for _ in range(400)]
    t = stats.t.interval(0.90, len(values) - 1, np.mean(values), stats.sem(values))
    assert mean_bounds(values, **SIDES) == pytest.approx(t, abs=0.02)


def test_it_leans_to_the_long_tail():
    values = [float(i) ** 3 for i in range(1, 31)]
    low, high = mean_bounds(values, **SIDES)
    mean = float(np.mean(values))
    assert high - mean > mean - low
    bca = stats.bootstrap(
        (values,), np.mean, confidence_level=0.90, method="BCa", rng=np.random.default_rng(1)
    ).confidence_interval
    assert low == pytest.approx(bca.low, rel=0.1)
    assert high == pytest.approx(bca.high, rel=0.15)


def test_the_same_seed_gives_the_same_bounds():
    values = [float(i % 7) for i in range(40)]
    assert mean_bounds(values, **SIDES) == mean_bounds(values, **SIDES)
    other = {**SIDES, "seed": 2}
    assert mean_bounds(values, **SIDES) != mean_bounds(values, **other)


def test_a_bound_moves_out_with_confidence():
    values = [float(i % 7) for i in range(40)]
    low, high = mean_bounds(values, **SIDES)
    further = mean_bounds(values, alpha_low=0.01, alpha_high=0.01, seed=1)
    assert further[0] < low
    assert further[1] > high


def test_equal_values_need_fifty_nine():
    with pytest.raises(InsufficientData, match=r"58 equal values .* 59 would"):
        mean_bounds([3.0] * 58, **SIDES)
    assert mean_bounds([3.0] * 59, **SIDES) == (3.0, 3.0)


def test_too_few_clusters_are_refused():
    with pytest.raises(InsufficientData, match="at least 10 clusters, got 9"):
        mean_bounds([1.0, 2.0] * 4 + [1.0], **SIDES)
    with pytest.raises(InsufficientData, match="above 0"):
        ratio_bounds([1.0] * 10, [0.0] * 10, **SIDES)


def test_amounts_below_zero_have_no_ratio():
    with pytest.raises(InsufficientData, match="not negative"):
        ratio_bounds([1.0, -2.0, 4.0] * 10, [1.0] * 30, **SIDES)


def test_a_total_that_might_have_been_zero_leaves_that_side_open():
    rare, common = [5.0] + [0.0] * 19, [1.0] * 20  # 36 of 100 resamples hold none of the one
    assert ratio_bounds(rare, common, **SIDES)[1] == math.inf
    assert ratio_bounds(common, rare, **SIDES)[0] == 0.0
    assert ratio_bounds(rare, rare[::-1], **SIDES) == (0.0, math.inf)


def test_a_bound_beyond_all_numbers_is_infinite():
    above, below = [5.0, *[0.0] * 9], [1e-300, 1.0, *[0.0] * 8]
    low, high = ratio_bounds(above, below, **SIDES)
    assert 0.0 <= low < high == math.inf


@pytest.mark.parametrize("prompts", [20, 50])
def test_the_bounds_of_a_ratio_of_rare_amounts_cover(prompts):
    rng = random.Random(5)
    missed = 0
    for seed in range(300):
        rare = [10.0 * (rng.random() < 0.1) for _ in range(prompts)]
        if any(rare):
            missed += ratio_bounds(rare, [1.0] * prompts, **(SIDES | {"seed": seed}))[1] < 1.0
    assert missed / 300 <= 0.05 + 3 * 0.0126


def test_a_constant_ratio_is_known_exactly():
    base = [float(i) for i in range(1, 21)]
    bounds = ratio_bounds([2 * value for value in base], base, **SIDES)
    assert bounds == pytest.approx((2.0, 2.0))


def test_a_ratio_and_its_inverse_have_inverse_bounds():
    rng = random.Random(6)
    above = [rng.lognormvariate(0.2, 0.5) for _ in range(60)]
    below = [rng.lognormvariate(0.0, 0.5) for _ in range(60)]
    low, high = ratio_bounds(above, below, **SIDES)
    inverse_low, inverse_high = ratio_bounds(below, above, **SIDES)
    assert low < sum(above) / sum(below) < high
    assert low == pytest.approx(1 / inverse_high, rel=0.02)
    assert high == pytest.approx(1 / inverse_low, rel=0.02)


def test_pairing_cancels_what_both_share():
    rng = random.Random(8)
    size = [rng.lognormvariate(0, 1) for _ in range(80)]
    above = [s * rng.uniform(1.0, 1.2) for s in size]
    low, high = ratio_bounds(above, size, **SIDES)
    assert high - low < 0.15  # the sizes alone vary by a factor of a hundred


def test_the_bounds_of_a_skewed_mean_cover():
    rng = random.Random(3)
    low_missed = high_missed = 0
    for seed in range(300):
        values = [rng.expovariate(1.0) for _ in range(30)]
        low, high = mean_bounds(values, alpha_low=0.05, alpha_high=0.05, seed=seed)
        low_missed += low > 1.0
        high_missed += high < 1.0
    assert low_missed / 300 <= 0.05 + 3 * 0.0126
    assert high_missed / 300 <= 0.08 + 3 * 0.0126
