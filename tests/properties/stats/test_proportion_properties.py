import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arenatest.stats.beta import beta_quantile, incomplete_beta, t_quantile
from arenatest.stats.percentile import at_least
from arenatest.stats.proportions import clopper_pearson_interval, sign_test, wilson_interval

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
halves = st.integers(1, 200).flatmap(
    lambda n: st.tuples(st.integers(0, 2 * n).map(lambda twice: twice / 2), st.just(n))
)
intervals = st.sampled_from([wilson_interval, clopper_pearson_interval])


@given(halves)
def test_swapping_the_sides_mirrors_wilsons_interval(count):
    wins, n = count
    low, high = wilson_interval(wins, n)
    low_loser, high_loser = wilson_interval(n - wins, n)
    assert low == pytest.approx(1 - high_loser, abs=1e-12)
    assert high == pytest.approx(1 - low_loser, abs=1e-12)


@settings(deadline=None)
@given(intervals, counts)
def test_the_interval_frames_the_share(interval, count):
    low, high = interval(*count)
    assert 0.0 <= low <= count[0] / count[1] <= high <= 1.0


@settings(deadline=None)
@given(intervals, counts)
def test_a_loss_turned_into_a_win_raises_both_bounds(interval, count):
    wins, n = count
    before, after = interval(max(wins - 1, 0), n), interval(wins, n)
    assert after.low >= before.low
    assert after.high >= before.high


@settings(deadline=None)
@given(intervals, counts)
def test_one_more_win_never_lowers_the_lower_bound(interval, count):
    wins, n = count
    assert interval(wins + 1, n + 1).low >= interval(wins, n).low


@settings(deadline=None)
@given(counts)
def test_the_exact_bounds_invert_the_binomial_test(count):
    wins, n = count
    low, high = clopper_pearson_interval(wins, n)
    if wins:
        assert at_least(wins, n, low) == pytest.approx(0.025, rel=1e-6)
    if wins < n:
        assert at_least(n - wins, n, 1 - high) == pytest.approx(0.025, rel=1e-6)


@given(st.integers(0, 1_200), st.integers(0, 1_200))
def test_the_sign_test_mirrors_and_its_sides_overlap_in_one_point(wins, losses):
    above, below = sign_test(wins, losses, side="above"), sign_test(wins, losses, side="below")
    assert above == sign_test(losses, wins, side="below")
    assert above + below >= 1.0 - 1e-12
    assert sign_test(wins, losses) == pytest.approx(min(2 * above, 2 * below, 1.0))
    assert sign_test(wins + 1, losses, side="above") <= above + 1e-12


@settings(deadline=None)
@given(st.floats(0.001, 0.999), st.floats(0.5, 500), st.floats(0.5, 500))
def test_the_quantile_undoes_the_distribution(q, a, b):
    assert incomplete_beta(beta_quantile(q, a, b), a, b) == pytest.approx(q, rel=1e-6)


@given(st.floats(0.001, 0.499), st.floats(1, 200))
def test_t_is_symmetric_and_wider_than_with_more_freedom(q, freedom):
    assert t_quantile(q, freedom) == pytest.approx(-t_quantile(1 - q, freedom), rel=1e-9)
    assert t_quantile(q, freedom) <= t_quantile(q, 2 * freedom)
