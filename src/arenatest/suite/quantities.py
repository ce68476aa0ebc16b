"""The units of a suite: durations, fractions, quotients; each with the hint that mends it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, TypeGuard

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from arenatest.suite.mistakes import got
from arenatest.suite.secrets import Location

_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?|\.\d+)\s*([a-zA-Z]+)\s*", re.ASCII)
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}
_DURATION_TEXT = 'a duration such as "800 ms", "1.5 s" or "2 min"'
_LEAST, _MOST = -(2**63), 2**63 - 1
_SURELY_PERCENT = 50  # no gate allows fifty times the baseline; "110" is a percentage
_PERCENT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%\s*")


def seconds(value: object) -> float:
    """Return a duration written as ``"800 ms"``, ``"1.5 s"``, ``"2 min"`` or ``"1 h"`` in seconds.

    Raises:
        Mistake: It is anything else, such as a bare number: its unit would be a guess.
    """
    if _is_number(value):
        raise got(value, _DURATION_TEXT, hint=f'write the unit: "{value} ms" or "{value} s"')
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[2] not in _UNITS:
        raise got(value, _DURATION_TEXT)
    # Division keeps 800 ms equal to 0.8, where 800 * 1e-3 may not be.
    unit = _UNITS[match[2]]
    number = float(match[1])
    result = number / round(1 / unit) if unit < 1 else number * unit
    if not 0 < result < math.inf:
        raise got(value, "a duration above 0")
    return result


def fraction(value: object) -> float:
    """Return a fraction from 0 to 1.

    Raises:
        Mistake: It is anything else; a percentage gets a hint.
    """
    number = _percent(value) if isinstance(value, str) else None
    if not _is_number(value) or not 0 <= value <= 1:
        if _is_number(value) and 1 < value <= 100:  # noqa: PLR2004 - per cent
            number = float(value)
        raise got(value, "a fraction from 0 to 1", hint=_percent_hint(number))
    return float(value)


def quotient(value: object) -> float:
    """Return a quotient candidate / against: a finite number above 0.

    Raises:
        Mistake: It is anything else; a percentage gets a hint.
    """
    if not _is_number(value) or not 0 < value < math.inf:
        number = _percent(value) if isinstance(value, str) else None
        hint = f"ratios are written as quotients: {number / 100!r}" if number else ""
        raise got(value, "a ratio above 0, such as 1.1", hint=hint)
    if value >= _SURELY_PERCENT:
        hint = f"ratios are written as quotients: {value / 100!r}"
        raise got(value, f"a ratio below {_SURELY_PERCENT}, such as 1.1", hint=hint)
    return float(value)


def number_in(value: object, low: float = -math.inf, high: float = math.inf) -> float:
    """Return a finite number from ``low`` to ``high``.

    Raises:
        Mistake: It is anything else.
    """
    if not _is_number(value) or not math.isfinite(value) or not low <= value <= high:
        expected = f"a number of at least {low:g}" if math.isfinite(low) else "a finite number"
        if math.isfinite(high):
            expected = f"a number from {low:g} to {high:g}"
        raise got(value, expected)
    return float(value)


def find_huge(value: object, location: Location = ()) -> Iterator[Location]:
    """Yield the location of every whole number in a parsed suite that TOML does not promise."""
    if isinstance(value, int):
        if not _LEAST <= value <= _MOST:
            yield location
    elif isinstance(value, Mapping):
        for key, held in value.items():
            yield from find_huge(held, (*location, str(key)))
    elif isinstance(value, list | tuple):
        for index, held in enumerate(value):
            yield from find_huge(held, (*location, index))


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _percent(text: str) -> float | None:
    match = _PERCENT.fullmatch(text)
    return float(match[1]) if match else None


def _percent_hint(percent: float | None) -> str:
    return "" if percent is None else f"percentages are written as fractions: {percent / 100!r}"


def _printable(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise got(text, "a name: text that is not empty, without line breaks")
    return text


Duration = Annotated[
    float,
    BeforeValidator(seconds),
    WithJsonSchema(
        {"type": "string", "pattern": r"^\s*([0-9]+(\.[0-9]+)?|\.[0-9]+)\s*(us|ms|s|min|h)\s*$"}
    ),
]
Fraction = Annotated[
    float,
    BeforeValidator(fraction),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1}),
]
Name = Annotated[str, AfterValidator(_printable), Field(json_schema_extra={"minLength": 1})]
Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=1)]
