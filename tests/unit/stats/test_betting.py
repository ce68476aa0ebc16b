import math
import random

import pytest

from arenatest.errors import InsufficientData
from arenatest.stats.betting import BettingTest, can_prove, smallest_horizon


def run(xs, limit=0.45, horizon=None, **options):
    test = BettingTest(limit, horizon or len(xs), **options)
    for x in xs:
        test.update(x)
    return test


def star(xs, limit, horizon, alpha=0.05):
    """The pseudocode of the reference, in its plainest form: (max W+, max W-)."""
    up = down = most_up = most_down = 1.0
    for t in range(1, len(xs) + 1):
        past = xs[: t - 1]
        mean = sum(past) / len(past) if past else 0.0
        v = (5 * 0.35**2 + sum((x - mean) ** 2 for x in past)) / (5 + len(past))
        left = horizon - t + 1
        bet_up = math.sqrt(2 * max(math.log(1 / alpha) - math.log(up), 0) / (v * left))
        bet_down = math.sqrt(2 * max(math.log(1 / alpha) - math.log(down), 0) / (v * left))
        up *= 1 + min(bet_up, 0.95 / limit) * (xs[t - 1] - limit)
        down *= 1 - min(bet_down, 0.95 / (1 - limit)) * (xs[t - 1] - limit)
        most_up, most_down = max(up, most_up), max(down, most_down)
    return most_up, most_down


def test_the_wealth_is_that_of_the_plain_formula():
    rng = random.Random(7)
    for limit in (0.2, 0.45, 0.9):
        xs = [rng.choice((0.0, 0.25, 0.5, 0.75, 1.0)) for _ in range(30)]
        test = run(xs, limit, 60)
        up, down = star(xs, limit, 60)
        assert test.p_pass == pytest.approx(1 / up, rel=1e-9)
        assert test.p_fail == pytest.approx(1 / down, rel=1e-9)


def test_the_first_bet_by_hand():
    test = run([1.0], 0.5, 10)
    bet = math.sqrt(2 * math.log(20) / (0.35**2 * 10))  # above the cap of 0.95 / 0.5 = 1.9
    assert bet > 1.9
    assert test.p_pass == pytest.approx(1 / (1 + 1.9 * 0.5))
    assert test.p_fail == 1.0


def test_a_sweep_passes_with_a_bound_below_one_and_above_that_of_one_loss():
    sweep = run([1.0] * 24)
    assert sweep.verdict == "pass"
    assert sweep.bounds().low < 1.0
    for loss in range(24):
        once = run([float(i != loss) for i in range(24)])
        assert once.bounds().low < sweep.bounds().low


def test_even_scores_on_the_limit_decide_nothing():
    test = run([0.5] * 400, 0.5)
    assert test.verdict == "inconclusive"
    assert test.p_pass == test.p_fail == 1.0
    bounds = test.bounds()
    assert bounds.low < 0.5 < bounds.high


def test_losses_fail():
    test = run([0.0] * 20)
    assert test.verdict == "fail"
    assert test.bounds().high <= 0.45


def test_one_win_is_never_enough():
    assert run([1.0], 0.45, 1).verdict == "inconclusive"


def test_the_first_proof_stands():
    test = run([1.0] * 15 + [0.0] * 300, 0.5, 400)
    assert run([1.0] * 15, 0.5, 400).verdict == "inconclusive"
    assert test.verdict == "fail"


def test_sides_are_fed_apart():
    test = BettingTest(0.5, 20)
    for _ in range(20):
        test.update_pass(0.0)
    assert test.p_fail == 1.0
    assert test.verdict == "inconclusive"
    assert test.bounds().high == pytest.approx(1.0)


def test_a_stricter_fail_side_needs_more():
    xs = [0.0] * 6
    assert run(xs, 0.5, 12).p_fail < 0.05
    assert run(xs, 0.5, 12, alpha_fail=0.05 / 50).verdict == "inconclusive"


def test_a_limit_of_one_fails_at_the_first_lack_and_never_passes():
    test = run([1.0] * 50, 1.0)
    assert test.verdict == "inconclusive"
    assert run([1.0] * 49 + [0.5], 1.0).verdict == "fail"


def test_a_limit_of_zero_passes_at_the_first_success_and_never_fails():
    assert run([0.0] * 50, 0.0).verdict == "inconclusive"
    assert run([0.0] * 49 + [0.5], 0.0).verdict == "pass"


