"""The options of the answer cache: what is understood, and each mistake in its words."""

from types import SimpleNamespace

import pytest
from pydantic import BaseModel, ConfigDict

from arenatest.caches import pytest_arena_caches
from arenatest.collection.caching import CachePlugin, cache_mode, read_caching
from arenatest.errors import OptionError
from arenatest.hookspec import Kind

SECRET = "hunter2-S3cret"
LOCAL = "redis://localhost:6379/0"


class Options(BaseModel):
    """A cache of a test's own."""

    model_config = ConfigDict(extra="forbid")

    url: str


def config(*, offered=None, ini=None, **options):
    kinds = [pytest_arena_caches(), *([offered] if offered else [])]
    ini = ini or {}
    return SimpleNamespace(
        getoption=lambda name: options.get(name.removeprefix("arena_")),
        getini=lambda name: ini.get(name.removeprefix("arena_")),
        hook=SimpleNamespace(pytest_arena_caches=lambda: kinds),
        option=SimpleNamespace(collectonly=False),
    )


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    monkeypatch.delenv("ARENATEST_CACHE", raising=False)
    monkeypatch.delenv("ARENATEST_CACHE_URL", raising=False)


def refusal(made):
    with pytest.raises(pytest.UsageError) as caught:
        read_caching(made)
    return str(caught.value)


def test_nothing_said_is_read_without_a_shared_cache():
    caching = read_caching(config())
    assert (caching.mode, caching.standing, caching.cache) == ("read", None, None)


def test_the_command_line_wins_over_the_environment_and_that_over_the_ini_file(monkeypatch):
    ini = {"cache": "refresh"}
    assert cache_mode(config(ini=ini)) == "refresh"
    monkeypatch.setenv("ARENATEST_CACHE", "off")
    assert cache_mode(config(ini=ini)) == "off"
    assert cache_mode(config(ini=ini, cache="read")) == "read"


def test_a_word_that_is_no_mode_is_told_before_anything_else():
    with pytest.raises(pytest.UsageError) as caught:
        CachePlugin(config(cache="of"))
    assert str(caught.value) == "--arena-cache: got 'of', expected off, read, refresh"


@pytest.mark.parametrize("url", [LOCAL, "rediss://cache.example/2"])
def test_redis_is_known_by_its_schemes(url):
    caching = read_caching(config(cache_url=url))
    assert caching.standing.name == url.partition(":")[0]
    assert caching.cache is not None


def test_where_nothing_is_cached_nothing_is_connected_to():
    assert read_caching(config(cache="off", cache_url=LOCAL)).cache is None


def test_what_is_no_url_is_refused_and_not_shown():
    assert refusal(config(cache_url=f"redis://:{SECRET}@[::1")) == "--arena-cache-url: is no URL"


@pytest.mark.parametrize("url", ["localhost:6379", "memcached://localhost", "/var/cache", "redis"])
def test_a_url_that_no_cache_takes_is_refused_and_not_shown(url):
    told = refusal(config(cache_url=url))
    assert told == (
        "--arena-cache-url: expected a URL of a cache that is known: redis://..., rediss://..."
    )


@pytest.mark.parametrize(
    "url",
    [f"redis://:{SECRET}@host/0", f"redis://me:{SECRET}@host", f"redis://h?password={SECRET}"],
)
def test_a_password_where_others_can_read_it_is_refused_and_not_shown(url):
    for made in (config(cache_url=url), config(ini={"cache_url": url})):
        told = refusal(made)
        assert told == (
            "--arena-cache-url: holds a password, which others could read\n"
            "  hint: put the URL into ARENATEST_CACHE_URL"
        )


def test_a_password_in_the_environment_is_taken_and_told_nowhere(monkeypatch):
    url = f"redis://:{SECRET}%2Fx@host/0"
    monkeypatch.setenv("ARENATEST_CACHE_URL", url)
    caching = read_caching(config())
    assert SECRET not in repr(caching)
    caching.standing.fail(OSError(f"{url} and {SECRET}/x and {SECRET}%2Fx"))
    (warning,) = caching.standing.warnings
    assert SECRET not in warning
    assert "[ARENATEST_CACHE_URL]" in warning


def kind(**fields):
    return {"mine": Kind(options=Options, build=lambda _options, _context: None, **fields)}


def test_a_plugins_cache_is_known_by_its_scheme():
    caching = read_caching(config(offered=kind(), cache_url="mine://somewhere"))
    assert caching.standing.name == "mine"


def test_a_scheme_that_two_plugins_offer_is_an_error():
    taken = {"redis": kind()["mine"]}
    told = refusal(config(offered=taken, cache_url=LOCAL))
    assert told == "cache kind 'redis' is offered by two plugins"


def test_what_a_machine_lacks_is_told_before_any_call():
    def lacks(_options, _environ):
        raise OptionError("needs a package\n  hint: install it")

    told = refusal(config(offered=kind(ready=lacks), cache_url="mine://x"))
    assert told == "--arena-cache-url: needs a package\n  hint: install it"


def test_a_url_that_a_kind_refuses_is_not_shown():
    class Strict(Options):
        port: int

    offered = {"mine": Kind(options=Strict, build=lambda _options, _context: None)}
    told = refusal(config(offered=offered, cache_url="mine://secret-place"))
    assert told == "--arena-cache-url: the cache 'mine' does not take this URL"


def test_what_workers_have_to_tell_is_told_once():
    plugin = CachePlugin(config())
    node = SimpleNamespace(workeroutput={"arenatest_cache": ["warning: away"]})
    for one in (node, node, SimpleNamespace()):
        plugin.pytest_testnodedown(one)
    assert plugin.warnings == ["warning: away"]


def test_a_hook_that_raises_is_told_in_a_line():
    def broken():
        raise RuntimeError("no")

    made = config(cache_url=LOCAL)
    made.hook = SimpleNamespace(pytest_arena_caches=broken)
    assert refusal(made).startswith("pytest_arena_caches raised RuntimeError: no (test_caching.py:")
