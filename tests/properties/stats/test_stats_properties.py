import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from arenatest.stats.betting import BettingTest
from arenatest.stats.paired import hodges_lehmann, lower_bound, p_above, p_below, upper_bound
from arenatest.stats.percentile import lower_bound as percentile_lower
from arenatest.stats.percentile import nearest_rank
from arenatest.stats.percentile import upper_bound as percentile_upper

scores = st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), min_size=1, max_size=40)
limits = st.floats(0.05, 0.95)
targets = st.sampled_from(["population", "suite"])


def run(xs, limit, horizon, target):
    test = BettingTest(limit, horizon, target=target)
    for x in xs:
        test.update(x)
    return test


@settings(deadline=None)
@given(scores, limits, st.integers(0, 40), targets)
def test_bounds_agree_with_the_verdict(xs, limit, spare, target):
    test = run(xs, limit, len(xs) + spare, target)
    bounds = test.bounds()
    assert 0.0 <= bounds.low <= bounds.high <= 1.0
    if test.verdict == "pass":
        assert bounds.low >= limit
    elif test.verdict == "fail":
        assert bounds.high <= limit
    else:
        assert bounds.low <= limit <= bounds.high


@settings(deadline=None)
@given(scores, limits, st.integers(0, 40), targets)
def test_swapping_the_sides_mirrors_everything(xs, limit, spare, target):
    assume(abs(sum(xs) - limit * len(xs)) > 1e-6)  # a suite's mean on the limit passes
    one = run(xs, limit, len(xs) + spare, target)
    other = run([1 - x for x in xs], 1 - limit, len(xs) + spare, target)
    assert one.p_pass == pytest.approx(other.p_fail, rel=1e-6)
    mirror = {"pass": "fail", "fail": "pass", "inconclusive": "inconclusive"}
    assert other.verdict == mirror[one.verdict]
    assert one.bounds().low == pytest.approx(1 - other.bounds().high, abs=2e-4)


@settings(deadline=None)
@given(scores, limits, st.integers(1, 40), targets)
def test_one_more_win_never_lowers_the_lower_bound(xs, limit, spare, target):
    horizon = len(xs) + spare
    before = run(xs, limit, horizon, target)
    after = run([*xs, 1.0], limit, horizon, target)
    assume(before.verdict != "fail")
    assert after.bounds().low >= before.bounds().low - 1e-9
    assert after.p_pass <= before.p_pass


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=80), st.floats(0.02, 0.98))
def test_percentile_bounds_frame_the_percentile(values, q):
    value = nearest_rank(values, q)
    low = percentile_lower(values, q, alpha=0.05)
    high = percentile_upper(values, q, alpha=0.05)
    assert low is None or low <= value
    assert high is None or high >= value


differences = st.lists(
    st.one_of(st.integers(-5, 5).map(float), st.floats(-5, 5)), min_size=6, max_size=60
)


@settings(deadline=None)
@given(differences, st.floats(-5, 5))
def test_signed_ranks_mirror(values, shift):
    mirrored = [-value for value in values]
    assert p_above(values, shift) == pytest.approx(p_below(mirrored, -shift))
    assert p_above(values, shift) + p_below(values, shift) >= 1.0 - 1e-9


@settings(deadline=None)
@given(differences)
def test_the_shift_bounds_frame_the_estimate(values):
    low, high = lower_bound(values, alpha=0.05), upper_bound(values, alpha=0.05)
    estimate = hodges_lehmann(values)
    assert low is None or low <= estimate + 1e-9
    assert high is None or high >= estimate - 1e-9


untied = st.lists(st.integers(-5_000, 5_000), min_size=6, max_size=30, unique=True).map(
    lambda thousandths: [number / 1_000 for number in thousandths]
)


@settings(deadline=None)
@given(untied, st.integers(0, 29))
def test_a_failed_pair_never_lowers_the_bounds(values, which):
    failed = [*values]
    failed[which % len(values)] = math.inf
    low, worse = lower_bound(values, alpha=0.05), lower_bound(failed, alpha=0.05)
    assert worse is None or low is None or worse >= low - 1e-9
