import numpy as np
import pytest
from scipy import stats

from arenatest.errors import InsufficientData
from arenatest.stats.ratings import WEAK_RIDGE, covariance_by_votes, fit_ratings
from arenatest.stats.refits import refit, resampled
from arenatest.stats.votes import count_votes, read_votes
from fakes.votes import simulated


def test_every_refit_is_the_exact_maximum():
    ratings = fit_ratings(count_votes(simulated(n=600)[0]))
    refits = refit(ratings, resamples=50, seed=7)
    exact = [fit_ratings(counts).values for counts in resampled(ratings.counts, 50, seed=7)]
    assert refits.values == pytest.approx(np.array(exact), abs=1e-8)
    assert refits.omitted == 0


def test_the_refits_spread_as_the_sandwich_says():
    ratings = fit_ratings(count_votes(simulated(n=3_000)[0]))
    refits = refit(ratings, resamples=1_000, seed=1)
    sandwich = np.sqrt(np.diag(covariance_by_votes(ratings).matrix))
    assert refits.values.std(axis=0) == pytest.approx(sandwich, rel=0.1)


def test_resamples_hold_as_many_votes_on_the_same_pairs():
    counts = count_votes(simulated()[0])
    for again in resampled(counts, 5, seed=2):
        assert again.n == counts.n
        assert not (again.outcomes[counts.outcomes == 0]).any()


def test_resamples_are_multinomial():
    counts = count_votes(read_votes(["a"] * 40, ["b"] * 40, [1] * 10 + [0.5] * 25 + [0] * 5))
    tables = np.array([again.outcomes[0] for again in resampled(counts, 20_000, seed=3)])
    shares = np.array([5, 25, 10]) / 40
    wanted = 40 * (np.diag(shares) - np.outer(shares, shares))
    assert (tables.sum(axis=1) == 40).all()
    assert tables.mean(axis=0) == pytest.approx(40 * shares, abs=0.08)
    assert np.cov(tables.T) == pytest.approx(wanted, abs=0.3)
    seen = np.bincount(tables[:, 0], minlength=41) / 20_000
    chances = stats.binom.pmf(range(41), 40, 5 / 40)
    assert abs(seen - chances).max() < 0.012


def test_the_same_seed_gives_the_same_refits():
    ratings = fit_ratings(count_votes(simulated()[0]))
    one, same, other = (refit(ratings, resamples=3, seed=seed).values for seed in (1, 1, 2))
    assert (one == same).all()
    assert not (one == other).all()


def test_few_votes_need_a_ridge():
    counts = count_votes(read_votes(["a", "a", "b", "b"], ["b", "b", "a", "c"], [1, 1, 1, 0.5]))
    with pytest.raises(InsufficientData, match="of 200 resamples have no finite ratings"):
        refit(fit_ratings(counts), resamples=200, seed=1)
    held = refit(fit_ratings(counts, ridge=WEAK_RIDGE), resamples=200, seed=1)
    assert held.values.shape == (200, 3)
    with pytest.raises(ValueError, match="resamples"):
        refit(fit_ratings(counts), resamples=0, seed=1)
