"""The options of the plugin, from the command line, the environment or the ini file, in that order.

It stands apart, and imports nothing heavy, because every pytest run reads it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SUFFIX = ".arena.toml"
"""How the names of suite files end."""
YES = frozenset({"1", "true", "yes", "on"})


def setting(config: pytest.Config, name: str) -> str | None:
    """Return an option's text: command line, else environment, else ini key, else None.

    Args:
        config: Of this session.
        name: As the ini key, such as ``arena_store``.
    """
    value = config.getoption(name)
    if value is None:
        value = os.environ.get(variable(name)) or None
    if value is None:
        value = config.getini(name) or None
    return None if value is None else str(value)


def flag(config: pytest.Config, name: str) -> bool:
    """Return whether a switch is on: command line, else environment, else ini key."""
    if config.getoption(name):
        return True
    if said := os.environ.get(variable(name)):
        return said.lower() in YES
    return bool(config.getini(name))


def folder(config: pytest.Config, name: str, default: str) -> Path:
    """Return a folder: relative to where one stands on the command line, else to the root.

    Raises:
        pytest.UsageError: It is a URL, which is not shown: it may hold a password.
    """
    chosen = setting(config, name)
    if chosen is not None and "://" in chosen:
        option = f"--{name.replace('_', '-')}"
        raise pytest.UsageError(f"{option}: got a URL, expected a folder")
    typed = config.getoption(name) is not None
    return Path(config.invocation_params.dir if typed else config.rootpath, chosen or default)


def variable(name: str) -> str:
    """Return the environment variable of an option."""
    return "ARENATEST" + name.removeprefix("arena").upper()
