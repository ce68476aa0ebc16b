import math

import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from arenatest.errors import InsufficientData
from arenatest.stats.proportions import clopper_pearson_interval, sign_test, wilson_interval
from fakes.published import rows

COUNTS = [(0, 1), (1, 1), (0, 7), (8, 10), (10, 10), (23, 24), (24, 24), (15, 148), (700, 999)]


@pytest.mark.parametrize(("successes", "n"), COUNTS)
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_the_intervals_are_those_of_scipy(successes, n, confidence):
    test = stats.binomtest(successes, n)
    for ours, method in ((wilson_interval, "wilson"), (clopper_pearson_interval, "exact")):
        low, high = ours(successes, n, confidence=confidence)
        wanted = test.proportion_ci(confidence, method=method)
        assert (low, high) == (pytest.approx(wanted.low), pytest.approx(wanted.high)), method


@pytest.mark.parametrize(("successes", "n"), COUNTS)
def test_the_intervals_are_those_of_statsmodels(successes, n):
    for ours, method in ((wilson_interval, "wilson"), (clopper_pearson_interval, "beta")):
        wanted = proportion_confint(successes, n, method=method)
        assert tuple(ours(successes, n)) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize(
    ("successes", "n", "wilson", "exact"),
    [  # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0000, 0.1611), (0.0000, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_the_published_intervals(successes, n, wilson, exact):
    assert tuple(wilson_interval(successes, n)) == pytest.approx(wilson, abs=5.1e-5)
    assert tuple(clopper_pearson_interval(successes, n)) == pytest.approx(exact, abs=5.1e-5)


def test_a_clean_sweep_is_not_certain():
    for interval in (wilson_interval, clopper_pearson_interval):
        sweep, but_one = interval(24, 24), interval(23, 24)
        assert but_one.low < sweep.low < 1.0
        assert sweep.high == 1.0


def test_ties_count_one_half():
    low, high = wilson_interval(7.5, 15)
    assert (low + high) / 2 == pytest.approx(0.5)


@pytest.mark.parametrize("interval", [wilson_interval, clopper_pearson_interval])
@pytest.mark.parametrize(("successes", "n"), [(0, 0), (3, 2), (-1, 2), (math.nan, 2)])
def test_counts_that_cannot_be_are_refused(interval, successes, n):
    with pytest.raises(InsufficientData):
        interval(successes, n)


@pytest.mark.parametrize("interval", [wilson_interval, clopper_pearson_interval])
@pytest.mark.parametrize("confidence", [0.0, 1.0, 95, math.nan])
def test_a_confidence_out_of_range_is_refused(interval, confidence):
    with pytest.raises(ValueError, match="confidence"):
        interval(1, 2, confidence=confidence)


def test_half_a_success_has_no_exact_interval():
    with pytest.raises(InsufficientData, match=r"successes: got 1\.5, expected a whole number"):
        clopper_pearson_interval(1.5, 3)


@pytest.mark.parametrize(("wins", "losses"), [(0, 1), (5, 0), (24, 0), (60, 41), (900, 1_000)])
def test_the_sign_test_is_scipys_binomial_test(wins, losses):
    for side, alternative in (("above", "greater"), ("below", "less"), ("either", "two-sided")):
        wanted = stats.binomtest(wins, wins + losses, alternative=alternative).pvalue
        assert sign_test(wins, losses, side=side) == pytest.approx(wanted, rel=1e-9)


def test_the_published_sign_tests():
    for row in rows("sign_test/published.csv"):
        p = sign_test(int(row["wins"]), int(row["losses"]), side="above")
        assert p == pytest.approx(float(row["sign_test_p_one_sided"]), abs=6e-4), row["case"]


def test_nothing_decisive_proves_nothing():
    assert {sign_test(0, 0, side=side) for side in ("above", "below", "either")} == {1.0}


@pytest.mark.parametrize("counts", [(-1, 2), (1, 0.5), (math.nan, 1), (1, math.inf)])
def test_the_sign_test_refuses_what_are_no_counts(counts):
    with pytest.raises(InsufficientData):
        sign_test(*counts)
