"""Values of our own dataclasses from their annotations, with odd strings."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import is_dataclass
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

odd_text = st.text(st.characters(), max_size=20)  # NUL and lone surrogates included
numbers = st.floats(allow_nan=False)
counts = st.integers(-(2**63) + 1, 2**63 - 1)
json_values = st.recursive(
    st.none() | st.booleans() | counts | numbers | odd_text,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(odd_text, inner, max_size=2),
    max_leaves=4,
)
_LEAVES = {
    str: odd_text,
    float: numbers,
    int: counts,
    bool: st.booleans(),
    type(None): st.none(),
    object: json_values,
}


def values_of(
    kind: Any, within: tuple[Any, ...] = (), **given: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    """Return all values that the annotation allows; ``given`` replaces fields of a dataclass.

    A dataclass that holds several of its own kind, as a price holds dearer ones, holds one level
    of them: ``within`` are the dataclasses that this one is part of.
    """
    if kind in _LEAVES:
        return _LEAVES[kind]
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        inside = (*within, kind)
        return st.builds(
            kind, **{name: values_of(hint, inside) for name, hint in hints.items()} | given
        )
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    if isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return st.builds(kind, *map(values_of, get_type_hints(kind).values()))
    return _composed(get_origin(kind), get_args(kind), within)


def _composed(
    origin: Any, inner: tuple[Any, ...], within: tuple[Any, ...]
) -> st.SearchStrategy[Any]:
    if origin is Literal:
        return st.sampled_from(inner)
    if origin is tuple and inner[-1] is Ellipsis:
        if any(within.count(kind) > 1 for kind in _named(inner[0])):
            return st.just(())
        return st.lists(values_of(inner[0], within), max_size=3).map(tuple)
    parts = [values_of(kind, within) for kind in inner]
    if origin in (Union, types.UnionType):
        return st.one_of(*parts)
    if origin is Mapping:
        return st.dictionaries(*parts, max_size=3)
    if origin is tuple:
        return st.tuples(*parts)
    message = f"no strategy for {origin}[{inner}]"
    raise NotImplementedError(message)


def _named(hint: Any) -> list[Any]:
    """The types that an annotation names, at any depth."""
    return [hint, *(kind for inner in get_args(hint) for kind in _named(inner))]
