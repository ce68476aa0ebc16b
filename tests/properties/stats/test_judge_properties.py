import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from arenatest.errors import InsufficientData
from arenatest.stats.agreement import cohen_kappa, krippendorff_alpha, rank_correlation
from arenatest.stats.controlled import controlled_win_rate, relative_difference
from arenatest.stats.correction import corrected_mean

verdicts = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
judged = st.lists(st.tuples(verdicts, verdicts), min_size=2, max_size=60)
panels = st.lists(st.lists(st.none() | verdicts, min_size=2, max_size=5), min_size=2, max_size=30)
scales = st.sampled_from(["nominal", "ordinal", "interval"])
amounts = st.floats(0, 1e6)
fought = st.lists(
    st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.floats(-1, 1)), min_size=4, max_size=60
)


def unless_insufficient(statistic, *arguments, **options):
    try:
        return statistic(*arguments, **options)
    except InsufficientData:
        assume(False)  # noqa: FBT003
        raise


def columns(rows):
    return [list(column) for column in zip(*rows, strict=True)]


@given(judged)
def test_kappa_is_the_same_from_both_sides_and_at_most_one(rows):
    first, second = columns(rows)
    one = unless_insufficient(cohen_kappa, first, second)
    other = cohen_kappa(second, first)
    assert one.value == pytest.approx(other.value)
    assert one.se == pytest.approx(other.se, abs=1e-9)
    assert one.value <= 1.0 + 1e-12
    assert (one.value == pytest.approx(1.0)) == (first == second)


@given(judged, st.permutations([0.0, 0.25, 0.5, 0.75, 1.0]))
def test_kappa_does_not_know_what_labels_mean(rows, names):
    first, second = columns(rows)
    rename = dict(zip([0.0, 0.25, 0.5, 0.75, 1.0], names, strict=True)).__getitem__
    one = unless_insufficient(cohen_kappa, first, second)
    other = cohen_kappa(list(map(rename, first)), list(map(rename, second)))
    assert one.value == pytest.approx(other.value)


@given(panels, scales, st.randoms(use_true_random=False))
def test_alpha_does_not_know_who_said_what(units, scale, rng):
    before = unless_insufficient(krippendorff_alpha, units, scale=scale)
    for unit in units:
        rng.shuffle(unit)
    rng.shuffle(units)
    assert krippendorff_alpha(units, scale=scale) == pytest.approx(before, abs=1e-9)
    assert before <= 1.0 + 1e-12


@given(panels, scales)
def test_a_judge_more_that_agrees_with_nobody_alone_changes_nothing(units, scale):
    before = unless_insufficient(krippendorff_alpha, units, scale=scale)
    assert krippendorff_alpha([*units, [0.5, None]], scale=scale) == pytest.approx(before)


@given(panels, st.floats(-5, 5), st.floats(0.1, 5))
def test_interval_alpha_does_not_know_the_scale(units, shift, scale):
    before = unless_insufficient(krippendorff_alpha, units, scale="interval")
    moved = [[None if x is None else shift + scale * x for x in unit] for unit in units]
    assert krippendorff_alpha(moved, scale="interval") == pytest.approx(before, abs=1e-6)


@given(judged)
def test_rank_correlation_is_symmetric_and_turns_round(rows):
    first, second = columns(rows)
    one = unless_insufficient(rank_correlation, first, second)
    assert -1.0 - 1e-12 <= one <= 1.0 + 1e-12
    assert rank_correlation(second, first) == pytest.approx(one)
    assert rank_correlation([-value for value in first], second) == pytest.approx(-one)
    assert rank_correlation([math.exp(value) for value in first], second) == pytest.approx(one)


@settings(deadline=None)
@given(judged, st.lists(verdicts, min_size=2, max_size=60), st.none() | st.floats(0, 1))
def test_the_corrected_mean_mirrors_when_sides_are_swapped(rows, alone, trust):
    human, judge = columns(rows)
    one = corrected_mean(human, judge, alone, trust=trust)
    swapped = ([1 - x for x in human], [1 - x for x in judge], [1 - x for x in alone])
    other = corrected_mean(*swapped, trust=trust)
    assert one.value == pytest.approx(1.0 - other.value, abs=1e-9)
    assert one.se == pytest.approx(other.se, abs=1e-9)
    assert 0.0 <= one.trust <= 1.0
    assert one.low is None or one.low <= one.value <= one.high


@given(judged, st.lists(verdicts, min_size=2, max_size=60))
def test_a_judge_that_is_always_right_is_used_as_it_is(rows, alone):
    human, _ = columns(rows)
    mean = corrected_mean(human, human, alone, trust=1.0)
    assert mean.value == pytest.approx(sum(alone) / len(alone))


@given(amounts, amounts)
def test_the_relative_difference_stays_in_its_range_and_mirrors(one, other):
    difference = relative_difference(one, other)
    assert -1.0 <= difference <= 1.0
    assert difference == -relative_difference(other, one)
    assert (difference > 0) == (one > other) or difference == 0.0


@settings(deadline=None)
@given(fought)
def test_swapping_the_sides_mirrors_the_controlled_rate(rows):
    scores, longer = columns(rows)
    one = unless_insufficient(controlled_win_rate, scores, {"length": longer})
    other = controlled_win_rate([1 - s for s in scores], {"length": [-x for x in longer]})
    assert one.value == pytest.approx(1.0 - other.value, abs=1e-7)
    assert one.low == pytest.approx(1.0 - other.high, abs=1e-7)
    assert one.effects["length"] == pytest.approx(other.effects["length"], abs=1e-6)
    assert 0.0 <= one.low <= one.value <= one.high <= 1.0


@settings(deadline=None)
@given(fought, st.integers(0, 59))
def test_one_more_win_never_lowers_the_controlled_rate_of_equals(rows, which):
    scores, longer = columns(rows)
    level = dict.fromkeys(["length"], [0.0] * len(longer))
    before = unless_insufficient(controlled_win_rate, scores, level)
    scores[which % len(scores)] = 1.0
    after = unless_insufficient(controlled_win_rate, scores, level)
    assert after.value >= before.value - 1e-9
