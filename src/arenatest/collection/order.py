"""What a command of ``arenatest`` asks of the pytest session that it starts.

It is no option of pytest, because only a command says it. Workers of pytest-xdist are told of it in
what the controller hands them: without it they would run the suites and buy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pytest

Command = Literal["gate", "reparse", "rejudge", "estimate"]

_PLACE = "arenatest_order"


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
    """A plugin that hands an order to the session and to its workers."""

    def __init__(self, order: Order) -> None:
        self.order = order

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell an xdist worker."""
        node.workerinput[_PLACE] = asdict(self.order)


def order_of(config: pytest.Config) -> Order | None:
    """Return what a command asks of this session; None for ``pytest --arena``."""
    if (worker := getattr(config, "workerinput", None)) is not None:
        said = worker.get(_PLACE)
        return None if said is None else Order(**said)
    plugins = (one for one in config.pluginmanager.get_plugins() if isinstance(one, Ordered))
    return next((one.order for one in plugins), None)
