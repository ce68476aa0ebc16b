"""Validated options as JSON values, for reports and for fingerprints."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from pydantic import BaseModel


def option_values(options: BaseModel, *, given_only: bool = False) -> dict[str, Any]:
    """Return options as JSON values, the same in every process.

    A function, as suites made in Python hold it, becomes its name; another object its type's.

    Args:
        options: Validated.
        given_only: Whether to leave out what the suite does not say.
    """
    values: dict[str, Any] = _plain(options.model_dump(exclude_unset=given_only))
    return values


def _plain(value: object) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(held) for held in value]
    if isinstance(value, set | frozenset):
        return sorted((_plain(held) for held in value), key=repr)
    return _named(value)


def _named(value: object) -> str:
    name = getattr(value, "__qualname__", None)
    if name is not None:
        return f"{getattr(value, '__module__', '')}:{name}"
    if type(value).__str__ is not object.__str__:
        return str(value)  # paths, dates, URLs
    return f"{type(value).__module__}:{type(value).__qualname__}"
