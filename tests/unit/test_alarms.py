import asyncio
import itertools

import pytest

from arenatest.alarms import Alarms


def in_time(work):
    return asyncio.run(asyncio.wait_for(work(), 10))


def test_alarms_ring_in_the_order_in_which_they_are_due():
    async def work():
        alarms, rung, over = Alarms(), [], asyncio.Event()
        alarms.set(0.03, lambda: (rung.append("last"), over.set()))
        alarms.set(0.01, lambda: rung.append("first"))
        alarms.set(0.02, lambda: rung.append("second"))
        await over.wait()
        return rung

    assert in_time(work) == ["first", "second", "last"]


def test_an_alarm_that_is_taken_off_does_not_ring():
    async def work():
        alarms, rung, over = Alarms(), [], asyncio.Event()
        taken_off = alarms.set(0.0, lambda: rung.append("taken off"))
        alarms.set(0.01, over.set)
        alarms.off(taken_off)
        alarms.off(taken_off)
        await over.wait()
        return rung

    assert in_time(work) == []


def test_an_alarm_may_set_the_next_one():
    async def work():
        alarms, over = Alarms(), asyncio.Event()
        alarms.set(0.0, lambda: alarms.set(0.0, over.set))
        await over.wait()
        return True

    assert in_time(work)


def test_an_alarm_that_another_one_takes_off_does_not_ring_in_the_same_moment():
    async def work():
        alarms, rung, over = Alarms(), [], asyncio.Event()
        numbers = []
        alarms.set(0.0, lambda: alarms.off(numbers[0]))
        numbers.append(alarms.set(0.0, lambda: rung.append("taken off")))
        alarms.set(0.01, over.set)
        await over.wait()
        return rung

    assert in_time(work) == []


def test_alarms_that_ring_one_by_one_do_not_have_all_others_looked_through_each_time():
    compared = []

    class Seconds(float):
        def __radd__(self, other):
            return Seconds(other + float(self))

        def __lt__(self, other):
            compared.append(other)
            return float(self) < other

        def __le__(self, other):
            compared.append(other)
            return float(self) <= other

    async def work():
        alarms, rung, ticks = Alarms(), [], itertools.count()
        asyncio.get_running_loop().time = lambda: float(next(ticks))
        for i in range(300):
            alarms.set(Seconds(10 * (i + 1)), lambda: rung.append(len(compared)))
        for _ in range(3000):
            await asyncio.sleep(0)
        return rung

    looks = asyncio.run(work())

    assert len(set(looks)) > 250
    assert len(compared) < 300 * 60


def test_what_takes_too_long_is_cancelled_and_the_task_goes_on():
    async def work():
        with pytest.raises(TimeoutError), Alarms().within(0.0) as limit:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        return limit.expired, asyncio.current_task().cancelling()

    assert in_time(work) == (True, 0)


def test_what_ends_in_time_is_left_alone():
    async def work():
        alarms, over = Alarms(), asyncio.Event()
        with alarms.within(0.01) as limit:
            await asyncio.sleep(0)
        alarms.set(0.02, over.set)
        await over.wait()
        return limit.expired

    assert in_time(work) is False


def test_each_of_many_limits_ends_its_own_task():
    async def work():
        alarms = Alarms()

        async def hang(seconds):
            with alarms.within(seconds):
                await asyncio.sleep(0.02)
            return seconds

        return await asyncio.gather(hang(0.0), hang(9.0), hang(0.01), return_exceptions=True)

    first, second, third = in_time(work)
    assert (type(first), second, type(third)) == (TimeoutError, 9.0, TimeoutError)


def test_limits_hold_on_the_loop_after_one_that_was_closed_before_they_were_over():
    alarms = Alarms()

    async def leave():
        alarms.set(60.0, lambda: None)

    async def work():
        with pytest.raises(TimeoutError), alarms.within(0.0):
            await asyncio.Event().wait()
        return True

    asyncio.run(leave())
    assert in_time(work)


def test_another_error_of_what_took_too_long_is_not_hidden():
    async def work():
        with Alarms().within(0.0):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise ValueError("while it was cleared up") from None

    with pytest.raises(ValueError, match="cleared up"):
        in_time(work)


def test_what_cannot_be_cancelled_does_not_keep_others_from_being_cancelled():
    class Stubborn(asyncio.Future):
        def cancel(self, msg=None):
            raise RuntimeError("never")

    async def work():
        alarms, reports = Alarms(), []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: reports.append(str(context["exception"])))
        stubborn = Stubborn()

        async def wait(future):
            with alarms.within(0.0):
                await future

        first = asyncio.create_task(wait(stubborn))
        with pytest.raises(TimeoutError):
            await wait(loop.create_future())
        stubborn.set_result(None)
        await first
        return reports

    assert in_time(work) == ["never"]


def test_a_task_that_somebody_else_cancels_too_stays_cancelled():
    async def work():
        async def hang():
            with Alarms().within(0.0):
                try:
                    await asyncio.Event().wait()
                finally:
                    asyncio.current_task().cancel()

        task = asyncio.create_task(hang())
        await asyncio.wait([task])
        return task.cancelled()

    assert in_time(work)


def test_the_inner_of_two_limits_leaves_the_outer_one_whole():
    async def work():
        alarms, expired = Alarms(), []

        async def hang():
            with alarms.within(0.02) as outer:
                with pytest.raises(TimeoutError), alarms.within(0.0):
                    await asyncio.Event().wait()
                expired.append(outer.expired)
                await asyncio.Event().wait()

        with pytest.raises(TimeoutError):
            await hang()
        return expired

    assert in_time(work) == [False]
