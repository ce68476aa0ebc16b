import asyncio
import threading
import time
from dataclasses import replace

from arenatest.arena.lanes import Traffic
from arenatest.arena.roads import Places
from arenatest.model.answer import Failure

BUSY = Failure(kind="rate_limited", message="HTTP 429", status=429, retryable=True)


def test_suites_in_threads_of_their_own_share_a_road_and_none_waits_for_ever():
    """Real threads and real time: a place that one loop frees is taken on another."""
    traffic = Traffic(time.perf_counter)
    inside, most, done, lock = 0, 0, 0, threading.Lock()

    async def suite() -> None:
        lane = traffic.lane("server", places=Places(8), cap=3)

        async def visit(rank: int) -> None:
            nonlocal inside, most, done
            place = await lane.enter(rank)
            with lock:
                inside += 1
                most = max(most, inside)
            try:
                await asyncio.sleep(0)
                lane.ended(place, None, None)
                done += 1
            finally:
                with lock:
                    inside -= 1
                lane.leave(place)

        tasks = [asyncio.create_task(visit(rank)) for rank in range(200)]
        await asyncio.sleep(0)
        for task in tasks[::7]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    threads = [threading.Thread(target=lambda: asyncio.run(suite())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert inside == 0
    assert 1 <= most <= 3
    assert done >= 4 * 150


def test_a_suite_that_ends_while_others_wait_does_not_take_their_alarm_with_it():
    """Real time, two loops: the first to wait for a pause is gone before it is over."""
    traffic = Traffic(time.perf_counter)
    ready = threading.Event()

    async def leaves() -> None:
        lane = traffic.lane("server", places=Places(8))
        visit = await lane.enter(0)
        lane.ended(visit, replace(BUSY, retry_after=0.1), None)
        lane.leave(visit)
        waiting = asyncio.create_task(lane.enter(0))
        await asyncio.sleep(0.01)
        ready.set()
        await asyncio.sleep(0.03)
        waiting.cancel()

    async def stays() -> None:
        lane = traffic.lane("server", places=Places(8))
        ready.wait(5)
        await asyncio.wait_for(lane.enter(1), 5)

    threads = [threading.Thread(target=lambda w=w: asyncio.run(w())) for w in (leaves, stays)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
