import math
import random
import statistics

import pytest
from scipy import optimize, stats

from arenatest.errors import InsufficientData
from arenatest.stats.correction import corrected_mean
from fakes.published import WORTH, judged, most_of_the_crowd


def biased(seed, labelled=80, unlabelled=600, noise=0.2):
    """A judge that gives 0.2 too much to candidates of which people like 0.4."""
    rng = random.Random(seed)
    human, judge = [], []
    for _ in range(labelled + unlabelled):
        won = rng.random() < 0.4
        human.append(float(won))
        judge.append(1.0 if won or rng.random() < 0.2 / 0.6 else 0.0)
        if rng.random() < noise:
            judge[-1] = float(rng.random() < 0.6)
    return human[:labelled], judge[:labelled], judge[labelled:]


def test_full_trust_is_the_judge_less_its_error():
    human, judge, rest = biased(1)
    mean = corrected_mean(human, judge, rest, trust=1.0)
    off = [said - seen for said, seen in zip(human, judge, strict=True)]
    assert mean.value == pytest.approx(statistics.mean(rest) + statistics.mean(off))
    assert mean.se == pytest.approx(math.hypot(stats.sem(rest), stats.sem(off)))
    reach = stats.t.ppf(0.975, 79) * mean.se
    assert (mean.low, mean.high) == pytest.approx((mean.value - reach, mean.value + reach))


def test_no_trust_is_the_mean_of_the_human_labels():
    human, judge, rest = biased(2)
    mean = corrected_mean(human, judge, rest, trust=0.0, confidence=0.9)
    wanted = stats.ttest_1samp(human, 0).confidence_interval(0.9)
    assert mean.value == mean.human == pytest.approx(statistics.mean(human))
    assert (mean.low, mean.high) == pytest.approx((wanted.low, wanted.high), rel=1e-6)


def test_the_best_trust_makes_the_error_least():
    human, judge, rest = biased(3, labelled=400, unlabelled=4_000)
    best = optimize.minimize_scalar(
        lambda trust: corrected_mean(human, judge, rest, trust=trust).se,
        bounds=(0, 1),
        method="bounded",
    )
    mean = corrected_mean(human, judge, rest)
    assert mean.trust == pytest.approx(best.x, abs=0.02)
    assert mean.se == pytest.approx(best.fun, rel=1e-3)
    assert mean.se < corrected_mean(human, judge, rest, trust=0.0).se


def test_the_interval_covers_the_truth_that_the_judge_misses():
    means = [corrected_mean(*biased(seed)) for seed in range(400)]
    covered = sum(mean.low <= 0.4 <= mean.high for mean in means) / 400
    assert 0.92 <= covered <= 0.98
    assert statistics.mean(mean.value for mean in means) == pytest.approx(0.4, abs=0.008)
    assert statistics.mean(mean.judge for mean in means) == pytest.approx(0.6, abs=0.01)


def test_a_useless_judge_is_not_trusted():
    rng = random.Random(8)
    human = [float(rng.random() < 0.5) for _ in range(60)]
    noise = [float(rng.random() < 0.5) for _ in range(660)]
    mean = corrected_mean(human, noise[:60], noise[60:])
    assert mean.trust < 0.25
    assert corrected_mean(human, [0.5] * 60, [0.5] * 600).trust == 0.0


def test_labels_of_some_pairs_correct_a_real_judge():
    crowd, verdicts = most_of_the_crowd(), judged("gpt3")
    human = [WORTH[crowd[pair]] for pair in verdicts]
    judge = [WORTH[said] for said in verdicts.values()]
    truth = statistics.mean(human)
    rng = random.Random(11)
    covered = 0
    for _ in range(100):
        order = list(range(len(human)))
        rng.shuffle(order)
        some, rest = order[:300], order[300:]
        mean = corrected_mean(
            [human[i] for i in some], [judge[i] for i in some], [judge[i] for i in rest]
        )
        covered += mean.low <= truth <= mean.high
    assert statistics.mean(judge) - truth > 0.1  # it favours the first answer
    assert covered >= 88


@pytest.mark.parametrize(
    ("human", "judge", "rest", "message"),
    [
        ([1.0], [1.0], [1.0, 0.0], "at least 2 finite"),
        ([1.0, 0.0], [1.0, 0.0], [], "at least 2 finite"),
        ([1.0, math.nan], [1.0, 0.0], [1.0, 0.0], "at least 2 finite"),
        ([1.0, 0.0, 1.0], [1.0, 0.0], [1.0, 0.0], "3 human labels and 2"),
    ],
)
def test_unusable_labels_are_refused(human, judge, rest, message):
    with pytest.raises(InsufficientData, match=message):
        corrected_mean(human, judge, rest)


def test_requests_out_of_range_are_refused():
    labels = [1.0, 0.0]
    with pytest.raises(ValueError, match="trust"):
        corrected_mean(labels, labels, labels, trust=2.0)
    with pytest.raises(ValueError, match="confidence"):
        corrected_mean(labels, labels, labels, confidence=0.0)


def test_labels_that_never_vary_bound_nothing():
    mean = corrected_mean([1.0, 1.0], [1.0, 1.0], [1.0, 1.0])
    assert (mean.value, mean.low, mean.high) == (1.0, None, None)
