"""What a command of ``arenatest`` asks of the pytest session that it starts.

It travels with pytest's options, because pytest-xdist hands those to its workers; it is no option
of its own, because only a command says it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import pytest

Command = Literal["gate", "reparse", "rejudge", "estimate"]

_PLACE = "arena_order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A command with what was typed behind it.

    Attributes:
        command: Its name.
        run: The run that the user named.
        typed: All of its arguments.
    """

    command: Command
    run: str | None
    typed: Sequence[str]


class Ordered:
    """A plugin that hands an order to the session."""

    def __init__(self, order: Order) -> None:
        self._order = order

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> None:
        """Put the order among the options, before anybody configures anything."""
        setattr(config.option, _PLACE, asdict(self._order))


def order_of(config: pytest.Config) -> Order | None:
    """Return what a command asks of this session; None for ``pytest --arena``."""
    said = getattr(config.option, _PLACE, None)
    return None if said is None else Order(**said)
