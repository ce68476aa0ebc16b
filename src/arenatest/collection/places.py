"""Where things are to be written: found wanting before any call is paid for."""

from __future__ import annotations

import os
from pathlib import Path

from arenatest.model.address import Address


def folder_problem(folder: Path) -> str:
    """Return why nothing could be written into a folder; empty where it can be, or be made.

    Args:
        folder: It need not exist; nothing is created.
    """
    place = folder
    try:
        while not place.exists() and place != place.parent:
            place = place.parent
    except OSError as error:
        return f"{folder}: {error.strerror}"
    if not place.is_dir():
        return f"{folder}: {place.name} is a file, expected a folder"
    if not os.access(place, os.W_OK | os.X_OK):
        return f"{folder}: {place} is not writable"
    return ""


def shown(place: Path | Address, root: Path) -> str:
    """Return a place for people: relative to the root directory, if it lies in it."""
    if isinstance(place, Path) and place.is_relative_to(root):
        return place.relative_to(root).as_posix()
    return str(place)
