"""The pytest11 entry point: options only. All else is imported when ``--arena`` is given.

PYTEST_DONT_REWRITE: nothing here asserts, and every pytest run would pay for the rewriting.
"""

from __future__ import annotations

from typing import Any

import pytest

from arenatest.collection.options import SUFFIX, flag, variable

_OPTIONS: tuple[tuple[str, str, str], ...] = (
    ("", "", "collect *.arena.toml suites, fight their battles and decide their gates"),
    (
        "store",
        "DIR",
        "where everything is recorded; default .arenatest under the root directory",
    ),
    ("reports", "DIR", "where reports are left; default reports under the root directory"),
    (
        "fresh",
        "",
        "begin a new run and buy all answers and judgments again, whatever is recorded or cached",
    ),
    (
        "rerun",
        "failed|void",
        "go on with the latest run of each plan: answers that failed, or with them all that is "
        "void, are bought anew in their places",
    ),
    (
        "cache",
        "off|read|refresh",
        "what becomes of answers that were bought before: they are used (read), bought again and "
        "kept (refresh), or neither used nor kept (off); default read",
    ),
    (
        "cache-url",
        "URL",
        "a cache that several machines share, behind the store, such as redis://localhost:6379/0",
    ),
    (
        "lock",
        "warn|refuse|off",
        "what it means that a suite, or a model that a server names, differs from the lock file "
        "beside the suite; default warn",
    ),
    (
        "aa",
        "",
        "play every suite's baseline against itself, to see how often its win-rate gates fail a "
        "model that is as good, and how the judges behave",
    ),
    ("max-calls", "N", "most model calls of the session, over all its suites"),
    ("max-cost", "USD", "most US dollars that the session may spend, over all its suites"),
)
"""Every option behind ``--arena``: its name, what it takes (a switch takes nothing), its help."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; each has an ini key and an environment variable."""
    group = parser.getgroup("arena", "gates for language models (arenatest)")
    for name, takes, text in _OPTIONS:
        option = f"--arena-{name}".rstrip("-")
        key = option.removeprefix("--").replace("-", "_")
        told = f"{text} (ini: {key}, environment: {variable(key)})"
        if takes:
            group.addoption(option, metavar=takes, help=told)
            parser.addini(key, f"as {option}", default=None)
        else:
            group.addoption(option, action="store_true", default=None, help=told)
            parser.addini(key, f"as {option}", type="bool", default=None)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the ``pytest_arena_*`` hooks."""
    from arenatest import hookspec

    pluginmanager.add_hookspecs(hookspec)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and, with ``--arena``, the part that does the work."""
    config.addinivalue_line("markers", "arena: a gate of an arena suite, or a test that battles")
    active = flag(config, "arena")
    if active:
        from arenatest.collection.sessions import session_for

        config.pluginmanager.register(session_for(config), "arenatest-session")
    elif named := [arg for arg in config.args if str(arg).split("::")[0].endswith(SUFFIX)]:
        raise pytest.UsageError(f"{named[0]} is an arena suite: add --arena to run it")


@pytest.fixture
def arena(request: pytest.FixtureRequest) -> Any:
    """Fight battles from a test: ``result = arena.battle(...)``; needs ``--arena``."""
    if request.config.pluginmanager.get_plugin("arenatest-session") is None:
        pytest.skip("calls language models: add --arena to run it")
    from arenatest.collection.fixture import arena_for

    return arena_for(request)
