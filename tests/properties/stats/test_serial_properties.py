"""What holds of every series: its worth, and the bounds that rest on it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from arenatest.stats.serial import (
    effective_size,
    percentile_lower_bound,
    percentile_upper_bound,
    share_bounds,
)

seconds = st.floats(0.001, 1000.0) | st.just(float("inf"))
series = st.lists(seconds, min_size=4, max_size=60)
shares = st.sampled_from((0.5, 0.9, 0.95))


@settings(max_examples=50)
@given(series)
def test_a_series_is_worth_from_one_to_as_many_as_it_has(values):
    assert 1.0 <= effective_size(values) <= len(values)


@settings(max_examples=50)
@given(series, st.sampled_from((0.25, 2.0, 1024.0)))
def test_the_unit_of_time_does_not_matter(values, unit):
    scaled = [value * unit for value in values]
    assert abs(effective_size(scaled) - effective_size(values)) < 1e-6 * len(values)


@settings(max_examples=50)
@given(series, shares, st.floats(1.0, 60.0))
def test_what_is_worth_less_proves_less(values, q, worth):
    size = min(worth, len(values))
    for bound, sign in ((percentile_upper_bound, 1), (percentile_lower_bound, -1)):
        all_alone = bound(values, q, worth=len(values), alpha=0.05)
        together = bound(values, q, worth=size, alpha=0.05)
        assert together is None or (all_alone is not None and sign * together >= sign * all_alone)


@settings(max_examples=50)
@given(st.integers(1, 60), st.data())
def test_the_share_that_was_seen_lies_between_its_bounds(n, data):
    hits = data.draw(st.integers(0, n))
    worth = data.draw(st.floats(1.0, float(n)))
    found = share_bounds(hits, n, worth=worth, alpha_low=0.05, alpha_high=0.05)
    assert 0.0 <= found.low <= hits / n <= found.high <= 1.0
