import asyncio

import pytest

from arenatest.arena.lanes import Lane


async def _turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_no_more_than_the_width_are_inside_at_once():
    async def run() -> int:
        lane = Lane(3, asyncio.get_running_loop().time)
        inside = most = 0

        async def visit(rank: int) -> None:
            nonlocal inside, most
            await lane.enter(rank)
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1
            lane.leave()

        await asyncio.gather(*(visit(rank) for rank in range(20)))
        return most

    assert asyncio.run(run()) == 3


def test_earlier_prompts_go_first():
    async def run() -> list[int]:
        lane = Lane(1, asyncio.get_running_loop().time)
        entered: list[int] = []

        async def visit(rank: int) -> None:
            await lane.enter(rank)
            entered.append(rank)
            lane.leave()

        await lane.enter(0)
        tasks = [asyncio.create_task(visit(rank)) for rank in (5, 9, 2, 7)]
        await _turns()
        lane.leave()
        await asyncio.gather(*tasks)
        return entered

    assert asyncio.run(run()) == [2, 5, 7, 9]


def test_a_cancelled_visitor_gives_its_place_away():
    async def run() -> bool:
        lane = Lane(1, asyncio.get_running_loop().time)
        await lane.enter(0)
        waiting = asyncio.create_task(lane.enter(1))
        behind = asyncio.create_task(lane.enter(2))
        await _turns()
        lane.leave()  # the place goes to `waiting`, which is cancelled in the same moment
        waiting.cancel()
        await asyncio.wait_for(behind, 1)
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return behind.done()

    assert asyncio.run(run())


def test_a_held_lane_lets_nobody_in_until_the_server_is_ready_again():
    async def run() -> float:
        loop = asyncio.get_running_loop()
        lane = Lane(2, loop.time)
        lane.hold(0.05)
        before = loop.time()
        await lane.enter(0)
        return loop.time() - before

    assert asyncio.run(run()) >= 0.05


def test_cancelling_a_visitor_of_a_held_lane_frees_its_place():
    async def run() -> None:
        lane = Lane(1, asyncio.get_running_loop().time)
        lane.hold(0.02)
        visitor = asyncio.create_task(lane.enter(0))
        await _turns()
        visitor.cancel()
        with pytest.raises(asyncio.CancelledError):
            await visitor
        await asyncio.wait_for(lane.enter(1), 1)

    asyncio.run(run())


def test_a_lane_that_was_held_goes_on_with_half_as_many_and_grows_with_good_answers():
    async def run() -> list[int]:
        loop = asyncio.get_running_loop()
        lane = Lane(8, loop.time)
        inside = 0
        seen: list[int] = []

        async def visit(rank: int) -> None:
            nonlocal inside
            await lane.enter(rank)
            inside += 1
            await asyncio.sleep(0.001)
            seen.append(inside)
            inside -= 1
            lane.eased()
            lane.leave()

        for _ in range(3):  # refusals of one burst count once
            lane.hold(0.005)
        await asyncio.gather(*(visit(rank) for rank in range(60)))
        return seen

    seen = asyncio.run(run())
    assert seen[0] == 4
    assert max(seen) == 8


def test_a_hold_that_is_extended_is_waited_for():
    async def run() -> float:
        loop = asyncio.get_running_loop()
        lane = Lane(1, loop.time)
        lane.hold(0.01)
        before = loop.time()
        visitor = asyncio.create_task(lane.enter(0))
        await _turns()
        lane.hold(0.04)
        await visitor
        return loop.time() - before

    assert asyncio.run(run()) >= 0.04
