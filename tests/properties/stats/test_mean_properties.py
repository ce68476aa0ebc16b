import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from arenatest.stats.means import bootstrapped_mean, clustered_mean
from arenatest.stats.multiplicity import holm

pairs = st.lists(
    st.tuples(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), st.integers(0, 8)),
    min_size=4,
    max_size=60,
).filter(lambda rows: len({cluster for _, cluster in rows}) > 1)
chances = st.lists(st.floats(0, 1), max_size=30)


def columns(rows):
    return [value for value, _ in rows], [cluster for _, cluster in rows]


@given(pairs, st.randoms(use_true_random=False))
def test_order_does_not_matter(rows, rng):
    before = clustered_mean(*columns(rows))
    rng.shuffle(rows)
    after = clustered_mean(*columns(rows))
    assert before.value == pytest.approx(after.value)
    assert before.se == pytest.approx(after.se, abs=1e-12)


@given(pairs, st.floats(-10, 10), st.floats(0.1, 10))
def test_the_interval_moves_and_stretches_with_the_values(rows, shift, scale):
    values, clusters = columns(rows)
    one = clustered_mean(values, clusters)
    other = clustered_mean([shift + scale * value for value in values], clusters)
    assume(one.se > 1e-6)
    assert other.low == pytest.approx(shift + scale * one.low, abs=1e-6)
    assert other.high == pytest.approx(shift + scale * one.high, abs=1e-6)


@given(pairs)
def test_repeating_every_value_in_its_cluster_proves_nothing_new(rows):
    values, clusters = columns(rows)
    one, twice = clustered_mean(values, clusters), clustered_mean(values * 2, clusters * 2)
    assert twice.se == pytest.approx(one.se, abs=1e-12)
    assert twice.clusters == one.clusters


@settings(deadline=None, max_examples=30)
@given(pairs, st.integers(0, 2**32))
def test_the_bootstrap_interval_frames_the_mean(rows, seed):
    mean = bootstrapped_mean(*columns(rows), seed=seed, resamples=200)
    again = bootstrapped_mean(*columns(rows), seed=seed, resamples=200)
    assert mean == again
    assert mean.low is None or mean.low <= mean.value + 1e-9 or mean.se == 0.0


@given(chances, st.randoms(use_true_random=False))
def test_holm_keeps_the_order_and_never_lowers_a_p_value(p_values, rng):
    adjusted = holm(p_values)
    assert all(p <= q <= 1.0 for p, q in zip(p_values, adjusted, strict=True))
    order = list(range(len(p_values)))
    rng.shuffle(order)
    shuffled = holm([p_values[place] for place in order])
    assert list(shuffled) == [adjusted[place] for place in order]


@given(chances, st.floats(0.001, 0.5))
def test_holm_rejects_all_that_bonferroni_does(p_values, alpha):
    for p, adjusted in zip(p_values, holm(p_values), strict=True):
        assert p * len(p_values) > alpha or adjusted <= alpha
