import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arenatest.errors import Disconnected
from arenatest.stats.ratings import (
    WEAK_RIDGE,
    covariance_by_votes,
    fit_ratings,
    rating_gap,
)
from arenatest.stats.refits import refit
from arenatest.stats.standings import average_win_rates, points
from arenatest.stats.votes import connected_parts, count_votes, is_connected, read_votes

models = st.sampled_from("abcdef")
vote = st.tuples(models, models, st.sampled_from([0.0, 0.5, 1.0])).filter(lambda v: v[0] != v[1])
ballots = st.lists(vote, min_size=1, max_size=60)
ring = [(a, b, 0.5) for a, b in zip("abcdef", "bcdefa", strict=True)]
connected = ballots.map(lambda votes: votes + ring)
chained = ballots.map(lambda votes: votes + [(a, b, 1.0) for a, b, _ in ring[:-1]])


def counted(votes):
    return count_votes(read_votes(*(list(column) for column in zip(*votes, strict=True))))


def rated(votes):
    return fit_ratings(counted(votes), ridge=WEAK_RIDGE)


@settings(deadline=None)
@given(chained, st.randoms(use_true_random=False))
def test_order_and_sides_of_the_votes_do_not_matter(votes, rng):
    mirrored = [(b, a, 1 - s) if rng.random() < 0.5 else (a, b, s) for a, b, s in votes]
    rng.shuffle(mirrored)
    one, other = rated(votes), rated(mirrored)
    assert (one.values == other.values).all()
    assert one.parts == other.parts


@settings(deadline=None)
@given(chained)
def test_ratings_sum_to_nothing_and_strengths_to_one(votes):
    ratings = rated(votes)
    assert sum(ratings.values) == pytest.approx(0.0, abs=1e-9)
    assert sum(ratings.strengths.values()) == pytest.approx(1.0)
    assert list(ratings.strengths.values()) == sorted(ratings.strengths.values(), reverse=True)


@settings(deadline=None)
@given(connected)
def test_every_model_is_expected_to_score_what_it_did(votes):
    ratings = fit_ratings(counted(votes))
    assert ratings.likelihood.gradient(ratings.values) == pytest.approx(0.0, abs=1e-8)


@settings(deadline=None)
@given(chained)
def test_swapping_wins_and_losses_turns_the_ratings_round(votes):
    turned = rated([(a, b, 1 - s) for a, b, s in votes])
    assert rated(votes).values == pytest.approx(-turned.values, abs=1e-8)


@settings(deadline=None)
@given(chained)
def test_one_more_win_raises_a_model_over_whom_it_beat(votes):
    before = rated(votes)
    after = rated([*votes, ("a", "b", 1.0)])
    i, j = before.counts.names.index("a"), before.counts.names.index("b")
    assert after.values[i] - after.values[j] > before.values[i] - before.values[j]


@settings(deadline=None)
@given(ballots)
def test_finite_ratings_exist_just_where_points_flow_both_ways(votes):
    counts = counted(votes)
    parts = connected_parts(counts, both_ways=True)
    assert sorted(name for part in parts for name in part) == sorted(counts.names)
    assert is_connected(counts) == (len(parts) == 1)
    if len(parts) > 1:
        with pytest.raises(Disconnected):
            fit_ratings(counts)


@settings(deadline=None)
@given(chained)
def test_the_covariance_is_symmetric_and_knows_the_gauge(votes):
    ratings = rated(votes)
    matrix = covariance_by_votes(ratings).matrix
    assert matrix == pytest.approx(matrix.T, abs=1e-12)
    assert matrix.sum(axis=0) == pytest.approx(0.0, abs=1e-9)
    assert np.linalg.eigvalsh(matrix).min() > -1e-9
    first, last = ratings.counts.names[0], ratings.counts.names[-1]
    gap = rating_gap(ratings, covariance_by_votes(ratings), first, last)
    back = rating_gap(ratings, covariance_by_votes(ratings), last, first)
    assert (gap.low, gap.high) == (pytest.approx(-back.high), pytest.approx(-back.low))
    assert gap.low <= gap.value <= gap.high


@settings(deadline=None, max_examples=30)
@given(chained, st.integers(0, 2**32))
def test_refits_lie_at_their_own_maximum(votes, seed):
    ratings = rated(votes)
    refits = refit(ratings, resamples=5, seed=seed)
    assert refits.values.sum(axis=1) == pytest.approx(0.0, abs=1e-9)
    assert len(refits.values) + refits.omitted == 5


@given(ballots)
def test_standings_share_out_all_points(votes):
    counts = counted(votes)
    assert sum(points(counts).values()) == len(votes)
    assert all(0.0 <= rate <= 1.0 for rate in average_win_rates(counts).values())
