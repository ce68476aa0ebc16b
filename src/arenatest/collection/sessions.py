"""Chooses the session: one that buys, or one that works on the record for a command."""

from __future__ import annotations

import pytest

from arenatest.collection.forewarning import Forewarner
from arenatest.collection.order import order_of
from arenatest.collection.session import ArenaSession


def session_for(config: pytest.Config) -> ArenaSession:
    """Return the session of ``pytest --arena``, or that of the command that started pytest."""
    order = order_of(config)
    if order is None:
        config.pluginmanager.register(Forewarner(), "arenatest-foresight")
        return ArenaSession(config)
    if order.command == "rejudge":
        from arenatest.collection.rejudge import Rejudged

        return Rejudged(config, order)
    if order.command == "estimate":
        from arenatest.collection.estimating import Estimating

        return Estimating(config, order)
    from arenatest.collection.again import DecidedAgain, Reparsed

    session = DecidedAgain if order.command == "gate" else Reparsed
    return session(config, order)
