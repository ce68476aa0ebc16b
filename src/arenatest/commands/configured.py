"""Runs a command inside ``pytest.main``, so that one plugin system serves tests and commands."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from arenatest.errors import ArenaError


def configured(run: Callable[[pytest.Config], None], options: Sequence[str] = ()) -> int:
    """Hand a command pytest's configuration, with the project's plugins and options.

    Args:
        run: The command.
        options: Of pytest, beside ``--arena``.

    Raises:
        ArenaError: As ``run`` raised it.
    """
    command = _Command(run)
    status = int(pytest.main(["--arena", "-q", *options], plugins=[command]))
    if command.error is not None:
        raise command.error
    return status


def with_kinds(run: Callable[[Any], None]) -> int:
    """Hand a command all kinds that the project's plugins offer."""

    def ask(config: pytest.Config) -> None:
        from arenatest.collection.items import kinds_for

        run(kinds_for(config.hook))

    return configured(ask)


class _Command:
    """A plugin that runs a command instead of pytest's tests, once all plugins are loaded."""

    def __init__(self, run: Callable[[pytest.Config], None]) -> None:
        self._run = run
        self.error: ArenaError | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> int:
        """Run the command with the project's plugins and options."""
        with warnings.catch_warnings(record=True):  # plugins' advice is for who runs tests
            config._do_configure()  # as pytest's own --markers and --fixtures do
        try:
            self._run(config)
        except ArenaError as error:
            self.error = error
        finally:
            config._ensure_unconfigure()
        return 0
