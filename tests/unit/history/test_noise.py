"""A difference between two runs is named where it is proven, and seldom where there is none."""

import math
import random

import pytest

from arenatest.history.noise import by_cluster, ratio_change, score_change, shared_error


def test_prompts_of_one_cluster_count_once():
    assert by_cluster([("a", 1.0), ("b", 0.0), ("a", 0.0)]) == [0.5, 0.0]


def test_a_drop_of_scores_is_proven_by_many_prompts_and_not_by_few():
    found = score_change([-0.5, 0.0, -0.5, 0.5, -1.0] * 20, error=0.05)
    assert found.finding == "lower"
    assert found.low < found.value == -0.3 < found.high < 0.0
    assert score_change([-0.5, 0.0, -0.5, 0.5, -1.0] * 2, error=0.05).finding == "noise"
    assert score_change([-1.0] * 3, error=0.05).finding == "few"


def test_equal_scores_are_within_noise_with_an_interval_around_zero():
    found = score_change([0.0] * 50, error=0.05)
    assert (found.value, found.finding, found.n) == (0.0, "noise", 50)
    assert found.low < 0.0 < found.high


def test_slower_calls_are_proven_by_ranks_and_few_pairs_prove_nothing():
    slower = [math.log(1.2) + 0.01 * place for place in range(-10, 11)]
    found = ratio_change(slower, error=0.05)
    assert found.finding == "higher"
    assert found.value == pytest.approx(1.2)
    assert 1.0 < found.low < found.value < found.high
    few = ratio_change([0.3] * 6, error=0.01)
    assert (few.finding, few.low, few.high) == ("few", None, None)


def test_nothing_in_common_is_no_change():
    assert score_change([], error=0.05) is None
    assert ratio_change([], error=0.05) is None


def test_several_comparisons_share_their_error():
    assert shared_error(10) == pytest.approx(0.005)
    assert shared_error(0) == 0.05


def test_unchanged_models_show_a_difference_as_seldom_as_promised():
    chance = random.Random(11)
    runs, error = 80, 0.05
    scores = ratios = 0
    for _ in range(runs):
        rises = [chance.choice((-1.0, -0.5, 0.0, 0.0, 0.5, 1.0)) for _ in range(40)]
        scores += score_change(rises, error=error).finding != "noise"
        ratios += (
            ratio_change([chance.gauss(0, 0.3) for _ in range(40)], error=error).finding != "noise"
        )
    most = error + 3 * math.sqrt(error * (1 - error) / runs)
    assert scores / runs <= most
    assert ratios / runs <= most
