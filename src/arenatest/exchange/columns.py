"""The fields of a row as typed columns: for writing tables, and for checking what is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

Kind = Literal["text", "whole", "number", "truth", "texts", "numbers", "json"]
"""What a column holds; ``json`` is a table, or a list of tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One field of a row: its name, what it holds, and whether it may be unknown."""

    name: str
    kind: Kind
    optional: bool


def columns_of(row: type[Any]) -> tuple[Column, ...]:
    """Return the columns of a kind of row, in the order of its fields.

    Examples:
        >>> from arenatest.exchange.rows import LoadRow
        >>> [f"{column.name}: {column.kind}" for column in columns_of(LoadRow)][:4]
        ['run: text', 'contestant: text', 'level: number', 'number: whole']
    """
    hints = get_type_hints(row)
    return tuple(_column(field.name, hints[field.name]) for field in fields(row))


def _column(name: str, hint: Any) -> Column:
    kinds = [_kind(one) for one in get_args(hint) if one is not NoneType] if _open(hint) else []
    return Column(name=name, kind=kinds[0] if kinds else _kind(hint), optional=bool(kinds))


def _open(hint: Any) -> bool:
    return NoneType in get_args(hint)


def _kind(hint: Any) -> Kind:
    if get_origin(hint) is tuple:
        return _LISTS.get(get_args(hint)[0], "json")
    return _PLAIN.get(hint, "json")


_PLAIN: Mapping[Any, Kind] = {str: "text", int: "whole", float: "number", bool: "truth"}
_LISTS: Mapping[Any, Kind] = {str: "texts", float: "numbers"}
