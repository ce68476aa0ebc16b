import pytest

from arenatest.arena.minute import Rate
from arenatest.arena.throttle import REFUSALS, Own, Throttle
from arenatest.model.answer import Failure, Quota


def throttle_of(rate: Rate | None = None) -> Throttle:
    """A throttle of one process."""
    throttle = Throttle("http://server", Own())
    throttle.state(rate or Rate())
    return throttle


def refused(status: int) -> Failure:
    """A failure that says that the key is wrong."""
    return Failure(kind="auth", message=f"HTTP {status}", status=status)


def told(throttle: Throttle, now: float = 0.0, **quota: float) -> float:
    """Tell what is left; return for how long the next call waits."""
    throttle.take(0, now)
    throttle.told(Quota(**quota), in_flight=2, typical=100.0, now=now)
    return throttle.take(100, now)


def test_the_smallest_limit_that_any_suite_states_counts():
    throttle = throttle_of(Rate(requests=60))
    throttle.state(Rate(requests=30, tokens=500))
    throttle.state(Rate(requests=100, tokens=1000))
    assert throttle.rate == Rate(requests=30, tokens=500)
    assert throttle.take(500, 0.0) == 0.0
    assert throttle.take(1, 0.0) > 0.0


def test_without_a_limit_nothing_waits():
    throttle = throttle_of()
    assert all(throttle.take(1e9, 0.0) == 0.0 for _ in range(1000))


@pytest.mark.parametrize(
    ("quota", "pause"),
    [
        ({"remaining_requests": 0, "limit_requests": 60, "reset_requests": 20}, 20.0),
        ({"remaining_requests": 5, "limit_requests": 60, "reset_requests": 20}, 4.0),
        ({"remaining_requests": 50, "limit_requests": 60, "reset_requests": 10}, 0.0),
        ({"remaining_requests": 3, "reset_requests": 30}, 10.0),
        ({"remaining_requests": 30, "reset_requests": 30}, 0.0),
        ({"remaining_tokens": 90, "limit_tokens": 10_000, "reset_tokens": 50}, 50.0),
        ({"remaining_tokens": 500, "limit_tokens": 10_000, "reset_tokens": 50}, 10.0),
        ({"remaining_tokens": 9_000, "limit_tokens": 10_000, "reset_tokens": 50}, 0.0),
        (
            {
                "remaining_requests": 5,
                "limit_requests": 60,
                "reset_requests": 20,
                "remaining_tokens": 500,
                "limit_tokens": 10_000,
                "reset_tokens": 50,
            },
            10.0,
        ),
        ({"remaining_requests": -1, "limit_requests": 0, "reset_requests": 5}, 0.0),  # Azure
        ({"remaining_requests": 0}, 0.0),
        ({"remaining_requests": 0, "limit_requests": 14_400, "reset_requests": 28_800}, 0.0),
        ({}, 0.0),
    ],
)
def test_little_that_is_left_is_spread_and_nothing_left_is_waited_for(quota, pause):
    assert told(throttle_of(), **quota) == pytest.approx(pause)


def test_a_refused_key_closes_at_once_where_it_never_worked_and_else_at_the_third_time():
    fresh, known = throttle_of(), throttle_of()
    fresh.failed(refused(401))
    closing = fresh.closing(0.0)
    assert closing is not None
    assert (closing.cause, closing.reason) == ("plan", "http://server refuses the key: HTTP 401")
    known.worked()
    for _ in range(REFUSALS - 1):
        known.failed(refused(401))
    assert known.closing(0.0) is None
    known.failed(refused(401))
    assert known.closing(0.0) is not None


def test_a_model_that_is_not_allowed_does_not_close_the_key_for_others():
    throttle = throttle_of()
    for _ in range(50):
        throttle.failed(refused(403))
        throttle.worked()
    assert throttle.closing(0.0) is None


def test_a_key_that_was_refused_is_tried_once_by_the_next_suite():
    throttle = throttle_of()
    throttle.failed(refused(401))
    throttle.reopen()
    assert throttle.closing(0.0) is None
    throttle.failed(refused(403))
    assert throttle.closing(0.0) is not None


def test_what_asks_to_be_left_alone_for_an_hour_is_until_then():
    throttle = throttle_of()
    assert not throttle.hold(3600.0, 0.5, 10.0)
    throttle.reopen()
    closing = throttle.closing(3609.0)
    assert closing is not None
    assert closing.reason == "http://server asks to wait for 60 min"
    assert throttle.closing(3610.0) is None
    throttle.hold(1e300, 0.0, 0.0)
    closing = throttle.closing(1e9)
    assert closing is not None
    assert closing.reason == "http://server asks to wait for a day or more"


def test_of_several_wishes_at_once_the_first_is_a_new_one():
    throttle = throttle_of()
    assert throttle.hold(2.0, 0.1, 0.0)
    assert not throttle.hold(3.0, 0.1, 0.0)
    assert throttle.take(0, 0.0) == pytest.approx(3.1)
    assert throttle.hold(1.0, 0.0, 4.0)
