import math
import random

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from arenatest.errors import InsufficientData
from arenatest.stats.means import bootstrapped_mean, clustered_mean


def clustered(seed=1, groups=25, largest=6):
    rng = random.Random(seed)
    values, clusters = [], []
    for group in range(groups):
        shift = rng.gauss(0, 1)
        for _ in range(rng.randint(1, largest)):
            values.append(shift + rng.gauss(0, 0.5))
            clusters.append(group)
    return values, clusters


def test_statsmodels_finds_the_same_clustered_error_and_interval():
    values, clusters = clustered()
    fitted = sm.OLS(values, np.ones(len(values))).fit(
        cov_type="cluster", cov_kwds={"groups": np.array(clusters)}, use_t=True
    )
    ours = clustered_mean(values, clusters)
    assert ours.value == pytest.approx(fitted.params[0], rel=1e-9)
    assert ours.se == pytest.approx(fitted.bse[0], rel=1e-6)
    assert (ours.low, ours.high) == pytest.approx(tuple(fitted.conf_int()[0]), rel=1e-6)
    assert (ours.n, ours.clusters, ours.level) == (len(values), 25, 0.95)


def test_values_on_their_own_have_students_interval():
    values, _ = clustered()
    wanted = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    ours = clustered_mean(values, confidence=0.9)
    assert (ours.low, ours.high) == pytest.approx((wanted.low, wanted.high), rel=1e-9)


def test_the_published_sleep_data():
    # Student 1908 (the data of Cushny and Peebles): mean 1.58, 95 % interval 0.70 to 2.46
    gained = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
    ours = clustered_mean(gained)
    assert ours.value == pytest.approx(1.58)
    assert ours.se == pytest.approx(0.38896, abs=1e-5)
    assert (ours.low, ours.high) == pytest.approx((0.7001, 2.4599), abs=1e-4)


def test_strata_of_equal_clusters_add_up_their_own_errors():
    rng = random.Random(4)
    easy = [rng.gauss(1.0, 0.1) for _ in range(30)]
    hard = [rng.gauss(0.0, 0.2) for _ in range(10)]
    strata = ["easy"] * 30 + ["hard"] * 10
    ours = clustered_mean(easy + hard, strata=strata)
    errors = [stats.sem(easy) * 30 / 40, stats.sem(hard) * 10 / 40]
    assert ours.se == pytest.approx(math.hypot(*errors), rel=1e-9)
    assert ours.se < clustered_mean(easy + hard).se / 3
    reach = stats.t.ppf(0.975, 38) * ours.se
    assert (ours.low, ours.high) == pytest.approx((ours.value - reach, ours.value + reach))


def test_the_interval_of_a_whole_is_narrower_than_the_mean_of_its_parts():
    values, clusters = clustered(groups=40)
    strata = [cluster % 4 for cluster in clusters]
    whole = clustered_mean(values, clusters, strata=strata)
    widths = []
    for stratum in range(4):
        part = [place for place, home in enumerate(strata) if home == stratum]
        mean = clustered_mean([values[i] for i in part], [clusters[i] for i in part])
        widths.append(mean.high - mean.low)
    assert whole.high - whole.low < 0.7 * sum(widths) / 4


def test_the_bootstrap_agrees_with_t_where_nothing_is_skewed():
    values, clusters = clustered(groups=150)
    strata = [cluster % 3 for cluster in clusters]
    exact = clustered_mean(values, clusters, strata=strata)
    drawn = bootstrapped_mean(values, clusters, strata=strata, seed=1)
    assert (drawn.value, drawn.se) == (exact.value, exact.se)
    assert (drawn.low, drawn.high) == pytest.approx((exact.low, exact.high), abs=0.2 * exact.se)


def test_the_bootstrap_is_scipys_studentised_one_in_spirit():
    rng = random.Random(9)
    values = [rng.expovariate(1) for _ in range(60)]
    wanted = stats.bootstrap((values,), np.mean, method="BCa", rng=3).confidence_interval
    drawn = bootstrapped_mean(values, seed=3)
    exact = clustered_mean(values)
    assert (drawn.low, drawn.high) == pytest.approx((wanted.low, wanted.high), abs=0.1)
    assert drawn.high - drawn.value > drawn.value - drawn.low
    assert exact.high - exact.value == pytest.approx(exact.value - exact.low)


@pytest.mark.parametrize("method", ["t", "bootstrap"])
def test_intervals_of_clustered_values_cover_as_often_as_they_say(method):
    hits = 0
    for seed in range(300):
        values, clusters = clustered(seed=seed, groups=30)
        if method == "t":
            mean = clustered_mean(values, clusters)
        else:
            mean = bootstrapped_mean(values, clusters, seed=seed, resamples=400)
        hits += mean.low <= 0.0 <= mean.high
    assert 0.91 <= hits / 300 <= 0.985  # 0.95 and three standard errors


def test_values_without_any_spread_bound_nothing():
    for mean in (clustered_mean([0.1] * 24), bootstrapped_mean([0.1] * 24, seed=1)):
        assert (mean.value, mean.se, mean.low, mean.high) == (pytest.approx(0.1), 0.0, None, None)


def test_two_clusters_are_too_few_for_the_bootstrap_to_bound():
    mean = bootstrapped_mean([0.0, 1.0], seed=1)
    assert (mean.low, mean.high) == (None, None)


def test_far_values_keep_their_digits():
    values = [1e9 + step for step in (0.0, 1.0, 2.0, 3.0)]
    assert clustered_mean(values).se == pytest.approx(stats.sem([0, 1, 2, 3]), rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), "needs values"),
        (([1.0],), "one cluster does not show"),
        (([1.0, math.nan],), "all of them finite"),
        (([1.0, 0.0], ["a", "a"]), "one cluster does not show"),
        (([1.0, 0.0], ["a"]), "2 values, 1 clusters"),
    ],
)
def test_unusable_values_are_refused(arguments, message):
    for mean in (clustered_mean, lambda *a: bootstrapped_mean(*a, seed=1)):
        with pytest.raises(InsufficientData, match=message):
            mean(*arguments)


def test_strata_must_hold_whole_clusters_and_at_least_two():
    with pytest.raises(InsufficientData, match="one cluster in the stratum 'y'"):
        clustered_mean([1, 2, 3], strata=["x", "x", "y"])
    with pytest.raises(InsufficientData, match="in the strata 'x' and 'y'"):
        clustered_mean([1, 2, 3], ["a", "a", "b"], strata=["x", "y", "y"])


def test_requests_out_of_range_are_refused():
    with pytest.raises(ValueError, match="confidence"):
        clustered_mean([1, 2], confidence=95)
    with pytest.raises(ValueError, match="too few for a confidence"):
        bootstrapped_mean([1, 2], seed=1, resamples=20)
