import math

import pytest
from statsmodels.stats.power import NormalIndPower

from arenatest.errors import InsufficientData
from arenatest.stats.power import clusters_needed, detectable_effect


@pytest.mark.parametrize(
    ("margin", "n"), [(0.15, 30), (0.10, 68), (0.08, 106), (0.05, 270), (0.03, 749), (0.02, 1684)]
)
def test_the_published_numbers_of_prompts(margin, n):
    assert clusters_needed(sd=0.33, delta=margin, alpha=0.05) == pytest.approx(n, abs=1)


def test_the_side_of_the_limit_does_not_matter():
    one = clusters_needed(sd=0.3, delta=0.1, alpha=0.05)
    assert one == clusters_needed(sd=0.3, delta=-0.1, alpha=0.05)


def test_on_the_limit_no_number_would_do():
    assert clusters_needed(sd=0.3, delta=0.0, alpha=0.05) is None
    assert clusters_needed(sd=0.3, delta=1e-300, alpha=0.05) is None
    assert clusters_needed(sd=0.3, delta=0.001, alpha=0.05) is None


def test_without_spread_one_would_do():
    assert clusters_needed(sd=0.0, delta=0.1, alpha=0.05) == 1


@pytest.mark.parametrize(("alpha", "power"), [(0.05, 0.8), (0.01, 0.9), (0.025, 0.5)])
@pytest.mark.parametrize("clusters", [1, 20, 270])
def test_the_detectable_effect_is_that_of_statsmodels(alpha, power, clusters):
    effect = detectable_effect(sd=0.33, clusters=clusters, alpha=alpha, power=power) / 0.33
    found = NormalIndPower(ddof=0).power(effect, clusters, alpha, ratio=0, alternative="larger")
    assert found == pytest.approx(power, rel=1e-6)


@pytest.mark.parametrize("n", [20, 50, 200, 800])
def test_the_published_rule_of_thumb(n):
    effect = detectable_effect(sd=0.33, clusters=n, alpha=0.05)
    assert effect == pytest.approx(2.49 * 0.33 / math.sqrt(n), rel=2e-3)


def test_the_detectable_effect_is_what_so_many_clusters_are_needed_for():
    effect = detectable_effect(sd=0.3, clusters=123, alpha=0.05)
    assert clusters_needed(sd=0.3, delta=effect * (1 + 1e-9), alpha=0.05) == 123


@pytest.mark.parametrize("wrong", [{"clusters": 0}, {"sd": math.nan}, {"sd": -1.0}])
def test_an_effect_of_nothing_is_refused(wrong):
    with pytest.raises(InsufficientData, match="a detectable effect"):
        detectable_effect(**{"sd": 0.3, "clusters": 5, "alpha": 0.05, **wrong})


def test_error_rates_out_of_range_are_refused():
    with pytest.raises(ValueError, match="power"):
        detectable_effect(sd=0.3, clusters=5, alpha=0.05, power=1.0)
