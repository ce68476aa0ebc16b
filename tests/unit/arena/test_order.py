import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenatest.arena.order import balanced_orders, mirrored_orders, repeated


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


@given(st.integers(2, 5), st.integers(1, 20), st.integers(0, 1000))
def test_apart_each_goes_before_each_other_equally_often(width, pairs, seed):
    names = [f"c{i}" for i in range(width)]
    orders = mirrored_orders(names, 2 * pairs, seed)
    for one, other in itertools.combinations(names, 2):
        assert sum(order.index(one) < order.index(other) for order in orders) == pairs


def test_apart_the_order_of_neighbours_is_not_a_fixed_alternation():
    orders = mirrored_orders(["a", "b"], 200, 0)
    alternating = sum(x != y for x, y in itertools.pairwise(orders))
    assert alternating == pytest.approx(150, abs=25)


@given(st.integers(1, 5))
def test_repeats_of_a_prompt_weigh_a_steady_drift_alike_on_both(doublings):
    calls = "".join("".join(repeated("AB", repeat)) for repeat in range(2**doublings))
    positions = {who: [n for n, one in enumerate(calls) if one == who] for who in "AB"}
    assert sum(positions["A"]) == sum(positions["B"])
