import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenatest.store.gaps import UNIT, gaps_from_bytes, gaps_to_bytes


@given(st.lists(st.floats(min_value=0.0, max_value=40_000.0), max_size=40))
def test_gaps_come_back_to_a_hundredth_of_a_millisecond(gaps):
    assert gaps_from_bytes(gaps_to_bytes(gaps)) == pytest.approx(tuple(gaps), abs=UNIT)


def test_gaps_of_whole_units_come_back_as_they_were():
    gaps = (0.009, 0.011, 1.25)
    assert gaps_from_bytes(gaps_to_bytes(gaps)) == gaps


def test_a_short_gap_takes_two_bytes():
    assert len(gaps_to_bytes((0.05,) * 300)) == 601


@pytest.mark.parametrize("odd", [-0.5, 1e9])
def test_what_no_stream_has_is_kept_whole(odd):
    assert gaps_from_bytes(gaps_to_bytes((0.1, odd))) == (0.1, odd)


def test_gaps_of_an_older_store_are_read():
    assert gaps_from_bytes(struct.pack("<3d", 0.1, 0.2, 0.3)) == (0.1, 0.2, 0.3)


def test_a_call_without_gaps_has_none():
    assert gaps_to_bytes(()) is None
    assert gaps_from_bytes(None) == ()
