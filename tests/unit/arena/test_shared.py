"""The shared cache: what it gives, and that no trouble with it is more than a warning."""

import asyncio

import pytest

from arenatest.arena import shared
from arenatest.arena.shared import Shared, Standing
from arenatest.store.parcels import pack_call
from fakes.caches import Cupboard
from fakes.models import failed, said
from unit.store.records import generation


def key(number):
    return f"{number:032x}"


def call(number, **answer):
    return generation(f"chat-{number}", key=key(number), answer=said(f"text {number}", **answer))


def filled(*numbers):
    return Cupboard({key(n): pack_call(call(n)) for n in numbers})


def level(cache, standing=None, *, lifetime=60.0, reads=True):
    return Shared(cache, standing or Standing("redis"), lifetime=lifetime, reads=reads)


def loaded(cache, keys, standing=None, **options):
    async def load():
        made = level(cache, standing, **options)
        await made.open()
        found = await made.load(keys)
        await made.close()
        return found

    return asyncio.run(load())


def kept(cache, calls, standing=None, **options):
    async def keep():
        made = level(cache, standing, **options)
        await made.open()
        for one in calls:
            made.keep(one)
        await made.close()

    asyncio.run(keep())


def test_answers_are_written_and_found_again():
    cache = Cupboard()
    kept(cache, [call(1), call(2)])
    assert cache.lifetimes == {key(1): 60.0, key(2): 60.0}
    assert loaded(cache, [key(1), key(2), key(3)]) == {key(1): call(1), key(2): call(2)}


def test_many_keys_are_asked_for_in_a_few_questions():
    cache = filled(*range(250))
    assert len(loaded(cache, map(key, range(250)))) == 250
    assert cache.operations.count("get") == 3


def test_many_answers_are_written_together():
    cache = Cupboard()
    kept(cache, [call(n) for n in range(250)])
    assert len(cache.entries) == 250
    assert cache.operations.count("put") == 3


def test_where_answers_are_bought_anew_they_are_written_and_not_read():
    cache = filled(1)
    assert loaded(cache, [key(1)], reads=False) == {}
    kept(cache, [call(2)], reads=False)
    assert key(2) in cache.entries


def test_what_may_not_be_used_later_is_not_written():
    cache = Cupboard()
    kept(cache, [call(1)], lifetime=0.0)
    assert cache.entries == {}


def test_a_failure_and_a_clock_that_is_no_number_are_not_written():
    cache = Cupboard()
    bad = generation("chat-1", key=key(1), answer=failed())
    kept(cache, [bad, call(2)])
    assert list(cache.entries) == [key(2)]


def test_entries_that_are_no_answers_are_told_once_and_bought():
    standing = Standing("redis")
    cache = filled(1)
    cache.entries |= {key(2): b"junk", key(3): pack_call(call(4)), key(5): "text", key(6): 7}
    assert list(loaded(cache, [key(n) for n in range(1, 7)], standing)) == [key(1)]
    assert standing.warnings == ("warning: the cache redis holds 4 entries that could not be read",)


@pytest.mark.parametrize("trouble", [OSError("away"), ValueError("odd"), SystemExit(3), "hang"])
def test_a_cache_that_fails_costs_its_answers_and_is_not_asked_again(trouble, monkeypatch):
    monkeypatch.setattr(shared, "TIMEOUT", 0.02)
    standing = Standing("redis")
    cache = filled(*range(250))
    cache.trouble = trouble
    assert loaded(cache, map(key, range(250)), standing) == {}
    assert cache.operations == ["open", "close"]
    assert len(standing.warnings) == 1
    assert standing.warnings[0].startswith(
        "warning: the cache redis failed and was not used any further: "
    )
    later = filled(1)
    assert loaded(later, [key(1)], standing) == {}
    kept(later, [call(2)], standing)
    assert later.operations == []


def test_a_cache_that_fails_halfway_keeps_what_it_gave():
    standing = Standing("redis")

    class Dying(Cupboard):
        async def get(self, keys):
            if self.operations.count("get"):
                self.trouble = OSError("gone")
            return await super().get(keys)

    cache = Dying(filled(*range(250)).entries)
    assert len(loaded(cache, map(key, range(250)), standing)) == 100
    assert "OSError: gone" in standing.warnings[0]


def test_a_cache_that_is_slow_every_time_is_given_up_too(monkeypatch):
    standing = Standing("redis")

    class Slow(Cupboard):
        async def get(self, keys):
            moment[0] += 1.9
            return await super().get(keys)

    moment = [0.0]

    async def load():
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: moment[0])
        made = level(Slow(filled(*range(1000)).entries), standing)
        return await made.load(map(key, range(1000)))

    assert len(asyncio.run(load())) == 200
    assert standing.broken == "TimeoutError: it is too slow"


@pytest.mark.parametrize("nonsense", [None, [b"a"], "text", 3])
def test_a_cache_that_returns_nonsense_is_a_warning(nonsense):
    standing = Standing("odd")

    class Odd(Cupboard):
        async def get(self, keys):
            return nonsense

    assert loaded(Odd(), [key(1)], standing) == {}
    assert "odd" in standing.warnings[0]


def test_a_warning_holds_no_password():
    standing = Standing("redis", lambda text: text.replace("hunter2", "..."))
    standing.fail(OSError("redis://:hunter2@host is away"))
    assert "hunter2" not in standing.warnings[0]


def test_nobody_waits_for_a_write_but_the_end():
    cache = Cupboard()

    async def keep():
        made = level(cache)
        await made.open()
        made.keep(call(1))
        assert cache.entries == {}
        await made.close()
        assert list(cache.entries) == [key(1)]

    asyncio.run(keep())
