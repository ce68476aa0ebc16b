import pickle
import random

import evalica
import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize

from arenatest.errors import Disconnected, InsufficientData
from arenatest.stats.ratings import (
    ELO,
    WEAK_RIDGE,
    covariance_by_cluster,
    covariance_by_votes,
    fit_ratings,
    rating_gap,
)
from arenatest.stats.votes import count_votes, read_votes
from fakes.published import CROWD, by_model, rows, votes_of
from fakes.votes import simulated


def design(votes):
    """The matrix of a logistic regression without the last model's column."""
    matrix = np.zeros((len(votes.scores), len(votes.names)))
    matrix[np.arange(len(matrix)), votes.left] = 1.0
    matrix[np.arange(len(matrix)), votes.right] = -1.0
    return matrix[:, :-1]


def test_two_models_have_the_odds_of_their_points():
    votes = read_votes(["a"] * 4, ["b"] * 4, [1, 1, 0.5, 0])
    assert fit_ratings(count_votes(votes)).strengths == pytest.approx({"a": 0.625, "b": 0.375})


@pytest.mark.parametrize(("judge", "name"), [("human", CROWD), ("gpt3", by_model("gpt3"))])
def test_the_published_tables(judge, name):
    strengths = fit_ratings(count_votes(votes_of(rows(name)))).strengths
    published = {
        row["model"]: float(row["score"])
        for row in rows("llmfao/published_bt.csv")
        if row["judge"] == judge
    }
    assert strengths == pytest.approx(published, rel=2e-4)
    assert len(published) == 59


def test_the_converged_table_where_the_published_one_stopped_early():
    strengths = fit_ratings(count_votes(votes_of(rows(by_model("gpt4")))))
    assert strengths.strengths["GPT 3.5 Turbo (16k)"] == pytest.approx(0.188480, abs=5e-7)


@pytest.mark.parametrize(
    ("golden", "name"),
    [
        ("simple", "evalica_golden/simple.csv"),
        ("food", "evalica_golden/food.csv"),
        ("llmfao", CROWD),
    ],
)
def test_evalicas_golden_ratings(golden, name):
    wanted = {
        row["item"]: float(row["score"])
        for row in rows(f"evalica_golden/{golden}-golden.csv")
        if row["algorithm"] == "bradley_terry"
    }
    strengths = fit_ratings(count_votes(votes_of(rows(name)))).strengths
    assert strengths == pytest.approx(wanted, rel=1e-9)


def test_evalica_agrees():
    votes, _ = simulated()
    winners = {1.0: evalica.Winner.X, 0.5: evalica.Winner.Draw, 0.0: evalica.Winner.Y}
    result = evalica.bradley_terry(
        [votes.names[i] for i in votes.left],
        [votes.names[i] for i in votes.right],
        [winners[score] for score in votes.scores],
        tolerance=1e-14,
        limit=100_000,
    )
    wanted = result.scores / result.scores.sum()
    strengths = fit_ratings(count_votes(votes)).strengths
    assert strengths == pytest.approx(wanted.to_dict(), rel=1e-6)


def test_statsmodels_agrees_on_the_gap_and_on_both_sandwiches():
    votes, clusters = simulated()
    ratings = fit_ratings(count_votes(votes))
    model = sm.GLM(votes.scores, design(votes), family=sm.families.Binomial())
    n, c = len(clusters), len(set(clusters))
    single = model.fit(tol=1e-14, cov_type="HC0")
    clustered = model.fit(
        tol=1e-14,
        cov_type="cluster",
        cov_kwds={"groups": np.array(clusters), "use_correction": False},
    )
    by_votes = rating_gap(ratings, covariance_by_votes(ratings), "m1", "m5")
    by_prompt = rating_gap(ratings, covariance_by_cluster(ratings, votes, clusters), "m1", "m5")
    assert by_votes.value == pytest.approx(single.params[1], rel=1e-6)
    assert by_votes.se == pytest.approx(single.bse[1] * (n / (n - 1)) ** 0.5, rel=1e-6)
    assert by_prompt.se == pytest.approx(clustered.bse[1] * (c / (c - 1)) ** 0.5, rel=1e-6)


def test_scipy_finds_the_same_maximum_under_a_ridge():
    votes, _ = simulated(n=60)
    ratings = fit_ratings(count_votes(votes), ridge=WEAK_RIDGE)
    hill = ratings.likelihood
    found = optimize.minimize(
        lambda x: -hill.value(x), np.zeros(6), jac=lambda x: -hill.gradient(x), tol=1e-12
    )
    assert ratings.values == pytest.approx(found.x, abs=1e-6)
    assert abs(hill.gradient(ratings.values)).max() < 1e-9


