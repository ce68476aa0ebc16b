"""Values of history as JSON, for programs: their fields by name, times in seconds since 1970."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass


def as_json(value: object) -> str:
    """Return a value as indented JSON in ASCII.

    Examples:
        >>> print(as_json({"value": float("inf")}))
        {
          "value": null
        }
    """
    return json.dumps(plain(value), indent=2)


def plain(value: object) -> object:
    """Return a value of dataclasses, tuples and mappings as JSON has them; no number is NaN."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(held) for held in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int) else str(value)
