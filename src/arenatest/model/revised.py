"""Copies of frozen values with some fields changed, where that happens for every model call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

from arenatest.model.answer import Answer, Timing

Value = TypeVar("Value")


def reviser(kind: type[Value]) -> Callable[..., Value]:
    """Return a ``dataclasses.replace`` for values of one kind, at a third of its cost.

    What it returns raises TypeError for a field that there is not.

    Args:
        kind: A dataclass with slots and without ``__post_init__``.
    """
    slots = [(field.name, getattr(kind, field.name)) for field in fields(kind)]  # type: ignore[arg-type]
    parts = [(name, slot.__get__, slot.__set__) for name, slot in slots]
    names = {name for name, _ in slots}

    def revised(value: Value, **changes: Any) -> Value:
        if not changes.keys() <= names:
            unknown = ", ".join(sorted(changes.keys() - names))
            raise TypeError(f"{kind.__name__} has no field {unknown}")
        copy = object.__new__(kind)
        for name, read, write in parts:
            write(copy, changes[name] if name in changes else read(value))
        return copy

    return revised


revised_answer = reviser(Answer)
revised_timing = reviser(Timing)
