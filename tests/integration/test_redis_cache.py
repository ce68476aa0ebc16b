"""The shared cache on a real Redis server: between two machines, and with all that goes wrong."""

import asyncio
import json
import time

import pytest

from arenatest.arena import shared
from arenatest.arena.shared import Shared, Standing
from arenatest.caches.redis import LARGEST, PREFIX, RedisCache
from arenatest.store.parcels import pack_call
from fakes.models import said
from servers import redis_server
from unit.store.records import generation

pytestmark = redis_server.required

PASSWORD = "hunter2-S3cret-9f8e7d"


@pytest.fixture(scope="module")
def redis():
    with redis_server.serve() as server:
        yield server


@pytest.fixture(autouse=True)
def empty(redis):
    redis.command("FLUSHALL")


def key(number):
    return f"{number:032x}"


def call(number, text="text"):
    return generation(f"chat-{number}", key=key(number), answer=said(f"{text} {number}"))


def using(url, work, standing=None, **options):
    """Do something with a run's way to the cache, on an event loop of its own."""

    async def use():
        made = Shared(
            RedisCache(url),
            standing or Standing("redis"),
            **({"lifetime": 60.0, "reads": True} | options),
        )
        await made.open()
        try:
            return await work(made)
        finally:
            await made.close()

    return asyncio.run(use())


async def keep(made, *calls):
    for one in calls:
        made.keep(one)


def found(url, *numbers, standing=None):
    loaded = using(url, lambda made: made.load(map(key, numbers)), standing)
    return {int(name, 16): one for name, one in loaded.items()}


def test_what_one_process_writes_another_finds_until_it_expires(redis):
    calls = [call(n) for n in range(250)]
    using(redis.url, lambda made: keep(made, *calls), lifetime=60.0)
    assert found(redis.url, *range(251)) == dict(enumerate(calls))
    left = int(redis.command("PTTL", PREFIX + key(1)).strip(b":\r\n"))
    assert 50_000 < left <= 60_000
    using(redis.url, lambda made: keep(made, call(7, "short-lived")), lifetime=0.001)
    time.sleep(0.05)
    assert found(redis.url, 7) == {}


def test_a_later_answer_takes_the_place_of_an_earlier_one(redis):
    for text in ("first", "second"):
        using(redis.url, lambda made, text=text: keep(made, call(1, text)))
    assert found(redis.url, 1)[1].answer.text == "second 1"


def test_whatever_others_put_there_is_a_miss_and_never_runs(redis):
    using(redis.url, lambda made: keep(made, call(1)))
    hostile = [
        b"cos\nsystem\n(S'touch /tmp/owned'\ntR.",
        b"\x80\x04\x95",
        pack_call(call(1)),  # somebody else's answer under this key
        pack_call(call(5))[:-1],
        b"{}",
    ]
    for number, junk in enumerate(hostile, start=2):
        redis.command("SET", PREFIX + key(number), junk)
    redis.command("LPUSH", PREFIX + key(8), "a list")
    redis.command("SET", PREFIX + key(9), b"x" * (LARGEST + 10))
    standing = Standing("redis")
    assert list(found(redis.url, *range(10), standing=standing)) == [1]
    assert standing.broken == ""
    assert standing.unreadable == len(hostile)


def test_an_answer_too_large_to_be_read_is_not_written(redis):
    import random

    noise = "".join(map(chr, random.Random(1).choices(range(32, 0x2FFF), k=LARGEST)))
    using(redis.url, lambda made: keep(made, call(1, noise), call(2)))
    assert list(found(redis.url, 1, 2)) == [2]


def test_a_server_that_is_away_is_noticed_at_once():
    with redis_server.serve() as gone:
        url = gone.url
    standing = Standing("redis")
    started = time.monotonic()
    assert found(url, *range(500), standing=standing) == {}
    assert time.monotonic() - started < shared.TIMEOUT
    assert "not used any further" in standing.warnings[0]


def test_a_server_that_hangs_costs_one_time_limit(redis, monkeypatch):
    monkeypatch.setattr(shared, "TIMEOUT", 0.3)
    redis.command("CLIENT", "PAUSE", "2000", "ALL")
    standing = Standing("redis")
    started = time.monotonic()
    assert found(redis.url, *range(500), standing=standing) == {}
    assert time.monotonic() - started < 1.5
    assert len(standing.warnings) == 1
    time.sleep(max(0.0, 2.1 - (time.monotonic() - started)))  # it serves the next test again


def test_a_wrong_password_is_a_warning_that_does_not_tell_it():
    with redis_server.serve(password=PASSWORD) as guarded:
        right, wrong = guarded.url, guarded.url.replace(PASSWORD, "wrong-" + PASSWORD)
        using(right, lambda made: keep(made, call(1)))
        assert list(found(right, 1)) == [1]
        standing = Standing("redis")
        assert found(wrong, 1, standing=standing) == {}
    assert standing.warnings
    assert PASSWORD not in standing.warnings[0]


def test_two_machines_share_answers_and_the_report_says_so(project, monkeypatch):
    project.suite(prompts=8)
    with redis_server.serve(password=PASSWORD) as server:
        monkeypatch.setenv("ARENATEST_CACHE_URL", server.url)
        first = project.run("--arena-store=here", "--arena-reports=here-reports")
        first.assert_outcomes(passed=1)
        bought = (project.path / "calls.log").read_text()
        second = project.run("-vv", "--arena-store=there", "--arena-reports=there-reports")
        second.assert_outcomes(passed=1)
        assert (project.path / "calls.log").read_text() == bought
        page = (project.path / "there-reports" / "arena-results.json").read_text()
        both = json.loads(page)["contestants"]
        assert all(one["cached"] == {"redis": one["answers"]} for one in both)
        count = sum(one["answers"] for one in both)
        second.stdout.fnmatch_lines([f"*cached: {count} of {count} answers (redis {count})"])
        shown = project.run("--arena-store=there", "--collect-only", "-q")
    third = project.run("--arena-store=elsewhere", "--arena-reports=third", "-n2")
    third.assert_outcomes(passed=1)
    third.stdout.fnmatch_lines(["*warning: the cache redis failed and was not used any further: *"])
    for result in (first, second, shown, third):
        assert PASSWORD not in result.stdout.str() + result.stderr.str()
    for path in project.path.rglob("*"):
        assert not path.is_file() or PASSWORD.encode() not in path.read_bytes(), path