def test_a_suite_is_certain_at_its_end():
    rng = random.Random(3)
    for _ in range(50):
        xs = [rng.choice((0.0, 0.5, 1.0)) for _ in range(rng.randint(1, 40))]
        mean = sum(xs) / len(xs)
        for limit in (0.3, 0.5, mean):
            test = run(xs, limit, alpha_pass=1e-12, alpha_fail=1e-12, target="suite")
            assert test.verdict == ("pass" if mean >= limit - 1e-12 else "fail")


def test_a_suite_is_certain_as_soon_as_the_rest_cannot_matter():
    strict = {"alpha_pass": 1e-90, "alpha_fail": 1e-90, "target": "suite"}
    assert run([1.0] * 49, 0.5, 100, **strict).verdict == "inconclusive"
    assert run([1.0] * 50, 0.5, 100, **strict).verdict == "pass"
    assert run([0.0] * 50, 0.5, 100, **strict).verdict == "inconclusive"  # 0.5 is still possible
    assert run([0.0] * 51, 0.5, 100, **strict).verdict == "fail"


def test_the_bounds_of_a_whole_suite_close_on_its_mean():
    bounds = run([1.0, 0.0, 0.5, 1.0], 0.5, target="suite").bounds()
    assert bounds.low == pytest.approx(0.625, abs=1e-4)
    assert bounds.high == pytest.approx(0.625, abs=1e-4)


def test_bounds_agree_with_the_test_at_their_own_limits():
    rng = random.Random(11)
    xs = [rng.betavariate(2, 2) for _ in range(80)]
    bounds = run(xs, 0.5, 100).bounds()
    assert run(xs, bounds.low - 1e-4, 100).verdict == "pass"
    assert run(xs, bounds.low + 2e-4, 100).verdict != "pass"
    assert run(xs, bounds.high + 1e-4, 100).verdict == "fail"
    assert run(xs, bounds.high - 2e-4, 100).verdict != "fail"


def test_a_thousand_losses_do_not_underflow():
    test = run([0.0] * 1_000 + [1.0] * 5, 0.9, 1_200)
    assert test.p_pass == 1.0


@pytest.mark.parametrize("x", [-0.1, 1.1, math.nan, math.inf])
def test_observations_out_of_range_are_refused(x):
    with pytest.raises(InsufficientData, match="observation"):
        BettingTest(0.5, 3).update(x)


def test_more_than_was_planned_is_refused():
    test = run([0.5] * 3, 0.5)
    with pytest.raises(ValueError, match="3 observations planned"):
        test.update(0.5)


@pytest.mark.parametrize(
    ("limit", "horizon", "alpha"), [(-0.1, 5, 0.05), (1.1, 5, 0.05), (0.5, 0, 0.05), (0.5, 5, 0.0)]
)
def test_arguments_out_of_range_are_refused(limit, horizon, alpha):
    with pytest.raises(ValueError, match="expected"):
        BettingTest(limit, horizon, alpha_pass=alpha)


def test_the_smallest_horizon_is_the_first_that_can_prove():
    for limit in (0.1, 0.45, 0.9):
        least = smallest_horizon(limit, alpha=0.05)
        assert can_prove(limit, least, alpha=0.05)
        assert not can_prove(limit, least - 1, alpha=0.05)
    assert smallest_horizon(1.0, alpha=0.05) is None
    assert smallest_horizon(0.9999, alpha=0.05, most=100) is None


def false_proofs(draw, limit, n, repetitions, seed):
    rng = random.Random(seed)
    passes = fails = 0
    for _ in range(repetitions):
        verdict = run([draw(rng) for _ in range(n)], limit).verdict
        passes += verdict == "pass"
        fails += verdict == "fail"
    return passes / repetitions, fails / repetitions


@pytest.mark.parametrize(
    ("name", "draw", "limit", "n"),
    [
        ("coin", lambda rng: float(rng.random() < 0.5), 0.5, 50),
        ("rare losses", lambda rng: 0.0 if rng.random() < 0.08 else 0.54, 0.4968, 50),
        ("guardrail", lambda rng: float(rng.random() < 0.95), 0.95, 100),
        ("judges", lambda rng: rng.choice((0.0, 0.25, 0.5, 0.75, 1.0)), 0.5, 60),
    ],
)
def test_at_the_limit_false_proofs_stay_within_alpha(name, draw, limit, n):
    passes, fails = false_proofs(draw, limit, n, 2_000, seed=name)
    assert passes <= 0.05 + 3 * 0.0049  # Monte Carlo error of 2,000 runs
    assert fails <= 0.05 + 3 * 0.0049


def test_ten_points_off_the_limit_are_found():
    passes, fails = false_proofs(lambda rng: float(rng.random() < 0.6), 0.45, 200, 300, seed=5)
    assert passes > 0.9
    assert fails == 0.0
