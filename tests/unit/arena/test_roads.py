import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenatest.arena.lanes import Lane, Traffic
from arenatest.arena.minute import WINDOW, Rate
from arenatest.arena.roads import Places
from arenatest.arena.stops import Shut
from arenatest.model.answer import Failure, Quota, Usage
from arenatest.model.prompt import Message
from fakes.timeless import timeless

GONE = Failure(kind="connection", message="connection refused", retryable=True)
BUSY = Failure(kind="rate_limited", message="HTTP 429", status=429, retryable=True)
DENIED = Failure(kind="auth", message="HTTP 401", status=401)


def now() -> float:
    return asyncio.get_running_loop().time()


def lane_on(traffic: Traffic, *, width: int = 8, keys: tuple[str, ...] = (), **limits: int) -> Lane:
    """A suite's lane to the one server."""
    cap = limits.pop("cap", None)
    return traffic.lane("server", keys, places=Places(width), cap=cap, rate=Rate(**limits))


async def call(
    lane: Lane,
    *,
    rank: int = 0,
    attempt: int = 1,
    takes: float = 0.0,
    failure: Failure | None = None,
    started: Callable[[float], None] = lambda _at: None,
) -> float:
    """Make one call; return when it started."""
    visit = await lane.enter(rank, attempt)
    at = now()
    started(at)
    try:
        await asyncio.sleep(takes)
        lane.ended(visit, failure, None)
    finally:
        lane.leave(visit)
    return at


@given(
    st.lists(st.tuples(st.floats(0, 5), st.floats(0, 5)), max_size=40),
    st.integers(1, 12),
    st.integers(1, 4),
)
def test_two_suites_keep_one_limit_between_them_whenever_they_call(comes, requests, width):
    async def run() -> list[float]:
        traffic = Traffic(now)
        lanes = [lane_on(traffic, width=width, requests=requests), lane_on(traffic, width=width)]

        async def later(number: int, after: float, takes: float) -> float:
            await asyncio.sleep(after)
            return await call(lanes[number % 2], rank=number, takes=takes)

        return sorted(
            await asyncio.gather(*(later(n, after, t) for n, (after, t) in enumerate(comes)))
        )

    found = timeless(run())
    assert len(found) == len(comes)
    for number, at in enumerate(found):
        assert sum(1 for when in found[number:] if when < at + WINDOW) <= requests


def test_suites_share_the_places_of_an_endpoint_where_it_has_only_so_many():
    async def run() -> int:
        traffic = Traffic(now)
        lanes = [lane_on(traffic, width=8, cap=3), lane_on(traffic, width=8)]
        inside = most = 0

        async def visit(number: int) -> None:
            nonlocal inside, most
            place = await lanes[number % 2].enter(number)
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(1)
            inside -= 1
            lanes[number % 2].leave(place)

        await asyncio.gather(*(visit(number) for number in range(40)))
        return most

    assert timeless(run()) == 3


def test_the_earliest_prompts_of_all_suites_go_first_and_later_attempts_before_them():
    async def run() -> list[tuple[int, int]]:
        traffic = Traffic(now)
        lanes = [lane_on(traffic, requests=6), lane_on(traffic)]
        order: list[tuple[int, int]] = []
        await asyncio.gather(*(call(lanes[0]) for _ in range(2)))  # what may start at once

        async def visit(rank: int, attempt: int) -> None:
            await call(lanes[rank % 2], rank=rank, attempt=attempt)
            order.append((rank, attempt))

        await asyncio.gather(*(visit(*one) for one in [(5, 1), (2, 1), (9, 2), (4, 1), (3, 1)]))
        return order

    assert timeless(run()) == [(9, 2), (2, 1), (3, 1), (4, 1), (5, 1)]


def test_a_limited_key_does_not_hold_up_another_at_the_same_endpoint():
    async def run() -> tuple[float, float]:
        traffic = Traffic(now)
        slow = lane_on(traffic, keys=("SLOW",), requests=1)
        fast = lane_on(traffic, keys=("FAST",))
        await call(slow)
        calls = (call(slow, rank=0), *(call(fast, rank=9, takes=1.0) for _ in range(5)))
        waited, *others = await asyncio.gather(*calls)
        return waited, max(others)

    waited, others = timeless(run())
    assert waited >= WINDOW
    assert others < 1.0


