"""Rows as JSON Lines, and back.

Lines are ASCII: what no UTF-8 holds, and what some readers take for the end of a line, is escaped,
so that every text comes back as it was.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from arenatest.errors import OptionError
from arenatest.exchange.columns import Column, Kind, columns_of

AnyRow = TypeVar("AnyRow")


def json_line(row: Any) -> str:
    r"""Return a row as one line of JSON, with its end. A number that is none becomes null.

    Examples:
        >>> from arenatest.exchange.plan_rows import EventRow
        >>> json_line(EventRow(id="1", run="r", at=2.5, kind="begun", details={"on": "a\0b"}))
        '{"id":"1","run":"r","at":2.5,"kind":"begun","details":{"on":"a\\u0000b"}}\n'
    """
    values = {name: getattr(row, name) for name in row.__dataclass_fields__}
    try:
        return f"{_STRICT.encode(values)}\n"
    except ValueError:  # not a number, or infinite: other programs could not read it
        return f"{_STRICT.encode(_finite(values))}\n"


def read_lines(kind: type[AnyRow], lines: Iterable[str], place: str) -> Iterator[AnyRow]:
    """Yield the rows of JSON Lines, each checked; fields that are not ours are left out.

    Args:
        kind: What the rows are.
        lines: The lines; empty ones are passed over.
        place: Names the file in messages.

    Raises:
        OptionError: A line is not such a row; the message says which, and why.
    """
    columns = columns_of(kind)
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield kind(**_values(line, columns))
            except (ValueError, RecursionError) as error:
                raise OptionError(f"{place}:{number}: {error}") from error


def _values(line: str, columns: tuple[Column, ...]) -> dict[str, Any]:
    raw = json.loads(line, parse_constant=_no_number)
    if not isinstance(raw, dict):
        raise ValueError(f"got {type(raw).__name__}, expected an object")
    return {column.name: _value(raw, column) for column in columns}


def _value(raw: Mapping[str, Any], column: Column) -> Any:
    value = raw.get(column.name)
    if value is None:
        if column.optional:
            return None
        raise ValueError(f"{column.name} is missing")
    if not _CHECKS[column.kind](value):
        raise ValueError(f"{column.name}: got {value!r:.80}, expected {_EXPECTED[column.kind]}")
    if column.kind == "number":
        return float(value)
    return tuple(value) if isinstance(value, list) else value


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(one) for key, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, (list, tuple)) else value


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -_WHOLE <= value < _WHOLE


def _is_number(value: Any) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and -_LARGEST <= value <= _LARGEST


def _is_json(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and all(isinstance(one, dict) for one in value)
    )


def _list_of(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(check, value))


_WHOLE, _LARGEST = 2**63, sys.float_info.max  # what a database holds
_STRICT = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_CHECKS: Mapping[Kind, Callable[[Any], bool]] = {
    "text": _is_text,
    "whole": _is_whole,
    "number": _is_number,
    "truth": lambda value: isinstance(value, bool),
    "texts": _list_of(_is_text),
    "numbers": _list_of(_is_number),
    "json": _is_json,
}
_EXPECTED: Mapping[Kind, str] = {
    "text": "a text",
    "whole": "a whole number",
    "number": "a number",
    "truth": "true or false",
    "texts": "a list of texts",
    "numbers": "a list of numbers",
    "json": "an object",
}
