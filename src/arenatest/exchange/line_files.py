"""JSON Lines in several files of a folder, written side by side as values come."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from arenatest.exchange.manifest import FilePart, file_part
from arenatest.suite.names import slug


class LineFiles:
    """Files that are opened when the first line is written, and closed together."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._files: dict[str, TextIO] = {}
        self._rows: Counter[str] = Counter()

    def __enter__(self) -> LineFiles:
        return self

    def __exit__(self, *exception: Any) -> None:
        self._stack.__exit__(*exception)

    def write(self, name: str, value: Any) -> None:
        """Add a line to a file, which goes by its path from the folder."""
        file = self._files.get(name)
        if file is None:
            file = self._files[name] = self._stack.enter_context(_opened(self._folder / name))
        file.write(f"{json.dumps(value, separators=(',', ':'))}\n")
        self._rows[name] += 1

    def close(self) -> dict[str, FilePart]:
        """Close all files and return what was written."""
        self._stack.close()
        return {name: file_part(self._folder / name, rows) for name, rows in self._rows.items()}


class FileNames:
    """Names that files may have: letters, digits and ``_ . + -``; different ones for different."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        if name not in self._given:
            wanted = slug(name).lstrip(".") or "_"
            taken = {given.lower() for given in self._given.values()}
            free, number = wanted, 2
            while free.lower() in taken:
                free, number = f"{wanted}-{number}", number + 1
            self._given[name] = free
        return self._given[name]

    @property
    def changed(self) -> int:
        """How many names had to be changed."""
        return sum(name != given for name, given in self._given.items())


def _opened(path: Path) -> TextIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("w", encoding="ascii", newline="\n")
