"""Seals: a checksum of each row, so that one that has changed since it was written is noticed.

Texts, prompts and plans are found by their hashes, and a hash tells when its content changes. A
clock or a verdict has none. A seal guards against failing disks, broken copies and edits by hand;
whoever wants to deceive can make a seal that fits.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    select,
    type_coerce,
)

from arenatest.store import schema
from arenatest.store.schema import SEAL
from arenatest.store.types import Id, Named, Said, Seconds

_MOST, _BEYOND = 2**31 - 1, 2**32
_NOTHING = "\0"  # which no string in a database holds


def sealer(table: Table) -> Callable[[Sequence[Any]], int]:
    """Return what makes the seal of a row: of its values as they are bound, without the seal.

    It is a signed number of 32 bits. Names are taken as they are spelt, as cells, and texts by
    their digests.

    Values that a database gives back as equal ones have equal seals: 1, 1.0 and True, 0.0 and
    -0.0, NaN and NULL.
    """
    places = range(len(_sealed(table)))
    kinds = {place: _kind(column) for place, column in enumerate(_sealed(table))}
    numbers_of = _getter([place for place in places if kinds[place] is float])
    words_of = _getter([place for place in places if kinds[place] is str])
    bodies_of = _getter([place for place in places if kinds[place] is bytes])
    count = sum(kinds[place] is float for place in places)
    pack, unknown = struct.Struct(f"<{count}d").pack, math.nan

    def seal(row: Sequence[Any]) -> int:
        numbers = pack(*[unknown if one is None else one + 0.0 for one in numbers_of(row)])
        words = "\0".join([_NOTHING if one is None else one for one in words_of(row)])
        bodies = [b"" if one is None else one for one in bodies_of(row)]
        sum_ = zlib.crc32(b"\0".join((numbers, words.encode(), *bodies)))
        return sum_ - _BEYOND if sum_ > _MOST else sum_

    return seal


def raw_columns(table: Table) -> list[ColumnElement[Any]]:
    """Return the columns of a table, the seal last: nothing is decoded, texts are digests."""
    return [type_coerce(_held(column), _raw(column)) for column in table.c]


def _sealed(table: Table) -> list[Column[Any]]:
    return [column for column in table.c if column.name != SEAL]


def _kind(column: Column[Any]) -> type:
    if isinstance(column.type, (Float, Integer, Boolean, Seconds)):
        return float
    return bytes if isinstance(column.type, (LargeBinary, Id, Said)) else str


def _held(column: Column[Any]) -> Any:
    if not isinstance(column.type, Said):
        return column
    text = schema.text
    return select(text.c.sha).where(text.c.number == column).scalar_subquery()


def _raw(column: Column[Any]) -> Any:
    if isinstance(column.type, (Boolean, Named, Seconds)):
        return Integer()
    if isinstance(column.type, (Id, Said)):
        return LargeBinary()
    return column.type if _kind(column) is not str else String()


def _getter(places: Sequence[int]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Return what takes these places of a row, as a sequence however few they are."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda row: [row[place] for place in places]