def test_a_storm_of_refusals_narrows_the_road_and_nobody_is_lost():
    """Sixteen at once, of a server that takes one call in 200 ms and else says to wait."""

    async def run() -> tuple[int, float]:
        lane = lane_on(Traffic(now), width=16)
        allowed, tries = 0.0, 0

        async def ask(rank: int) -> None:
            nonlocal allowed, tries
            attempt = 0
            while True:
                attempt += 1
                visit = await lane.enter(rank, attempt)
                tries += 1
                refused = now() < allowed
                if refused:
                    lane.ended(visit, replace(BUSY, retry_after=allowed - now()), None)
                else:
                    allowed = now() + 0.2
                    lane.ended(visit, None, None)
                lane.leave(visit)
                if not refused:
                    return

        await asyncio.gather(*(ask(rank) for rank in range(64)))
        return tries, now()

    tries, took = timeless(run())
    assert tries <= 16 + 3 * 64
    assert took < 64 * 0.2 * 1.2


def test_without_a_wish_all_wait_for_the_pause_of_who_was_refused():
    async def run() -> float:
        lane = lane_on(Traffic(now))
        visit = await lane.enter(0)
        assert lane.ended(visit, BUSY, None, pause=2.0) == "held"
        lane.leave(visit)
        return await call(lane)

    assert timeless(run()) == pytest.approx(2.0, abs=1e-3)


def test_what_is_nearly_used_up_by_the_servers_own_count_is_spread():
    async def run() -> list[float]:
        lane = lane_on(Traffic(now), width=2)
        await call(lane)
        lane.told(Quota(remaining_requests=5, limit_requests=100, reset_requests=50))
        return [await call(lane) for _ in range(3)]

    assert timeless(run()) == pytest.approx([10.0, 20.0, 30.0], abs=1e-3)


def test_a_server_that_is_down_costs_a_few_calls_and_all_who_wait_are_told():
    async def run() -> tuple[int, list[str], float]:
        lane = lane_on(Traffic(now), width=8)
        made, reasons = 0, []

        async def ask(rank: int) -> None:
            nonlocal made
            attempt = 0
            while True:
                attempt += 1
                try:
                    visit = await lane.enter(rank, attempt)
                except Shut as shut:
                    reasons.append(shut.closing.reason)
                    return
                made += 1
                await asyncio.sleep(0.01)
                after = lane.ended(visit, GONE, None, pause=0.5)
                lane.leave(visit)
                await asyncio.sleep(0.5 if after == "free" else 0.0)

        await asyncio.gather(*(ask(rank) for rank in range(200)))
        return made, reasons, now()

    made, reasons, took = timeless(run())
    assert made <= 8 + 2 + 2
    assert len(reasons) == 200
    assert set(reasons) == {
        f"server is down: {made} calls in a row failed, the last with connection refused"
    }
    assert took < 5.0


def test_a_server_that_comes_back_is_used_again_at_full_width():
    async def run() -> list[float]:
        lane = lane_on(Traffic(now), width=4)
        await call(lane)
        for _ in range(3):
            await call(lane, failure=GONE)
        return await asyncio.gather(*(call(lane, takes=0.5) for _ in range(5)))

    first, *others = timeless(run())
    assert first == pytest.approx(1.0, abs=1e-3)
    assert others == pytest.approx([1.5, 1.5, 1.5, 1.5], abs=1e-3)


def test_one_refused_key_makes_no_call_in_vain_and_leaves_other_keys_alone():
    async def run() -> float:
        traffic = Traffic(now)
        wrong, right = (lane_on(traffic, keys=(key,)) for key in ("WRONG", "RIGHT"))
        visit = await wrong.enter(0)
        assert wrong.ended(visit, DENIED, None) == "closed"
        wrong.leave(visit)
        with pytest.raises(Shut, match="server refuses the key in WRONG: HTTP 401"):
            await wrong.enter(1)
        return await call(right)

    assert timeless(run()) == 0.0


