"""How late our own event loop was during a call."""

import asyncio

import pytest

from arenatest.arena.loop_lag import TICK, Lags, LoopLag
from arenatest.model.answer import Timing


class Clock:
    def __init__(self, now=100.0):
        self.now = now

    def __call__(self):
        return self.now


def watched(*lags, now=1000.0):
    """A watch that noticed lags of (due, seen)."""
    lag = LoopLag(Clock(now))
    for due, seen in lags:
        lag.noticed(due, seen)
    return lag


@pytest.mark.parametrize(
    ("start", "end", "largest"),
    [
        (10.0, 11.0, 0.5),  # it lies within
        (10.3, 10.4, 0.5),  # it lies around
        (10.5, 11.0, 0.5),  # it has just ended
        (9.0, 10.2, 0.5),  # it has just begun
        (10.8, 12.0, 0.0),  # it is over
        (9.0, 10.1, 0.0),  # it is not there yet
    ],
)
def test_a_lag_counts_where_it_overlaps(start, end, largest):
    assert watched((10.2, 10.7)).largest(start, end) == pytest.approx(largest)


def test_the_largest_of_several_counts():
    lag = watched((1.0, 1.1), (2.0, 2.4), (3.0, 3.2), (9.0, 9.9))

    assert lag.largest(0.5, 4.0) == pytest.approx(0.4)
    assert lag.largest(2.9, 4.0) == pytest.approx(0.2)


def test_what_the_timer_itself_is_late_is_no_lag():
    assert watched((1.0, 1.0009)).largest(0.0, 2.0) == 0.0


def test_lag_before_and_after_the_first_token_are_told_apart():
    lag = watched((10.1, 10.11), (10.5, 10.53), (12.0, 12.9))
    timing = Timing(ttft=0.2, e2e=1.0, wall=1.1)

    # the answer was there at 11.1, so the call began at 10.0
    assert lag.during(timing, 9.9, 11.1) == pytest.approx((0.01, 0.03))


def test_a_provider_that_tells_no_end_is_timed_from_when_it_was_asked():
    lag = watched((10.1, 10.2))

    assert lag.during(Timing(ttft=0.15), 10.0, 99.0) == (pytest.approx(0.1), None)
    assert lag.during(Timing(ttft=0.05), 10.0, 99.0) == (0.0, None)


def test_an_answer_in_one_piece_has_one_lag():
    assert watched((10.1, 10.2)).during(Timing(e2e=0.3), 10.0, 10.3) == (pytest.approx(0.1), None)


def test_a_call_without_a_token_has_no_lag():
    assert watched((10.1, 10.2)).during(Timing(), 10.0, 10.3) == Lags(None, None)


def test_a_loop_that_is_kept_waiting_is_noticed():
    async def run():
        clock = asyncio.get_running_loop().time
        async with LoopLag(clock) as lag:
            await asyncio.sleep(3 * TICK)
            start = clock()
            while clock() < start + 0.05:  # nobody else gets a turn
                pass
            await asyncio.sleep(3 * TICK)
            return lag.largest(start, start + 0.05)

    assert asyncio.run(run()) > 0.05 - 2 * TICK


def test_a_lag_that_has_not_ended_counts_as_far_as_it_got():
    async def run():
        clock = asyncio.get_running_loop().time
        async with LoopLag(clock) as lag:
            await asyncio.sleep(3 * TICK)
            start = clock()
            while clock() < start + 0.05:
                pass
            return lag.largest(start, start + 0.05)  # its timer has not run yet

    assert asyncio.run(run()) > 0.05 - 2 * TICK


def test_nobody_is_watched_any_more_once_it_is_left():
    async def run():
        async with LoopLag(asyncio.get_running_loop().time):
            pass
        return asyncio.get_running_loop()._scheduled

    assert [timer for timer in asyncio.run(run()) if not timer.cancelled()] == []
