from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenatest.arena.minute import BURST, LONGEST_HOLD, SLOT, WINDOW, Minute, Rate


def starts(minute: Minute, wishes: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Let calls start as soon as they may, in order; each comes a while after the last started."""
    now, found = 0.0, []
    for later, tokens in wishes:
        now += later
        while (pause := minute.wait(tokens, now)) > 0.0:
            now += pause
        minute.start(tokens, now)
        found.append((now, tokens))
    return found


wishes = st.lists(
    st.tuples(
        st.one_of(st.just(0.0), st.floats(0.0, 3.0), st.floats(30.0, 90.0)),
        st.floats(0.0, 500.0),
    ),
    max_size=60,
)


@given(wishes, st.integers(1, 20), st.integers(100, 2000))
def test_no_minute_holds_more_than_its_limits_whenever_calls_come(wishes, requests, tokens):
    found = starts(Minute(rate=Rate(requests=requests, tokens=tokens)), wishes)
    for number, (at, _) in enumerate(found):  # every window that begins with a call
        inside = [used for when, used in found[number:] if when < at + WINDOW]
        assert len(inside) <= requests
        assert sum(min(used, tokens) for used in inside) <= tokens * (1 + 1e-9)


@given(st.integers(1, 500))
def test_what_is_allowed_is_used_and_no_more_than_ten_seconds_worth_comes_at_once(requests):
    found = starts(Minute(rate=Rate(requests=requests)), [(0.0, 0.0)] * (2 * requests + 1))
    assert found[-1][0] <= 2 * (WINDOW + SLOT)
    for at, _ in found[:: max(1, requests // 20)]:
        at_once = sum(1 for when, _ in found if at <= when < at + 1.0)
        assert at_once <= requests * (BURST + 1.0) / WINDOW + 1


def test_one_request_a_minute_is_one_request_a_minute():
    found = starts(Minute(rate=Rate(requests=1)), [(0.5, 0.0)] * 3)
    gaps = [late - early for (early, _), (late, _) in pairwise(found)]
    assert all(WINDOW <= gap <= WINDOW + SLOT for gap in gaps)


def test_what_a_call_did_not_use_is_given_back_and_what_it_used_beyond_is_counted():
    minute = Minute(rate=Rate(tokens=1000))
    minute.start(900, 0.0)
    assert minute.wait(600, 50.0) > 0.0
    minute.settle(0.0, 900, 300)
    assert minute.wait(600, 50.0) == 0.0
    minute.settle(0.0, 900, 1600)
    assert minute.wait(600, 50.0) == pytest.approx(11.0)


def test_a_call_larger_than_the_limit_takes_all_of_a_minute():
    minute = Minute(rate=Rate(tokens=100))
    assert minute.wait(5000, 0.0) == 0.0
    minute.start(5000, 0.0)
    assert minute.wait(1, 0.0) == WINDOW + SLOT


def test_a_hold_is_kept_to_and_never_longer_than_anybody_waits():
    minute = Minute()
    assert not minute.active(0.0)
    minute.hold(7.0, 0.0)
    assert minute.active(6.9)
    assert minute.wait(0, 2.0) == 5.0
    minute.hold(1e9, 0.0)
    assert minute.wait(0, 0.0) == LONGEST_HOLD


def test_calls_are_spread_until_a_limit_is_whole_again():
    minute = Minute()
    minute.spread(4.0, 10.0, 0.0)
    found = starts(minute, [(0.0, 0.0)] * 5)
    assert [at for at, _ in found] == [4.0, 8.0, 10.0, 10.0, 10.0]


def test_a_clock_that_jumps_neither_holds_for_ever_nor_forgets():
    minute = Minute(rate=Rate(requests=2))
    for _ in range(2):
        minute.start(0, 1e6)
    minute.hold(60.0, 1e6)
    assert minute.wait(0, 5.0) <= LONGEST_HOLD  # a clock that starts anew
    assert minute.wait(0, 5.0 + LONGEST_HOLD) == 0.0
    minute = Minute(rate=Rate(requests=1))
    minute.start(0, 11.0)
    assert minute.wait(0, 10.999) > 0.0  # another process, whose clock was read a moment before
