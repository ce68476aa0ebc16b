"""Numbers in words: the one place where units become text, for terminal, reports and reasons."""

from __future__ import annotations

import math

_MOST_DIGITS = 8
_ROUNDING = 1e-9  # the mean of 400 battles may be 0.39999999999999997


def amount(value: float, unit: str, *, near: float | None = None) -> str:
    """Return a measurement for people, rounded as its unit is usually read.

    Args:
        value: In base units: seconds, fractions, dollars, quotients. Finite.
        unit: As in ``MetricSpec.unit``, or ``ratio``; an unknown one is written behind the number.
        near: A limit that the value was compared with: digits are added until a reader sees that
            the two differ.

    Examples:
        >>> amount(0.531, "fraction"), amount(0.64, "s"), amount(1.5, "s"), amount(1.312, "ratio")
        ('0.531', '640 ms', '1.50 s', '1.31x')
        >>> amount(0.0021, "USD"), amount(212, "tokens"), amount(1204.0, "characters")
        ('$0.0021', '212 tokens', '1,204 characters')
        >>> amount(0.44996, "fraction", near=0.45)
        '0.44996'
    """
    return _text(value, unit, _scale(value, unit), _telling_digits(value, unit, near))


def limit(value: float, unit: str) -> str:
    """Return a threshold for people: exactly what the suite says, in as few digits.

    Examples:
        >>> limit(0.45, "fraction"), limit(0.8, "s"), limit(1.5, "s"), limit(1.1, "ratio")
        ('0.45', '800 ms', '1.5 s', '1.10x')
    """
    scale = _scale(value, unit)
    digits = 2 if unit in ("ratio", "USD") else 0
    while digits < _MOST_DIGITS and not math.isclose(
        round(value * scale, digits), value * scale, rel_tol=_ROUNDING
    ):
        digits += 1
    return _text(value, unit, scale, digits)


def interval(
    low: float | None, high: float | None, value: float, unit: str, *, near: float | None = None
) -> str:
    """Return the bounds without their unit, in the scale and digits of ``value``.

    Args:
        low: The lower bound; a dash is written where there is none.
        high: The upper bound, likewise.
        value: What they belong to.
        unit: As in ``amount``.
        near: As in ``amount``.

    Examples:
        >>> interval(0.61, 0.702, 0.64, "s"), interval(None, 1.1, 0.64, "s")
        ('[610, 702]', '[-, 1100]')
    """
    scale, digits = _scale(value, unit), _telling_digits(value, unit, near)
    low_text, high_text = (
        "-" if bound is None else f"{bound * scale:{_grouping(unit)}.{digits}f}"
        for bound in (low, high)
    )
    return f"[{low_text}, {high_text}]"


def counted(number: int, noun: str) -> str:
    """Return a number of things, such as ``1 prompt`` or ``1,200 prompts``; ``noun`` is plural.

    Examples:
        >>> counted(1, "prompts"), counted(1200, "prompts")
        ('1 prompt', '1,200 prompts')
    """
    return f"{number:,} {noun.removesuffix('s') if number == 1 else noun}"


def _scale(value: float, unit: str) -> float:
    return 1_000.0 if unit == "s" and abs(value) < 0.9995 else 1.0  # noqa: PLR2004 - reads 1000 ms


def _telling_digits(value: float, unit: str, near: float | None) -> int:
    """Return how many decimals show a value, and that it is not ``near``."""
    scale, digits = _scale(value, unit), _digits(value, unit)
    if near is None or math.isclose(value, near, rel_tol=_ROUNDING):
        return digits
    while digits < _MOST_DIGITS:
        if _text(value, unit, scale, digits) != _text(near, unit, scale, digits):
            break
        digits += 1
    return digits


def _digits(value: float, unit: str) -> int:
    if unit == "fraction":
        return 3
    size = abs(value) * _scale(value, unit)
    if unit == "s" and _scale(value, unit) == 1.0:
        return _significant(size, 3, most=2)
    if unit in ("ratio", "USD"):
        return max(2, _significant(size, 2, most=_MOST_DIGITS)) if size else 2
    if unit == "s":
        return _significant(size, 2, most=4)
    return 0 if float(value).is_integer() else _significant(size, 3, most=6)


def _significant(size: float, digits: int, *, most: int) -> int:
    """Return how many decimals show ``digits`` significant digits."""
    if size == 0.0:
        return 0
    return min(max(digits - 1 - math.floor(math.log10(size)), 0), most)


def _text(value: float, unit: str, scale: float, digits: int) -> str:
    number = f"{value * scale:{_grouping(unit)}.{digits}f}"
    if unit == "USD":
        return f"-${number[1:]}" if number.startswith("-") else f"${number}"
    if unit == "ratio":
        return f"{number}x"
    if unit == "s":
        return f"{number} s" if scale == 1.0 else f"{number} ms"
    return number if unit in ("fraction", "") else f"{number} {unit}"


def _grouping(unit: str) -> str:
    return "" if unit in ("fraction", "s", "ratio") else ","
