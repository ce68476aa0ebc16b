import asyncio

import pytest

from arenatest.collection import quiet
from arenatest.collection.quiet import alone, lane_lock


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(quiet, "_PAUSE", 0.001)


def test_a_second_lane_waits_for_the_first(tmp_path):
    seen = []

    async def lane(name):
        async with alone(tmp_path / "locks"):
            seen.append(f"{name} in")
            await asyncio.sleep(0.01)
            seen.append(f"{name} out")

    async def both():
        await asyncio.gather(lane("a"), lane("b"))

    asyncio.run(both())

    assert seen == ["a in", "a out", "b in", "b out"]


def test_a_lane_of_another_process_is_waited_for_and_waiting_can_be_cancelled(tmp_path):
    async def wait():
        async with asyncio.timeout(0.02), alone(tmp_path):
            raise AssertionError("two lanes are open")

    with lane_lock(tmp_path), pytest.raises(TimeoutError):
        asyncio.run(wait())


def test_the_lock_is_given_back_whatever_happens(tmp_path):
    async def lane():
        async with alone(tmp_path):
            raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            asyncio.run(lane())
