import math

import pytest

from arenatest.errors import InsufficientData
from arenatest.stats.votes import connected_parts, count_votes, read_votes


def counted(*votes):
    return count_votes(read_votes(*map(list, zip(*votes, strict=True))))


def test_a_vote_and_its_mirror_image_are_the_same():
    counts = counted(("a", "b", 1), ("b", "a", 0), ("b", "a", 0.5), ("b", "a", 1), ("a", "c", 1))
    assert counts.names == ("a", "b", "c")
    assert list(zip(counts.first, counts.second, strict=True)) == [(0, 1), (0, 2)]
    assert counts.outcomes.tolist() == [[1, 1, 2], [0, 0, 1]]
    assert counts.points.tolist() == [2.5, 1.0]
    assert counts.games.tolist() == [4.0, 1.0]
    assert counts.n == 5


def test_models_that_never_met_are_apart():
    counts = counted(("a", "b", 1), ("b", "c", 1), ("x", "y", 0.5))
    assert connected_parts(counts, both_ways=False) == (("a", "b", "c"), ("x", "y"))


def test_models_that_only_won_are_apart_from_those_they_beat():
    counts = counted(("a", "b", 1), ("b", "c", 1), ("c", "b", 1))
    assert connected_parts(counts, both_ways=True) == (("b", "c"), ("a",))


def test_a_tie_flows_both_ways():
    counts = counted(("a", "b", 0.5), ("b", "c", 1), ("c", "a", 1))
    assert connected_parts(counts, both_ways=True) == (("a", "b", "c"),)


@pytest.mark.parametrize(
    ("votes", "message"),
    [
        ([], "no votes"),
        ([("a", "a", 1)], "does not meet itself"),
        ([("a", "b", math.nan)], "got the score nan"),
        ([("a", "b", 0.75)], "got the score 0.75, expected 0, 0.5 or 1"),
        ([("a", "b", -0.5)], "got the score -0.5"),
        ([("a", "b", math.inf)], "got the score inf"),
    ],
)
def test_what_is_no_vote_is_refused(votes, message):
    with pytest.raises(InsufficientData, match=message):
        read_votes([v[0] for v in votes], [v[1] for v in votes], [v[2] for v in votes])


def test_columns_of_different_length_are_refused():
    with pytest.raises(InsufficientData, match="got 1 left, 2 right models and 1 scores"):
        read_votes(["a"], ["b", "c"], [1])
