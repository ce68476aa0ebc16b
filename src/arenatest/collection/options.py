"""The options of the plugin, from the command line, the environment or the ini file, in that order.

It stands apart, and imports nothing heavy, because every pytest run reads it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from arenatest.model.address import Address

SUFFIX = ".arena.toml"
"""How the names of suite files end."""
_STORE = "arena_store"
_FOLDER = ".arenatest"
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


def store_place(config: pytest.Config) -> Path | Address:
    """Return where the store lies: a folder, or the URL of a PostgreSQL database.

    Raises:
        pytest.UsageError: It is the URL of something else.
    """
    if "://" not in (setting(config, _STORE) or ""):
        return folder(config, _STORE, _FOLDER)
    from arenatest.errors import OptionError
    from arenatest.model.address import Address

    try:
        return Address(setting(config, _STORE) or "")
    except OptionError as error:
        raise pytest.UsageError(f"--arena-store: {error}") from None


def own_folder(config: pytest.Config, place: Path | Address) -> Path:
    """Return where this machine keeps what belongs to a store: its folder, or the default one."""
    return place if isinstance(place, Path) else Path(config.rootpath, _FOLDER)


def lock_folder(config: pytest.Config, place: Path | Address) -> Path:
    """Return where the processes of this machine keep the files of their locks."""
    return own_folder(config, place) / "locks"


def variable(name: str) -> str:
    """Return the environment variable of an option."""
    return "ARENATEST" + name.removeprefix("arena").upper()
