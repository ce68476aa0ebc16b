"""Types of columns: what a value is to us, and how it lies in a database.

Whoever writes ``select(table.c.x).where(table.c.x == value)`` need not know: values are bound and
given back as they are. It matters where SQL itself looks at one: names are ordered by their numbers
unless they are ``spelt``, clocks are microseconds where they are ``counted``, and a subquery gives
numbers for names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    LargeBinary,
    ScalarSelect,
    Select,
    String,
    Text,
    and_,
    column,
    func,
    literal_column,
    select,
    table,
    type_coerce,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator, TypeEngine

from arenatest.model.microseconds import microseconds, seconds_of
from arenatest.store.codec import cell_from_text, text_from_cell
from arenatest.store.ids import id_from_bytes, id_to_bytes, server_id_to_bytes

# Both databases put strings in the order of their code points: what is summed up in order, or shown
# in it, is the same on both.
Name = String().with_variant(String(collation="C"), "postgresql")
Body = Text().with_variant(Text(collation="C"), "postgresql")
Whole = Integer().with_variant(BigInteger(), "postgresql")
Counter = BigInteger().with_variant(Integer(), "sqlite")
"""A key that the database counts up by itself."""

HEAD = 9
"""Bytes of the head of a key."""
NO_NUMBER = -1
"""What stands for a name that is not in ``name``: no row has it."""


class Cell(TypeDecorator[str]):
    """A string from outside: prompt ids and names may hold NUL or lone surrogates."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Order it by code points, too."""
        return Name.dialect_impl(dialect)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Make it fit for every database."""
        return None if value is None else cell_from_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Give back exactly what was bound."""
        return None if value is None else text_from_cell(value)


class Id(TypeDecorator[str]):
    """An id, as bytes: see ``ids``. Its order is that of the bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Return its bytes."""
        return None if value is None else id_to_bytes(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Give back exactly what was bound."""
        return None if value is None else id_from_bytes(bytes(value))


def head(key: ColumnElement[str]) -> ColumnElement[bytes]:
    """Return the beginning of a key of content: what an index of it holds.

    It tells keys apart but for one pair in a billion of millions; who looks for a key compares the
    whole of what he finds.
    """
    return func.substr(key, literal_column("1"), literal_column(str(HEAD)), type_=LargeBinary)


def keyed(key: ColumnElement[str], wanted: Collection[str]) -> ColumnElement[bool]:
    """Return whether a key is one of some, in the words that an index of its head answers to."""
    heads = {id_to_bytes(one)[:HEAD] for one in wanted}
    return and_(head(key).in_(sorted(heads)), key.in_(wanted))


class ServerId(Id):
    """An id that a server gave: nobody looks for its beginning."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Return its bytes."""
        return None if value is None else server_id_to_bytes(value)


class Seconds(TypeDecorator[float]):
    """A clock or a duration, as whole microseconds; one that none can be is unknown."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> int | None:
        """Return its microseconds."""
        return microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> float | None:
        """Return its seconds."""
        return seconds_of(value)


class Said(TypeDecorator[int]):
    """What somebody said, as the number of its text in ``text``: rows to insert hold its digest."""

    impl = BigInteger
    cache_ok = True


_NAMES = table("name", column("number", Integer), column("text", Cell))


class Named(TypeDecorator[str]):
    """A string that many rows repeat, as its number in the table ``name``."""

    impl = Integer
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[str]):
        """Compares numbers, also with those of a list of names."""

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
            """Have a list of names looked up together."""
            listed = op in (operators.in_op, operators.not_in_op)
            if listed and isinstance(other[0], Collection):
                return counted(self.expr).operate(op, numbers(other[0]), **kwargs)
            return super().operate(op, *other, **kwargs)

    comparator_factory = Comparator

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Make it fit for every database; ``bind_expression`` looks it up."""
        return None if value is None else cell_from_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Give back exactly what was bound."""
        return None if value is None else text_from_cell(value)

    def bind_expression(self, bindvalue: Any) -> ColumnElement[Any]:
        """Look its number up."""
        found = select(_NAMES.c.number).where(_NAMES.c.text == type_coerce(bindvalue, Cell))
        return func.coalesce(found.scalar_subquery(), NO_NUMBER)

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Look the name up."""
        return _spelling(column)


def spelt(named: ColumnElement[Any]) -> ColumnElement[str]:
    """Return a named column as the names themselves: to order by, or to compare with texts.

    Whoever selects nothing else of its table has to name that: ``select_from``.
    """
    return type_coerce(_spelling(named), Cell)


def in_words(columns: Iterable[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """Return columns with names spelt: an order that is the same in every database."""
    return [spelt(one) if isinstance(one.type, Named) else one for one in columns]


def counted(value: ColumnElement[Any]) -> ColumnElement[int]:
    """Return a column as the numbers that the database holds: of names, or microseconds."""
    return type_coerce(value, Integer)


def numbers(names: Iterable[str] | Select[Any]) -> Select[Any]:
    """Return the query of the numbers of names, or of texts that another query gives."""
    wanted = names if isinstance(names, Select) else list(names)
    return select(_NAMES.c.number).where(_NAMES.c.text.in_(wanted))


def _spelling(named: ColumnElement[Any]) -> ScalarSelect[Any]:
    wanted = _NAMES.c.number == counted(named)
    return select(_NAMES.c.text).where(wanted).correlate_except(_NAMES).scalar_subquery()
