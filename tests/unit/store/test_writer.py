from __future__ import annotations

import asyncio
import threading

import pytest

from arenatest.errors import StoreError
from arenatest.store import Writer
from unit.store.records import generation, plan, run


class Sink:
    """Keeps transactions; holds the first one back until it is let go."""

    def __init__(self, *, held=False, errors=()):
        self.transactions = []
        self.started, self.go = threading.Event(), threading.Event()
        self._errors = iter(errors)
        if not held:
            self.go.set()

    def write(self, records):
        self.started.set()
        assert self.go.wait(timeout=30)
        if (error := next(self._errors, None)) is not None:
            raise error
        self.transactions.append([record.chat_id for record in records])


class Clock:
    """Moves only when somebody sleeps."""

    def __init__(self):
        self.now, self.pauses = 0.0, []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def writers():
    made = []

    def make(sink, **options):
        made.append(Writer(sink, **options))
        return made[-1]

    yield make
    for writer in made:
        writer.close()


def test_records_are_committed_when_the_write_is_done(store, writers):
    store.begin(plan(), run(), fresh=False, expire=0.0)
    writer = writers(store)

    async def scenario():
        await writer.write(generation("c-1"), generation("c-2"))
        return store.load("run-1").calls

    assert asyncio.run(scenario()) == {"new": 2}


def test_all_that_has_queued_up_goes_in_one_transaction(writers):
    sink = Sink(held=True)
    writer = writers(sink)

    async def scenario():
        first = writer.write(generation("c-0"))
        await asyncio.to_thread(sink.started.wait)
        rest = [writer.write(generation(f"c-{i}")) for i in range(1, 6)]
        sink.go.set()
        await asyncio.gather(first, *rest)

    asyncio.run(scenario())

    assert sink.transactions == [["c-0"], ["c-1", "c-2", "c-3", "c-4", "c-5"]]


def test_the_loop_runs_on_while_a_transaction_takes_its_time(writers):
    sink = Sink(held=True)
    writer = writers(sink)

    async def scenario():
        write = writer.write(generation())
        for _ in range(100):
            await asyncio.sleep(0)
        assert not write.done()
        sink.go.set()
        await write

    asyncio.run(scenario())


def test_a_loop_that_is_blocked_after_a_write_does_not_keep_it_from_the_store(writers):
    sink = Sink()
    writer = writers(sink)

    async def scenario():
        write = writer.write(generation())
        stored = sink.started.wait(timeout=10)  # as a plugin blocks it that calls a slow function
        await write
        return stored

    assert asyncio.run(scenario())


def test_what_was_written_to_a_loop_that_ended_at_once_is_stored_before_the_writer_closes(writers):
    sink = Sink()
    writer = writers(sink)

    async def scenario():
        writer.write(generation())

    asyncio.run(scenario())

    assert sink.started.wait(timeout=10)


def test_a_failed_transaction_is_tried_again(writers):
    sink, clock = Sink(errors=[StoreError("locked"), StoreError("locked")]), Clock()
    writer = writers(sink, clock=clock, sleep=clock.sleep)

    async def scenario():
        await writer.write(generation())

    asyncio.run(scenario())

    assert sink.transactions == [["c-1"]]
    assert clock.pauses == [0.05, 0.1]


def test_when_patience_ends_every_waiter_hears_why(writers):
    sink, clock = Sink(held=True, errors=[None, *[StoreError("disk is full")] * 100]), Clock()
    writer = writers(sink, patience=5.0, clock=clock, sleep=clock.sleep)

    async def scenario():
        first = writer.write(generation("c-0"))
        await asyncio.to_thread(sink.started.wait)
        rest = [writer.write(generation(f"c-{i}")) for i in (1, 2)]
        sink.go.set()
        return await asyncio.gather(first, *rest, return_exceptions=True)

    first, *rest = asyncio.run(scenario())

    assert first is None
    assert [str(error) for error in rest] == ["disk is full"] * 2
    assert all(isinstance(error, StoreError) for error in rest)
    assert rest[0] is not rest[1]
    assert 5.0 <= clock.now < 6.1


def test_a_writer_goes_on_after_a_failure(writers):
    sink, clock = Sink(errors=[StoreError("disk is full")]), Clock()
    writer = writers(sink, patience=0.0, clock=clock, sleep=clock.sleep)

    async def scenario():
        with pytest.raises(StoreError, match="disk is full"):
            await writer.write(generation("c-1"))
        await writer.write(generation("c-2"))

    asyncio.run(scenario())

    assert sink.transactions == [["c-2"]]


def test_an_unfit_record_spoils_its_own_write_only(store, writers):
    store.begin(plan(), run(), fresh=False, expire=0.0)
    held = Sink(held=True)

    class Held:
        def write(self, records):
            held.started.set()
            assert held.go.wait(timeout=30)
            store.write(records)

    writer = writers(Held())

    async def scenario():
        first = writer.write(generation("c-0"))
        await asyncio.to_thread(held.started.wait)
        good, unfit = generation("c-1"), generation("c-2", started=object())
        writes = [writer.write(record) for record in (unfit, good, "not a record")]
        held.go.set()
        return await asyncio.gather(first, *writes, return_exceptions=True)

    first, unfit, good, nonsense = asyncio.run(scenario())

    assert (first, good) == (None, None)
    for error in (unfit, nonsense):
        assert isinstance(error, StoreError)
        assert "a record cannot be stored" in str(error)
    assert store.load("run-1").calls == {"new": 2}


def test_closing_writes_what_is_queued(writers):
    sink = Sink(held=True)
    writer = writers(sink)

    async def scenario():
        writes = [writer.write(generation(f"c-{i}")) for i in range(5)]
        sink.go.set()
        await asyncio.to_thread(writer.close)
        await asyncio.gather(*writes)

    asyncio.run(scenario())

    assert [chat_id for group in sink.transactions for chat_id in group] == [
        f"c-{i}" for i in range(5)
    ]


def test_a_closed_writer_takes_nothing_more(writers):
    writer = writers(Sink())
    writer.close()
    writer.close()

    async def scenario():
        with pytest.raises(StoreError, match="writer is closed"):
            await writer.write(generation())

    asyncio.run(scenario())


def test_a_cancelled_waiter_loses_nothing(writers):
    sink = Sink(held=True)
    writer = writers(sink)

    async def scenario():
        async def waiting():
            await writer.write(generation("c-1"))

        task = asyncio.create_task(waiting())
        await asyncio.to_thread(sink.started.wait)
        task.cancel()
        sink.go.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        await writer.write(generation("c-2"))

    asyncio.run(scenario())

    assert sink.transactions == [["c-1"], ["c-2"]]


def test_a_loop_that_is_gone_does_not_stop_the_writer(writers):
    sink = Sink(held=True)
    writer = writers(sink)

    async def leaving():
        writer.write(generation("c-1"))

    asyncio.run(leaving())
    sink.go.set()

    async def scenario():
        await writer.write(generation("c-2"))

    asyncio.run(scenario())

    assert [chat_id for group in sink.transactions for chat_id in group] == ["c-1", "c-2"]


def test_loops_of_several_threads_write_at_once(store, writers):
    store.begin(plan(), run(), fresh=False, expire=0.0)
    writer = writers(store)

    async def scenario(name):
        for i in range(20):
            await writer.write(generation(f"{name}-{i}"))

    threads = [threading.Thread(target=asyncio.run, args=[scenario(name)]) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert store.load("run-1").calls == {"new": 60}
