import math
import random
from collections import defaultdict

import evalica
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.inter_rater import cohens_kappa

from arenatest.errors import InsufficientData
from arenatest.stats.agreement import cohen_kappa, krippendorff_alpha, rank_correlation
from arenatest.stats.ratings import fit_ratings
from arenatest.stats.standings import places
from arenatest.stats.votes import count_votes
from fakes.published import CROWD, by_model, judged, most_of_the_crowd, rows, votes_of

SCALES = ["nominal", "ordinal", "interval"]

OBSERVERS = """
    1 2 3 3 2 1 4 1 2 . . .
    1 2 3 3 2 2 4 1 2 5 . 3
    . 3 3 3 2 3 4 2 2 5 1 .
    1 2 3 3 2 4 4 1 2 5 1 .
"""


def labels(seed, n, kinds="abc"):
    rng = random.Random(seed)
    first = rng.choices(kinds, k=n)
    return first, [rng.choice(kinds) if rng.random() < 0.4 else label for label in first]


@pytest.mark.parametrize("n", [30, 500])
def test_statsmodels_finds_the_same_kappa_and_error(n):
    first, second = labels(n, n)
    table = pd.crosstab(pd.Series(first), pd.Series(second)).to_numpy()
    wanted, ours = cohens_kappa(table), cohen_kappa(first, second)
    assert ours.value == pytest.approx(wanted.kappa, rel=1e-9)
    assert ours.se == pytest.approx(wanted.std_kappa, rel=1e-6)
    assert ours.n == n


def test_the_textbook_kappa():
    # the example of two readers of grant proposals: 20 and 15 agreed, 5 and 10 not
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    kappa = cohen_kappa(first, second)
    assert (kappa.observed, kappa.expected, kappa.value) == pytest.approx((0.7, 0.5, 0.4))


@pytest.mark.parametrize(
    ("judge", "observed", "kappa", "decisive", "n"),
    [("gpt4", 0.3871, 0.1781, 0.7459, 1_043), ("gpt3", 0.3361, 0.0833, 0.6313, 971)],
)
def test_judges_agree_with_people_as_little_as_is_known(judge, observed, kappa, decisive, n):
    crowd, verdicts = most_of_the_crowd(), judged(judge)
    found = cohen_kappa([crowd[pair] for pair in verdicts], list(verdicts.values()))
    assert found.n == 2_139
    assert found.observed == pytest.approx(observed, abs=5e-5)
    assert found.value == pytest.approx(kappa, abs=5e-5)
    both = [
        (crowd[pair], said) for pair, said in verdicts.items() if "tie" not in (crowd[pair], said)
    ]
    assert len(both) == n
    agreed = cohen_kappa(*zip(*both, strict=True)).observed
    assert agreed == pytest.approx(decisive, abs=5e-5)


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ([], [], "0 and 0 labels"),
        (["a"], ["a", "b"], "1 and 2 labels"),
        (["a", None], ["a", "b"], "label None"),
        (["a", math.nan], ["a", "b"], "label nan"),
        (["tie"] * 9, ["tie"] * 9, "always said 'tie'"),
    ],
)
def test_labels_without_a_kappa_are_refused(first, second, message):
    with pytest.raises(InsufficientData, match=message):
        cohen_kappa(first, second)


@pytest.mark.parametrize(
    ("scale", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_krippendorffs_own_example(scale, alpha):
    observers = [
        [None if mark == "." else int(mark) for mark in line.split()]
        for line in OBSERVERS.split("\n")
        if line.strip()
    ]
    units = list(zip(*observers, strict=True))
    assert krippendorff_alpha(units, scale=scale) == pytest.approx(alpha, abs=5e-4)


@pytest.mark.parametrize("scale", SCALES)
def test_evalica_finds_the_same_alpha(scale):
    rng = random.Random(2)
    units = []
    for _ in range(80):
        truth = rng.choice([0.0, 0.25, 0.5, 0.75, 1.0])
        said = [truth if rng.random() < 0.6 else rng.choice([0.0, 0.5, 1.0]) for _ in range(4)]
        units.append([None if rng.random() < 0.2 else label for label in said])
    wanted = evalica.alpha(pd.DataFrame(units).T.astype(float), distance=scale).alpha
    assert krippendorff_alpha(units, scale=scale) == pytest.approx(wanted, rel=1e-6)


def test_evalica_finds_the_same_alpha_of_the_crowd():
    said = defaultdict(dict)
    for row in rows(CROWD):
        said[row["id"]][row["worker"]] = row["winner"]
    wanted = evalica.alpha(pd.DataFrame(said), distance="nominal").alpha
    ours = krippendorff_alpha([list(unit.values()) for unit in said.values()])
    assert ours == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(
    ("units", "scale", "message"),
    [
        ([], "nominal", "no battle has labels of two"),
        ([["a"], ["b", None]], "nominal", "no battle has labels of two"),
        ([["a", "a"], ["a", "a"]], "nominal", "every label is 'a'"),
        ([[1.0, math.nan]], "interval", "label nan"),
        ([["a", "b"]], "ordinal", "on an ordinal scale must be numbers"),
    ],
)
def test_labels_without_an_alpha_are_refused(units, scale, message):
    with pytest.raises(InsufficientData, match=message):
        krippendorff_alpha(units, scale=scale)


def test_scipy_finds_the_same_rank_correlation():
    rng = random.Random(6)
    one = [float(rng.randint(0, 9)) for _ in range(40)]
    other = [value + rng.gauss(0, 3) for value in one]
    wanted = stats.spearmanr(one, other).statistic
    assert rank_correlation(one, other) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize(
    ("first", "second"),
    [([1], [2]), ([1, 2], [1, 2, 3]), ([1, 1], [1, 2]), ([1, math.nan], [1, 2])],
)
def test_what_cannot_be_ranked_is_refused(first, second):
    with pytest.raises(InsufficientData, match="ranks"):
        rank_correlation(first, second)


def test_the_published_correlations_of_the_leaderboards():
    tables = {"human": CROWD, "gpt3": by_model("gpt3"), "gpt4": by_model("gpt4")}
    placed = {
        judge: places(fit_ratings(count_votes(votes_of(rows(name)))).strengths)
        for judge, name in tables.items()
    }
    published = {
        (row["judge"], row["model"]): int(row["rank"]) for row in rows("llmfao/published_bt.csv")
    }
    for judge, found in placed.items():
        assert found == {model: published[judge, model] for model in found}
    models = sorted(placed["human"])
    for one, other, wanted in (
        ("human", "gpt4", 0.730918),
        ("human", "gpt3", 0.716610),
        ("gpt4", "gpt3", 0.717136),
    ):
        ranks = [[placed[judge][model] for model in models] for judge in (one, other)]
        # published as the plain correlation of places, where equals share the best place
        assert np.corrcoef(*ranks)[0, 1] == pytest.approx(wanted, abs=1e-6)
        assert rank_correlation(*ranks) == pytest.approx(wanted, abs=1e-3)
