import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenatest.providers.clocks import Clocks, nearest_rank


def test_what_did_not_happen_is_unknown_and_never_nought():
    timing = Clocks(start=10.0).timing(end=12.0, tokens=None)
    assert timing.wall == 2.0
    assert {timing.connect, timing.ttfb, timing.ttft, timing.ttfat, timing.e2e} == {None}
    assert (timing.tpot, timing.icl, timing.gaps, timing.reads) == (None, None, (), 0)
    assert timing.connection_reused is None
    assert timing.queue_wait is None


def timing(*stamps, tokens, first_tokens=1):
    clocks = Clocks(start=0.0, first_tokens=first_tokens)
    for stamp in stamps:
        clocks.generated(stamp, answer=True)
    return clocks.timing(end=9.0, tokens=tokens)


def test_time_per_token_leaves_the_first_read_out():
    assert timing(1.0, 2.0, 4.0, tokens=7).tpot == 0.5
    assert timing(1.0, 2.0, 4.0, tokens=7, first_tokens=4).tpot == 1.0


@pytest.mark.parametrize("tokens", [None, 0, 1])
def test_time_per_token_is_unknown_without_a_count_above_the_first_read(tokens):
    assert timing(1.0, 2.0, tokens=tokens).tpot is None


def test_an_answer_in_one_read_has_no_time_per_token_and_no_gaps():
    whole = timing(1.5, tokens=15)
    assert (whole.ttft, whole.e2e, whole.reads) == (1.5, 1.5, 1)
    assert (whole.tpot, whole.icl, whole.gaps) == (None, None, ())


@pytest.mark.parametrize(("tokens", "length"), [(16, 0), (16, 500), (None, 64)])
def test_a_long_answer_in_one_read_was_held_up_and_has_no_time_to_its_first_token(tokens, length):
    clocks = Clocks(start=0.0)
    clocks.generated(1.5, answer=True)
    held = clocks.timing(9.0, tokens, length)
    assert (held.ttft, held.ttfat, held.e2e, held.reads) == (None, None, 1.5, 1)
    clocks.generated(1.6, answer=True)
    assert clocks.timing(9.0, tokens, length).ttft == 1.5


@pytest.mark.parametrize(("tokens", "length"), [(15, 500), (None, 63), (1, 500)])
def test_a_short_answer_may_come_in_one_read(tokens, length):
    clocks = Clocks(start=0.0)
    clocks.generated(1.5, answer=True)
    assert clocks.timing(9.0, tokens, length).ttft == 1.5


def test_gaps_are_between_reads_and_their_95th_percentile_is_a_gap():
    found = timing(1.0, 2.0, 2.5, 6.0, tokens=4)
    assert found.gaps == (1.0, 0.5, 3.5)
    assert found.icl == 3.5
    assert found.reads == 4


@given(st.lists(st.floats(0, 10), min_size=1, max_size=300), st.integers(1, 100))
def test_the_nearest_rank_is_the_smallest_value_with_enough_below(values, percent):
    found = nearest_rank(values, percent)
    below = [value for value in values if value < found]
    assert sum(value <= found for value in values) * 100 >= percent * len(values)
    assert len(below) * 100 < percent * len(values)


def test_the_95th_percentile_of_twenty_is_the_nineteenth():
    assert nearest_rank([float(n) for n in range(1, 21)], 95) == 19.0
