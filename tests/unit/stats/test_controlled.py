import math
import random

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize

from arenatest.errors import InsufficientData
from arenatest.stats.controlled import controlled_win_rate, relative_difference


def battles(n=400, seed=1, longer=0.4, effect=2.0, quality=0.0):
    """A candidate that writes more, before a judge that likes more."""
    rng = random.Random(seed)
    scores, length, lists, prompts = [], [], [], []
    for battle in range(n):
        more, marks = rng.gauss(longer, 0.3), rng.choice([-1.0, 0.0, 1.0])
        p = 1 / (1 + math.exp(-(quality + effect * more + 0.5 * marks)))
        scores.append(0.5 if rng.random() < 0.1 else float(rng.random() < p))
        length.append(more)
        lists.append(marks)
        prompts.append(battle // 2)
    return scores, {"length": length, "lists": lists}, prompts


def test_statsmodels_fits_the_same_regression_and_error():
    scores, features, prompts = battles()
    columns = sm.add_constant(np.column_stack(list(features.values())))
    fitted = sm.GLM(scores, columns, family=sm.families.Binomial()).fit(
        tol=1e-14,
        cov_type="cluster",
        cov_kwds={"groups": np.array(prompts), "use_correction": False},
    )
    ours = controlled_win_rate(scores, features, prompts, ridge=0.0)
    assert list(ours.effects.values()) == pytest.approx(fitted.params[1:], rel=1e-6)
    assert ours.value == pytest.approx(1 / (1 + math.exp(-fitted.params[0])), rel=1e-6)
    width = math.log(ours.high / (1 - ours.high)) - math.log(ours.low / (1 - ours.low))
    wanted = 2 * 1.97195655 * fitted.bse[0] * math.sqrt(200 / 199)  # t with 199 degrees
    assert width == pytest.approx(wanted, rel=1e-6)


def test_scipy_finds_the_same_maximum_under_a_ridge():
    scores, features, _ = battles(n=60)
    columns = np.column_stack([np.ones(60), *features.values()])

    def loss(weights):
        logits = columns @ weights
        fit = (np.array(scores) * logits - np.logaddexp(0, logits)).sum()
        return 1.5 * (weights[1:] ** 2).sum() - fit

    found = optimize.minimize(loss, np.zeros(3), method="BFGS", options={"gtol": 1e-8}).x
    ours = controlled_win_rate(scores, features, ridge=3.0)
    assert list(ours.effects.values()) == pytest.approx(found[1:], abs=1e-6)
    assert ours.value == pytest.approx(1 / (1 + math.exp(-found[0])), abs=1e-6)


def test_the_controlled_rate_finds_equals_where_length_won():
    rates = [controlled_win_rate(*battles(seed=seed)) for seed in range(60)]
    assert np.mean([rate.raw for rate in rates]) > 0.63
    assert np.mean([rate.value for rate in rates]) == pytest.approx(0.5, abs=0.02)
    assert sum(rate.low <= 0.5 <= rate.high for rate in rates) >= 52
    assert np.mean([rate.effects["length"] for rate in rates]) == pytest.approx(1.8, abs=0.3)


def test_features_that_are_always_alike_change_nothing():
    scores = [1.0, 0.5, 0.0, 1.0, 1.0]
    rate = controlled_win_rate(scores, {"length": [0.0] * 5})
    assert rate.value == pytest.approx(rate.raw)
    assert rate.effects == {"length": 0.0}
    assert controlled_win_rate(scores, {}).value == pytest.approx(0.7)


def test_a_further_feature_does_not_move_the_others_by_its_place():
    scores, features, prompts = battles()
    turned = dict(reversed(features.items()))
    one, other = (
        controlled_win_rate(scores, features, prompts),
        controlled_win_rate(scores, turned, prompts),
    )
    assert one.effects == pytest.approx(other.effects)
    assert one.value == pytest.approx(other.value)


def test_few_clusters_are_called_unstable():
    assert not controlled_win_rate(*battles(n=150)).stable
    assert controlled_win_rate(*battles(n=200)).stable


def test_a_feature_that_decides_all_is_held_by_the_ridge():
    length = [0.5, 0.4, 0.3, -0.3, -0.4, -0.5]
    rate = controlled_win_rate([1, 1, 1, 0, 0, 0], {"length": length})
    assert rate.value == pytest.approx(0.5)
    assert rate.effects["length"] < 20


@pytest.mark.parametrize(
    ("scores", "features", "clusters", "message"),
    [
        ([], {}, None, "no battles"),
        ([1.0] * 24, {"length": [0.1] * 24}, None, "every battle went the same way"),
        ([1.0, math.nan], {}, None, "numbers from 0 to 1"),
        ([1.0, 0.0, 1.0], {"length": [0.1, 0.2]}, None, "length: expected a finite number"),
        ([1.0, 0.0, 1.0], {"length": [0.1, math.inf, 0]}, None, "length: expected a finite"),
        ([1.0, 0.0], {"length": [0.1, 0.2]}, None, "2 clusters are too few for 1 features"),
        ([1.0, 0.0], {}, ["a"], "1 clusters of 2 battles"),
    ],
)
def test_unusable_battles_are_refused(scores, features, clusters, message):
    with pytest.raises(InsufficientData, match=message):
        controlled_win_rate(scores, features, clusters)


def test_twins_cannot_be_told_apart_without_a_ridge():
    scores, twins = [1.0, 0.0, 1.0, 0.0, 0.5], [1.0, 0.0, 1.0, 1.0, 0.0]
    with pytest.raises(InsufficientData, match="cannot be told apart"):
        controlled_win_rate(scores, {"a": twins, "b": twins}, ridge=0.0)
    effects = controlled_win_rate(scores, {"a": twins, "b": twins}).effects
    assert effects["a"] == pytest.approx(effects["b"])


def test_requests_out_of_range_are_refused():
    scores, features, _ = battles(n=20)
    with pytest.raises(ValueError, match="ridge"):
        controlled_win_rate(scores, features, ridge=-1.0)
    with pytest.raises(ValueError, match="confidence"):
        controlled_win_rate(scores, features, confidence=1.0)


@pytest.mark.parametrize(("amount", "other"), [(-1, 2), (1, math.nan), (math.inf, 1)])
def test_what_is_no_amount_has_no_difference(amount, other):
    with pytest.raises(InsufficientData, match="expected an amount"):
        relative_difference(amount, other)
