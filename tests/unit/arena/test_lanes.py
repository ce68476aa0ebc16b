import asyncio
from dataclasses import replace

import pytest

from arenatest.arena.lanes import Lane, Traffic
from arenatest.arena.roads import Places
from arenatest.model.answer import Failure

BUSY = Failure(kind="rate_limited", message="HTTP 429", status=429, retryable=True)


def lane_of(width: int) -> Lane:
    """The only lane on its road, on the time of the running loop."""
    clock = asyncio.get_running_loop().time
    return Traffic(clock).lane("server", places=Places(width))


async def refused(lane: Lane, wish: float, *, times: int = 1) -> None:
    """Have calls told at once to wait for so many seconds."""
    visits = [await lane.enter(0) for _ in range(times)]
    for visit in visits:
        lane.ended(visit, replace(BUSY, retry_after=wish), None)
    for visit in visits:
        lane.leave(visit)


async def _turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_no_more_than_the_width_are_inside_at_once():
    async def run() -> int:
        lane = lane_of(3)
        inside = most = 0

        async def visit(rank: int) -> None:
            nonlocal inside, most
            visit = await lane.enter(rank)
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1
            lane.leave(visit)

        await asyncio.gather(*(visit(rank) for rank in range(20)))
        return most

    assert asyncio.run(run()) == 3


def test_earlier_prompts_go_first():
    async def run() -> list[int]:
        lane = lane_of(1)
        entered: list[int] = []

        async def visit(rank: int) -> None:
            visit = await lane.enter(rank)
            entered.append(rank)
            lane.leave(visit)

        first = await lane.enter(0)
        tasks = [asyncio.create_task(visit(rank)) for rank in (5, 9, 2, 7)]
        await _turns()
        lane.leave(first)
        await asyncio.gather(*tasks)
        return entered

    assert asyncio.run(run()) == [2, 5, 7, 9]


def test_a_cancelled_visitor_gives_its_place_away():
    async def run() -> bool:
        lane = lane_of(1)
        visit = await lane.enter(0)
        waiting = asyncio.create_task(lane.enter(1))
        behind = asyncio.create_task(lane.enter(2))
        await _turns()
        lane.leave(visit)  # the place goes to `waiting`, which is cancelled in the same moment
        waiting.cancel()
        await asyncio.wait_for(behind, 1)
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return behind.done()

    assert asyncio.run(run())


def test_a_held_lane_lets_nobody_in_until_the_server_is_ready_again():
    async def run() -> float:
        loop = asyncio.get_running_loop()
        lane = lane_of(2)
        await refused(lane, 0.05)
        before = loop.time()
        await lane.enter(0)
        return loop.time() - before

    assert asyncio.run(run()) >= 0.05


def test_cancelling_a_visitor_of_a_held_lane_frees_its_place():
    async def run() -> None:
        lane = lane_of(1)
        await refused(lane, 0.02)
        visitor = asyncio.create_task(lane.enter(0))
        await _turns()
        visitor.cancel()
        with pytest.raises(asyncio.CancelledError):
            await visitor
        await asyncio.wait_for(lane.enter(1), 1)

    asyncio.run(run())


def test_a_lane_that_was_held_goes_on_with_half_as_many_and_grows_with_good_answers():
    async def run() -> list[int]:
        lane = lane_of(8)
        inside = 0
        seen: list[int] = []

        async def visit(rank: int) -> None:
            nonlocal inside
            visit = await lane.enter(rank)
            inside += 1
            await asyncio.sleep(0.001)
            seen.append(inside)
            inside -= 1
            lane.ended(visit, None, None)
            lane.leave(visit)

        await refused(lane, 0.005, times=8)  # refusals of one burst count once
        await asyncio.gather(*(visit(rank) for rank in range(60)))
        return seen

    seen = asyncio.run(run())
    assert seen[0] == 4
    assert max(seen) == 8


def test_a_hold_that_is_extended_is_waited_for():
    async def run() -> float:
        loop = asyncio.get_running_loop()
        lane = lane_of(2)
        late = await lane.enter(0)
        await refused(lane, 0.01)
        before = loop.time()
        visitor = asyncio.create_task(lane.enter(0))
        await _turns()
        lane.ended(late, replace(BUSY, retry_after=0.04), None)
        lane.leave(late)
        await visitor
        return loop.time() - before

    assert asyncio.run(run()) >= 0.04
