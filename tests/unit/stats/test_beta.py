import math

import pytest
from scipy import special, stats

from arenatest.stats.beta import beta_quantile, incomplete_beta, t_quantile, t_reach


@pytest.mark.parametrize("a", [0.5, 1, 8, 250, 40_000])
@pytest.mark.parametrize("b", [0.5, 1, 3, 90, 1_000_000])
def test_the_incomplete_beta_function_is_that_of_scipy(a, b):
    for x in (0.0, 1e-6, 0.03, 0.3, 0.5, a / (a + b), 0.9, 1.0):
        wanted = special.betainc(a, b, x)
        assert incomplete_beta(x, a, b) == pytest.approx(wanted, rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("q", [1e-9, 0.005, 0.025, 0.5, 0.95, 0.999])
@pytest.mark.parametrize(("a", "b"), [(1, 1), (8, 3), (1, 299), (0.5, 20.0), (5_000, 4_000)])
def test_the_beta_quantile_is_that_of_scipy(q, a, b):
    assert beta_quantile(q, a, b) == pytest.approx(stats.beta.ppf(q, a, b), rel=1e-8)


@pytest.mark.parametrize("q", [0.0005, 0.05, 0.4, 0.5, 0.6, 0.8, 0.975, 0.9999])
@pytest.mark.parametrize("freedom", [1, 2, 9, 39, 1_000, 1_000_000])
def test_the_t_quantile_is_that_of_scipy(q, freedom):
    assert t_quantile(q, freedom) == pytest.approx(stats.t.ppf(q, freedom), rel=1e-8, abs=1e-9)


@pytest.mark.parametrize(
    ("freedom", "t"),
    [(1, 12.706), (2, 4.303), (5, 2.571), (10, 2.228), (30, 2.042), (120, 1.980)],
)
def test_the_t_quantiles_of_the_textbook(freedom, t):
    assert t_quantile(0.975, freedom) == pytest.approx(t, abs=5e-4)


@pytest.mark.parametrize(
    "arguments", [(math.nan, 1, 1), (1.1, 1, 1), (0.5, 0, 1), (0.5, 1, math.inf)]
)
def test_arguments_out_of_range_are_refused(arguments):
    with pytest.raises(ValueError, match="incomplete beta"):
        incomplete_beta(*arguments)


def test_quantiles_of_impossible_probabilities_are_refused():
    with pytest.raises(ValueError, match=r"q=1\.5"):
        beta_quantile(1.5, 1, 1)
    with pytest.raises(ValueError, match="t quantile"):
        t_quantile(1.0, 5)


def test_a_t_interval_reaches_as_far_as_its_quantile():
    assert t_reach(0.9, 12) == t_quantile(0.95, 12)
    with pytest.raises(ValueError, match="confidence: got 95"):
        t_reach(95, 12)
