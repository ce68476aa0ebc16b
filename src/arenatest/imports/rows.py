"""One record of a file, and its values by name: each is what it must be, or a mistake is raised."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arenatest.suite.mistakes import Mistake, got


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A record as the file has it.

    Attributes:
        place: File and line, for messages.
        fields: Its values.
    """

    place: str
    fields: Mapping[str, Any]

    def has(self, *names: str) -> bool:
        """Whether all of these fields are there."""
        return all(name in self.fields for name in names)

    def name(self, *names: str) -> str:
        """Return the first of these fields that is there, as text that is not empty.

        Whole numbers are taken as text, for ids are sometimes written so.
        """
        found = next((name for name in names if self.fields.get(name) is not None), None)
        if found is None:
            raise Mistake("required field is missing", place=(names[0],))
        return name_of(self.fields[found], found)

    def text(self, name: str) -> str:
        """Return a text, which may be empty."""
        if name not in self.fields:
            raise Mistake("required field is missing", place=(name,))
        value = self.fields[name]
        if not isinstance(value, str):
            raise got(value, "text", place=(name,))
        return value

    def text_or(self, name: str) -> str | None:
        """Return a text; None where there is none, or an empty one."""
        value = self.fields.get(name)
        return value if isinstance(value, str) and value else None

    def number_or(self, name: str) -> float | None:
        """Return a number; None where there is none. NaN and infinity are none."""
        return number_of(self.fields.get(name))

    def table_or(self, name: str) -> Mapping[str, Any]:
        """Return a table; an empty one where there is none."""
        value = self.fields.get(name)
        return value if isinstance(value, Mapping) else {}

    def listed(self, name: str) -> Sequence[Any]:
        """Return a list."""
        if name not in self.fields:
            raise Mistake("required field is missing", place=(name,))
        value = self.fields[name]
        if not isinstance(value, list):
            raise got(value, "a list", place=(name,))
        return value


def name_of(value: object, *place: str | int) -> str:
    """Return a name: text that is not empty, or a whole number as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise got(value, "text that is not empty", place=place)
    return value


def number_of(value: object) -> float | None:
    """Return a finite number, also one that a text holds; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def count_of(value: object) -> int | None:
    """Return a count of tokens; None for anything that is none."""
    number = number_of(value)
    return None if number is None or number < 0 else int(number)
