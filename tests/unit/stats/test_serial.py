import math
import random

import pytest

from arenatest.errors import InsufficientData
from arenatest.stats import percentile
from arenatest.stats.proportions import clopper_pearson_interval
from arenatest.stats.serial import (
    effective_size,
    percentile_lower_bound,
    percentile_upper_bound,
    share_bounds,
)


def autoregressive(n, rho, seed=0):
    chance = random.Random(seed)
    value, series = 0.0, []
    for _ in range(n):
        value = rho * value + math.sqrt(1 - rho**2) * chance.gauss(0, 1)
        series.append(value)
    return series


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_the_size_is_that_of_the_theory_for_a_process_whose_correlations_are_known(rho):
    n, runs = 2000, 20
    mean = sum(effective_size(autoregressive(n, rho, seed)) for seed in range(runs)) / runs
    assert mean == pytest.approx(n * (1 - rho) / (1 + rho), rel=0.15)


def test_values_that_alternate_are_worth_no_more_than_they_are():
    assert effective_size([1.0, 2.0] * 50) == 100


def test_values_that_only_grow_are_worth_few():
    assert effective_size([float(i) for i in range(100)]) < 5


def test_equal_values_are_worth_all():
    assert effective_size([0.25] * 40) == 40
    assert effective_size([math.inf] * 40) == 40


def test_one_huge_value_hides_no_dependence():
    series = autoregressive(1000, 0.9)
    series[500] = 1e6
    assert effective_size(series) < 150


def test_a_failure_counts_as_the_slowest():
    series = [1.0] * 50 + [math.inf] * 50
    assert effective_size(series) == effective_size([1.0] * 100)
    assert effective_size([1.0, 2.0] * 25 + [math.inf] * 50) < 10


@pytest.mark.parametrize("n", [0, 1, 3])
def test_few_values_are_worth_themselves(n):
    assert effective_size([1.0] * n) == n


def test_what_is_no_number_is_refused():
    with pytest.raises(InsufficientData, match="NaN"):
        effective_size([1.0, math.nan, 2.0, 3.0])


@pytest.mark.parametrize(("hits", "n"), [(0, 20), (19, 20), (20, 20), (57, 100)])
def test_bounds_of_independent_trials_are_those_of_clopper_and_pearson(hits, n):
    found = share_bounds(hits, n, worth=n, alpha_low=0.05, alpha_high=0.05)
    exact = clopper_pearson_interval(hits, n, confidence=0.9)
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high))


def test_bounds_of_trials_that_are_worth_fewer_are_wider():
    alone = share_bounds(90, 100, worth=100, alpha_low=0.05, alpha_high=0.05)
    together = share_bounds(90, 100, worth=20, alpha_low=0.05, alpha_high=0.05)
    assert together.low < alone.low < 0.9 < alone.high < together.high


def test_a_share_of_nothing_has_no_bounds():
    with pytest.raises(InsufficientData):
        share_bounds(0, 0, worth=1, alpha_low=0.05, alpha_high=0.05)


@pytest.mark.parametrize("n", [5, 59, 100, 300])
@pytest.mark.parametrize("q", [0.5, 0.9, 0.95])
def test_bounds_of_independent_values_are_the_exact_order_statistics(n, q):
    chance = random.Random(n)
    values = [chance.random() for _ in range(n)]
    for ours, exact in (
        (percentile_upper_bound, percentile.upper_bound),
        (percentile_lower_bound, percentile.lower_bound),
    ):
        assert ours(values, q, worth=n, alpha=0.05) == exact(values, q, alpha=0.05)


def test_values_that_are_worth_too_few_have_no_bound():
    assert percentile_upper_bound(range(200), 0.95, worth=58, alpha=0.05) is None
    assert percentile_upper_bound(range(200), 0.95, worth=59, alpha=0.05) is not None


def test_queued_requests_pass_falsely_as_rarely_as_promised():
    """The true p95 lies at the limit; requests taken for independent pass 34 % of the time."""
    runs, naive, ours = 300, 0, 0
    chance = random.Random(1)
    limit = percentile.nearest_rank(queue(60_000, 0.6, chance), 0.95)
    for _ in range(runs):
        waits = queue(300, 0.6, chance)
        naive += (percentile.upper_bound(waits, 0.95, alpha=0.05) or math.inf) <= limit
        bound = percentile_upper_bound(waits, 0.95, worth=effective_size(waits), alpha=0.05)
        ours += bound is not None and bound <= limit
    assert naive / runs > 0.25
    assert ours / runs < 0.10


def queue(n, busy, chance):
    """Times in a queue with one server, as long after its start as it takes to forget it."""
    wait, found = 0.0, []
    for number in range(n + 500):
        service = chance.lognormvariate(-0.125, 0.5)
        if number >= 500:
            found.append(wait + service)
        wait = max(0.0, wait + service - chance.expovariate(busy))
    return found