def test_the_clustered_covariance_is_that_of_resampled_prompts():
    votes, clusters = simulated(n=1_500, prompts=60)
    ratings = fit_ratings(count_votes(votes))
    se = rating_gap(ratings, covariance_by_cluster(ratings, votes, clusters), "m0", "m5").se
    naive = rating_gap(ratings, covariance_by_votes(ratings), "m0", "m5").se
    members = [np.flatnonzero(np.array(clusters) == prompt) for prompt in range(60)]
    rng = random.Random(0)
    gaps = []
    for _ in range(300):
        taken = np.concatenate([members[prompt] for prompt in rng.choices(range(60), k=60)])
        names = votes.names
        again = read_votes(
            [names[i] for i in votes.left[taken]],
            [names[i] for i in votes.right[taken]],
            votes.scores[taken].tolist(),
        )
        values = fit_ratings(count_votes(again)).values
        gaps.append(values[0] - values[5])
    assert se == pytest.approx(np.std(gaps), rel=0.15)
    assert se > 1.5 * naive


def test_one_cluster_for_each_vote_is_no_clustering():
    votes, _ = simulated()
    ratings = fit_ratings(count_votes(votes))
    one = covariance_by_votes(ratings)
    other = covariance_by_cluster(ratings, votes, range(len(votes.scores)))
    assert one.matrix == pytest.approx(other.matrix, rel=1e-9, abs=1e-12)
    assert one.clusters == other.clusters == len(votes.scores)


def test_an_unbeaten_model_is_refused_without_a_ridge_and_said_with_one():
    counts = count_votes(read_votes(["a", "b", "c"], ["b", "c", "b"], [1, 1, 1]))
    with pytest.raises(Disconnected, match="only won and one only lost") as caught:
        fit_ratings(counts)
    assert caught.value.parts == (("b", "c"), ("a",))
    assert pickle.loads(pickle.dumps(caught.value)).parts == caught.value.parts  # noqa: S301
    ratings = fit_ratings(counts, ridge=WEAK_RIDGE)
    assert ratings.parts == (("b", "c"), ("a",))
    assert next(iter(ratings.strengths)) == "a"
    assert abs(ratings.values).max() * ELO < 350


def test_models_that_never_met_are_refused_even_with_a_ridge():
    counts = count_votes(read_votes(["a", "b", "x", "y"], ["b", "a", "y", "x"], [1, 1, 1, 1]))
    with pytest.raises(Disconnected, match="2 groups that never met") as caught:
        fit_ratings(counts, ridge=1.0)
    assert caught.value.parts == (("a", "b"), ("x", "y"))


def test_all_ties_rate_all_alike():
    counts = count_votes(read_votes(["a", "b"], ["b", "c"], [0.5, 0.5]))
    assert fit_ratings(counts).values == pytest.approx([0, 0, 0], abs=1e-12)


def test_one_win_in_a_billion_is_found():
    counts = count_votes(read_votes(["a", "b"], ["b", "a"], [1, 1]))
    counts.outcomes[0, 2] = 10**9
    values = fit_ratings(counts).values
    assert values[0] - values[1] == pytest.approx(np.log(1e9), rel=1e-9)


def test_a_strong_pair_does_not_drown_a_weak_one():
    counts = count_votes(read_votes(["a", "a", "b"], ["b", "c", "c"], [0.5, 0.5, 0.5]))
    counts.outcomes[0] = [3 * 10**8, 10**8, 6 * 10**8]
    counts.outcomes[1] = [0, 0, 0]
    values = fit_ratings(counts).values
    assert values[1] - values[2] == pytest.approx(0.0, abs=1e-6)
    assert values[0] - values[1] == pytest.approx(np.log(0.65 / 0.35), rel=1e-9)


def test_bad_requests_are_refused():
    votes, clusters = simulated()
    ratings = fit_ratings(count_votes(votes))
    with pytest.raises(ValueError, match="ridge"):
        fit_ratings(ratings.counts, ridge=float("nan"))
    with pytest.raises(InsufficientData, match="one for each of the votes"):
        covariance_by_cluster(ratings, votes, clusters[1:])
    with pytest.raises(InsufficientData, match="at least two clusters"):
        covariance_by_cluster(ratings, votes, [0] * len(clusters))
    with pytest.raises(InsufficientData, match="'m9' is not among"):
        rating_gap(ratings, covariance_by_votes(ratings), "m1", "m9")
