import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenatest.arena.order import balanced_orders


@given(st.integers(2, 5), st.integers(1, 20), st.integers(0, 1000))
def test_every_contestant_stands_equally_often_in_every_position(width, groups, seed):
    names = [f"c{i}" for i in range(width)]
    orders = balanced_orders(names, width * groups, seed)
    for position in range(width):
        assert set(Counter(order[position] for order in orders).values()) == {groups}


def test_the_order_is_the_same_for_one_seed_and_not_for_another():
    first, again = (balanced_orders(["a", "b"], 64, 1) for _ in range(2))
    assert first == again
    assert first != balanced_orders(["a", "b"], 64, 2)


def test_the_order_of_neighbours_is_not_a_fixed_alternation():
    orders = balanced_orders(["a", "b"], 200, 0)
    alternating = sum(x != y for x, y in itertools.pairwise(orders))
    assert alternating == pytest.approx(150, abs=25)
