"""Collects the mistakes of one suite, so that they are shown all at once, each at its place."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from arenatest.errors import ArenaError, SuiteError
from arenatest.suite.mistakes import Mistake, written
from arenatest.suite.secrets import Location, looks_secret

_LONGEST_LABEL = 40


class SuiteErrors(ArenaError):
    """Several mistakes in one suite file; the text shows each on a line of its own.

    Attributes:
        errors: The mistakes, in the order of their files and lines.
    """

    def __init__(self, *errors: SuiteError) -> None:
        super().__init__(*errors)
        self.errors = errors

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


class Finds(Protocol):
    """Finds the line of a place in a suite file."""

    def find(self, location: Location) -> int | None:
        """Return the line of the innermost table or key that holds the place, from 1."""


class Problems:
    """The mistakes found so far in one suite.

    Args:
        path: The suite file as the user knows it.
        tables: The parsed suite, from which places get their labels.
        lines: Finds lines; None for a suite that has no file.
    """

    def __init__(self, path: str, tables: Mapping[str, Any], lines: Finds | None = None) -> None:
        self.path = path
        self._tables = tables
        self._lines = lines
        self._found: list[SuiteError] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, location: Location, problem: str | Mistake, *, hint: str = "") -> None:
        """Add a mistake at a place such as ``("gates", 2, "min")``; indexes count from 0."""
        text = problem if isinstance(problem, str) else problem.problem
        hint = hint or (problem.hint if isinstance(problem, Mistake) else "")
        self._found.append(
            SuiteError(self.path, self.line(location), self._key(location), text, hint=hint)
        )

    def add_error(self, error: SuiteError) -> None:
        """Add a mistake in another file that the suite names."""
        self._found.append(error)

    @contextmanager
    def at(self, *location: str | int) -> Iterator[None]:
        """Turn what is raised inside into a problem: a ``Mistake`` gets this place."""
        try:
            yield
        except Mistake as mistake:
            self.add((*location, *mistake.place), mistake)
        except SuiteError as error:
            self.add_error(error)

    def line(self, location: Location) -> int | None:
        """Return the line of a place; None for a suite that has no file."""
        return self._lines.find(location) if self._lines is not None else None

    def raise_any(self) -> None:
        """Raise what was found, if anything was.

        Raises:
            SuiteError: One mistake was found.
            SuiteErrors: Several were.
        """
        if len(self._found) == 1:
            raise self._found[0]
        if self._found:
            raise SuiteErrors(*sorted(self._found, key=self._order))

    def _order(self, error: SuiteError) -> tuple[bool, str, float]:
        """The suite's own mistakes first; the count of unshown ones after those of its file."""
        own = error.path == self.path
        return not own, error.path, error.line or (0 if own else math.inf)

    def _key(self, location: Location) -> str:
        text = written(location)
        label = self._label(location)
        return f"{text} ({label})" if label else text

    def _label(self, location: Location) -> str:
        table: Any = self._tables.get(str(location[0])) if location else None
        if isinstance(table, list | tuple) and len(location) > 1 and isinstance(location[1], int):
            table = table[location[1]] if location[1] < len(table) else None
        elif location and location[0] != "baseline":
            return ""
        if not isinstance(table, Mapping):
            return ""
        key = {"gates": "metric", "prompts": "id"}.get(str(location[0]), "name")
        label = table.get(key)
        if not isinstance(label, str) or not label.isprintable() or looks_secret(label):
            return ""
        return label[:_LONGEST_LABEL]