def test_who_is_cancelled_while_waiting_for_a_minute_takes_nothing_from_others():
    async def run() -> list[float]:
        lane = lane_on(Traffic(now), requests=1)
        await call(lane)
        waiting = [asyncio.create_task(call(lane, rank=rank)) for rank in range(3)]
        await asyncio.sleep(1)
        for task in waiting[:2]:
            task.cancel()
        await asyncio.wait(waiting)
        return [task.result() for task in waiting[2:]]

    (at,) = timeless(run())
    assert WINDOW <= at <= WINDOW + 2


def test_a_deadline_ends_the_wait_for_a_minute_and_the_lane_knows():
    async def run() -> tuple[float, int]:
        lane = lane_on(Traffic(now), requests=1)
        await call(lane)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await lane.enter(0)
        return now(), lane.held_up

    assert timeless(run()) == (pytest.approx(5.0), 1)


def test_who_is_given_up_while_waiting_for_a_place_was_held_up_by_no_limit():
    async def run() -> int:
        lane = lane_on(Traffic(now), width=1)
        visit = await lane.enter(0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await lane.enter(1)
        lane.leave(visit)
        return lane.held_up

    assert timeless(run()) == 0


def test_the_try_of_a_call_that_is_cancelled_is_made_by_the_next():
    async def run() -> float:
        lane = lane_on(Traffic(now), width=4)
        for _ in range(3):
            await call(lane, failure=GONE)
        trying = asyncio.create_task(call(lane, takes=100.0))
        await asyncio.sleep(2)
        after = asyncio.create_task(call(lane, rank=1))
        await asyncio.sleep(1)
        trying.cancel()
        return await after

    assert timeless(run()) == pytest.approx(3.0, abs=1e-3)


def test_the_time_for_a_minutes_limit_is_told_apart_from_that_for_a_place():
    async def run() -> list[float]:
        lane = lane_on(Traffic(now), width=1, requests=2)
        visits = []
        for _ in range(3):
            visit = await lane.enter(0)
            visits.append(visit.held)
            lane.leave(visit)
        other = lane_on(Traffic(now), width=1)
        blocking = asyncio.create_task(call(other, takes=7.0))
        await asyncio.sleep(0)
        visit = await other.enter(1)
        other.leave(visit)
        await blocking
        return [*visits, visit.held]

    first, second, third, place = timeless(run())
    assert first == place == 0.0
    assert second == pytest.approx(20.0, abs=1e-3)  # half a minute, less a burst
    assert third == pytest.approx(41.0, abs=1e-3)


def test_who_waits_for_a_place_is_not_held_by_the_limit_of_another_suites_key():
    async def run() -> list[float]:
        traffic = Traffic(now)
        limited = lane_on(traffic, width=2, keys=("A",), requests=1)
        free = lane_on(traffic, width=1, keys=("B",))
        await call(limited)

        async def held(lane: Lane, rank: int) -> float:
            visit = await lane.enter(rank)
            lane.leave(visit)
            return visit.held

        blocking = asyncio.create_task(call(free, takes=7.0))
        await asyncio.sleep(0)
        found = await asyncio.gather(held(limited, 0), held(free, 1))
        await blocking
        return found

    of_limited, of_free = timeless(run())
    assert of_limited == pytest.approx(61.0, abs=0.1)
    assert of_free == 0.0


def test_tokens_are_counted_as_expected_and_then_as_used():
    messages = (Message(role="user", content="x" * 400),)

    async def run() -> list[float]:
        lane = lane_on(Traffic(now), tokens=1000)
        at = []
        for _ in range(3):
            tokens = lane.expected(messages, {"max_tokens": 900})
            visit = await lane.enter(0, 1, tokens)
            at.append(now())
            lane.ended(visit, None, Usage(input_tokens=100, output_tokens=500))
            lane.leave(visit)
        return at

    first, second, third = timeless(run())
    assert first == 0.0
    assert second == pytest.approx(61.0, abs=1e-3)  # another 604 tokens have no room before
    assert third == pytest.approx(122.0, abs=1e-3)
