"""A session of suites alone: what commands on the record run instead of ``pytest --arena``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from arenatest.collection.command import shown_command
from arenatest.collection.items import GateItem
from arenatest.collection.options import SUFFIX
from arenatest.collection.order import Order
from arenatest.collection.record import Compare, find_run
from arenatest.collection.session import ArenaSession
from arenatest.errors import ArenaError
from arenatest.model.plan import Plan
from arenatest.model.record import Run
from arenatest.store import Store, open_store


class SuitesOnly(ArenaSession):
    """Collects gates and nothing else: a test that battles would make calls.

    Attributes:
        compare: Says what keeps a recorded plan from answering for a suite.
    """

    compare: Compare

    def __init__(self, config: pytest.Config, order: Order) -> None:
        super().__init__(config)
        self.order = order
        self.rerun = None  # an order of its own

    @property
    def store(self) -> Store:
        """The store, which must be there."""
        if self._store is None:
            self._store = open_store(self.store_place, create=False)
        return self._store

    def command(self, redact: Callable[[str], str]) -> str:
        """Return what was typed, without secrets."""
        program = f"arenatest {self.order.command}"
        return shown_command(self.order.typed, redact, program=program)

    def find(self, plan: Plan) -> Run:
        """Return the run that answers for a suite's plan.

        Raises:
            ArenaError: None fits, or there is no store.
        """
        compare = type(self).compare
        return find_run(self.store, plan, compare, session=self.id, asked=self.order.run)

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Leave out all files but suites."""
        if collection_path.is_file() and not collection_path.name.endswith(SUFFIX):
            return True
        return None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what a file named on the command line holds beside gates."""
        items[:] = [item for item in items if isinstance(item, GateItem)]


@contextmanager
def usage() -> Iterator[None]:
    """Look into the record before anything starts: what it lacks makes the command wrong."""
    try:
        yield
    except ArenaError as error:
        raise pytest.UsageError(str(error)) from None
