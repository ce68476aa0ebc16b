"""The pytest11 entry point: options only. All else is imported when ``--arena`` is given.

PYTEST_DONT_REWRITE: nothing here asserts, and every pytest run would pay for the rewriting.
"""

from __future__ import annotations

from typing import Any

import pytest

from arenatest.collection.options import SUFFIX, flag


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; each has an ini key and an environment variable."""
    group = parser.getgroup("arena", "gates for language models (arenatest)")
    group.addoption(
        "--arena",
        action="store_true",
        default=None,
        help="collect *.arena.toml suites, fight their battles and decide their gates "
        "(ini: arena, environment: ARENATEST)",
    )
    group.addoption(
        "--arena-store",
        metavar="DIR",
        help="where everything is recorded; default .arenatest under the root directory "
        "(ini: arena_store, environment: ARENATEST_STORE)",
    )
    group.addoption(
        "--arena-reports",
        metavar="DIR",
        help="where reports are left; default reports under the root directory "
        "(ini: arena_reports, environment: ARENATEST_REPORTS)",
    )
    group.addoption(
        "--arena-fresh",
        action="store_true",
        default=None,
        help="buy all answers and judgments again instead of reusing recorded ones "
        "(ini: arena_fresh, environment: ARENATEST_FRESH)",
    )
    group.addoption(
        "--arena-lock",
        metavar="warn|refuse|off",
        help="what it means that a suite, or a model that a server names, differs from the lock "
        "file beside the suite; default warn (ini: arena_lock, environment: ARENATEST_LOCK)",
    )
    group.addoption(
        "--arena-aa",
        action="store_true",
        default=None,
        help="play every suite's baseline against itself, to see how often its win-rate gates fail "
        "a model that is as good, and how the judges behave "
        "(ini: arena_aa, environment: ARENATEST_AA)",
    )
    group.addoption(
        "--arena-max-calls",
        metavar="N",
        help="most model calls of the session, over all its suites "
        "(ini: arena_max_calls, environment: ARENATEST_MAX_CALLS)",
    )
    group.addoption(
        "--arena-max-cost",
        metavar="USD",
        help="most US dollars that the session may spend, over all its suites "
        "(ini: arena_max_cost, environment: ARENATEST_MAX_COST)",
    )
    parser.addini("arena", "as --arena", type="bool", default=None)
    parser.addini("arena_store", "as --arena-store", default=None)
    parser.addini("arena_reports", "as --arena-reports", default=None)
    parser.addini("arena_fresh", "as --arena-fresh", type="bool", default=None)
    parser.addini("arena_lock", "as --arena-lock", default=None)
    parser.addini("arena_aa", "as --arena-aa", type="bool", default=None)
    parser.addini("arena_max_calls", "as --arena-max-calls", default=None)
    parser.addini("arena_max_cost", "as --arena-max-cost", default=None)


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
