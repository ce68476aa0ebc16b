"""Columns of values in a few bytes each: a record of a million calls fits into memory."""

from __future__ import annotations

import math
from array import array
from collections.abc import Hashable, Iterable, Sequence
from typing import Generic, TypeVar

from arenatest.store.ids import id_from_bytes

Value = TypeVar("Value", bound=Hashable)

_MOST_SHORT = 2**16 - 1
_LEAST = -(2**63)  # which no count is


class Numbers:
    """Floats, or None; a column without any takes nothing."""

    __slots__ = ("_count", "_values")

    def __init__(self) -> None:
        self._count = 0
        self._values = array("d")

    def extend(self, values: Sequence[float | None]) -> None:
        """Add a value for each of the next rows."""
        if not self._values:
            if values.count(None) == len(values):
                self._count += len(values)
                return
            self._values = array("d", [math.nan]) * self._count
        if None in values:
            self._values.extend([math.nan if value is None else value for value in values])
        else:
            self._values.extend(values)  # type: ignore[arg-type]  # there is no None in them

    def __getitem__(self, row: int) -> float | None:
        if not self._values:
            return None
        value = self._values[row]
        return value if value == value else None  # noqa: PLR0124 - a NaN is not

    def since(self, row: int) -> Sequence[float]:
        """Return the values from a row on; NaN for None."""
        return self._values[row:] if self._values else [math.nan] * (self._count - row)

    def at(self, rows: Iterable[int]) -> Sequence[float]:
        """Return the values of some rows; NaN for None."""
        values = self._values
        return [values[row] for row in rows] if values else [math.nan for _ in rows]

    @property
    def largest(self) -> float:
        """The largest value; 0 where there is none above it."""
        return max((value for value in self._values if value > 0.0), default=0.0)


class Counts:
    """Whole numbers, or None; a column without any takes nothing."""

    __slots__ = ("_count", "_values")

    def __init__(self) -> None:
        self._count = 0
        self._values = array("q")

    def extend(self, values: Sequence[int | None]) -> None:
        """Add a value for each of the next rows."""
        if not self._values:
            if values.count(None) == len(values):
                self._count += len(values)
                return
            self._values = array("q", [_LEAST]) * self._count
        if None in values:
            self._values.extend([_LEAST if value is None else value for value in values])
        else:
            self._values.extend(values)  # type: ignore[arg-type]  # there is no None in them

    def __getitem__(self, row: int) -> int | None:
        if not self._values:
            return None
        value = self._values[row]
        return None if value == _LEAST else value


class Kinds(Generic[Value]):
    """Values of which there are few different ones.

    Attributes:
        known: Those that there are.
    """

    __slots__ = ("_places", "_values", "known")

    def __init__(self) -> None:
        self._values = array("H")
        self.known: list[Value] = []
        self._places: dict[Value, int] = {}

    def extend(self, values: Iterable[Value]) -> None:
        """Add a value for each of the next rows."""
        places = self._places
        numbers = [places.setdefault(value, len(places)) for value in values]
        self.known = list(places)
        if self._values.typecode == "H" and len(places) > _MOST_SHORT:
            self._values = array("I", self._values)
        self._values.extend(numbers)

    def __getitem__(self, row: int) -> Value:
        return self.known[self._values[row]]


class Ids:
    """Ids, or None: those of hexadecimal digits, as many as the first has, take half the bytes."""

    __slots__ = ("_body", "_others", "_row", "_width")

    def __init__(self) -> None:
        self._body = bytearray()
        self._others: dict[int, str | None] = {}
        self._row = self._width = 0

    def extend(self, ids: Sequence[bytes | None]) -> None:
        """Add an id for each of the next rows, as a database holds it."""
        if not self._width:
            self._width = next((len(body) - 1 for body in ids if body and body[0] == 0), 0)
            self._body = bytearray(self._width * self._row)
        none = bytes(self._width)
        for row, body in enumerate(ids, start=self._row):
            if body is not None and len(body) - 1 == self._width and body[0] == 0:
                self._body += body[1:]
            else:
                self._others[row] = None if body is None else id_from_bytes(body)
                self._body += none
        self._row += len(ids)

    def __getitem__(self, row: int) -> str | None:
        if row in self._others:
            return self._others[row]
        return self._body[row * self._width : (row + 1) * self._width].hex()
