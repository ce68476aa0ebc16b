"""The tables of evidence as version 2 has them, filled from those of version 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    func,
    insert,
    select,
)
from sqlalchemy import text as sql_text

from arenatest.model.microseconds import microseconds
from arenatest.store.codec import text_from_cell
from arenatest.store.ids import id_to_bytes, server_id_to_bytes

Name = String().with_variant(String(collation="C"), "postgresql")
Whole = Integer().with_variant(BigInteger(), "postgresql")

_PAGE = 500  # rows in memory
_DIGEST = 16  # bytes of a text's
_LOST = -1  # the number of a text that is not there: it is missed, and not taken for an empty one
_WORDS = (
    *("answer", "both", "judge", "load", "text", "timing", "warmup"),
    *("baseline-first", "candidate-first"),
)
_INDEXES = (
    ("ix_generation_run", "generation"),
    ("ix_generation_answer_key", "generation"),
    ("ix_judgment_key", "judgment"),
    ("ix_measurement_key", "measurement"),
)
_CLOCKS = (
    *("queue_wait", "connect", "ttfb", "ttft", "ttfat", "tpot", "e2e", "wall", "icl"),
    *("held", "lag", "stream_lag", "server", "server_queue", "load"),
)


def narrow(connection: Connection) -> None:
    """Make the tables anew, and copy what is in the old ones."""
    tables = MetaData()
    _define_names(tables)
    _define_calls(tables)
    _define_places(tables)
    _define_said(tables)
    for index, table in _INDEXES:
        op.drop_index(index, table)
    for name in _COPIED:
        op.rename_table(name, f"old_{name}")
    tables.create_all(connection)
    op.create_index("ix_generation_run", "generation", ["run"])
    head = sql_text('substr("key", 1, 9)')
    for table in ("judgment", "measurement"):
        op.create_index(f"ix_{table}_key", table, [head])
    where = sql_text("role = 1")
    op.create_index(
        "ix_generation_answer_key",
        "generation",
        [head if connection.dialect.name == "sqlite" else "key"],
        sqlite_where=where,
        postgresql_where=where,
    )
    numbers = _Numbers(connection, tables.tables["name"])
    for word in _WORDS:
        numbers[word]
    for name in _COPIED:
        _copy(connection, tables.tables[name], numbers)
        op.drop_table(f"old_{name}")


class _Numbers(dict[Any, Any]):
    """Numbers by names: a new name gets the next one."""

    def __init__(self, connection: Connection, table: Table) -> None:
        super().__init__({None: None})
        self._connection, self._table = connection, table

    def __missing__(self, text: str) -> int:
        new = insert(self._table).values(text=text).returning(self._table.c.number)
        self[text] = number = self._connection.execute(new).scalar_one()
        return int(number)


def _copy(connection: Connection, table: Table, numbers: Mapping[Any, Any]) -> None:
    names = [
        one.name for one in table.c if one.name != "seal" and one is not table.autoincrement_column
    ]
    old = Table(f"old_{table.name}", MetaData(), *(Column(name) for name in names))
    changes: list[Callable[[Any], Any]] = [
        numbers.__getitem__ if table.c[name].info.get("named") else _CHANGES.get(name, _same)
        for name in names
    ]
    said = [name for name in names if table.c[name].info.get("text")]
    for page in _pages(connection, old):
        rows = [
            {name: change(value) for name, change, value in zip(names, changes, row, strict=True)}
            for row in page
        ]
        for row in rows:
            row |= {f"lost_{name}": None if row[name] is None else _LOST for name in said}
        connection.execute(_insertion(table, names, said), rows)


def _insertion(table: Table, names: Sequence[str], said: Sequence[str]) -> Any:
    """Return the statement that takes values by name, and texts by their digests."""
    text = table.metadata.tables["text"]
    found = {}
    for name in said:
        number = select(text.c.number).where(text.c.sha == bindparam(name)).scalar_subquery()
        found[name] = func.coalesce(number, bindparam(f"lost_{name}", type_=BigInteger()))
    return insert(table).values({name: bindparam(name) for name in names} | found)


def _pages(connection: Connection, table: Table) -> Iterator[Sequence[Any]]:
    rows = iter(connection.execute(select(*table.c).execution_options(yield_per=_PAGE)))
    while page := [*islice(rows, _PAGE)]:
        yield page


def _same(value: Any) -> Any:
    return value


def _id(cell: str | None) -> bytes | None:
    return None if cell is None else id_to_bytes(text_from_cell(cell))


def _server_id(cell: str | None) -> bytes | None:
    return None if cell is None else server_id_to_bytes(text_from_cell(cell))


def _digest(sha: bytes | None) -> bytes | None:
    return None if sha is None else bytes(sha)[:_DIGEST]


_COPIED = ("text", "generation", "placed_answer", "placed_load", "judgment", "measurement")
_CHANGES: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("chat_id", "key"), _id),
    **dict.fromkeys(("request_id", "response_id"), _server_id),
    **dict.fromkeys(("sha", "text", "reasoning", "explanation"), _digest),
    **dict.fromkeys((*_CLOCKS, "due", "failure_retry_after"), microseconds),
}
"""How a column's values change, by its name."""


def _define_names(tables: MetaData) -> None:
    Table(
        "name",
        tables,
        _counted(Integer()),
        Column("text", Name, nullable=False, unique=True),
    )
    Table(
        "text",
        tables,
        _counted(BigInteger().with_variant(Integer(), "sqlite")),
        Column("sha", LargeBinary(_DIGEST), nullable=False, unique=True),
        _must("compressed", Boolean),
        _must("body", LargeBinary),
    )


def _define_calls(tables: MetaData) -> None:
    Table(
        "generation",
        tables,
        _must("chat_id", LargeBinary, primary_key=True),
        *(_named(name) for name in ("run", "role", "owner")),
        _must("key", LargeBinary),
        _named("prompt"),
        *(_must(name, Whole) for name in ("repeat", "attempt")),
        _must("final", Boolean),
        _must("started", Float),
        Column("cost", Float),
        *(Column(name, BigInteger, info={"text": True}) for name in ("text", "reasoning")),
        *(_named(name, nullable=True) for name in ("finish", "model")),
        *(Column(name, LargeBinary) for name in ("request_id", "response_id")),
        _must("has_usage", Boolean),
        *(Column(f"{kind}_tokens", BigInteger) for kind in ("input", "output")),
        *(Column(f"{kind}_tokens", BigInteger) for kind in ("reasoning", "cached")),
        _named("failure", nullable=True),
        Column("failure_message", Name),
        Column("failure_status", Whole),
        Column("failure_retryable", Boolean),
        Column("failure_retry_after", BigInteger),
        _named("timing", nullable=True),
        *(Column(name, BigInteger) for name in _CLOCKS[:9]),
        Column("reads", Whole),
        Column("connection_reused", Boolean),
        *(Column(name, BigInteger) for name in _CLOCKS[9:]),
        Column("gaps", LargeBinary),
        Column("seal", Integer),
    )


def _define_places(tables: MetaData) -> None:
    Table(
        "placed_answer",
        tables,
        *(_named(name, key=True) for name in ("run", "contestant", "prompt")),
        _must("repeat", Whole, primary_key=True),
        _named("purpose", key=True),
        _must("chat_id", LargeBinary),
        _must("attempts", Whole),
        _must("reused", Boolean),
        _named("level", nullable=True),
        Column("seal", Integer),
        sqlite_with_rowid=False,
    )
    Table(
        "placed_load",
        tables,
        *(_named(name, key=True) for name in ("run", "contestant")),
        _must("level", Float, primary_key=True),
        _must("number", Whole, primary_key=True),
        _must("chat_id", LargeBinary),
        _must("due", BigInteger),
        Column("seal", Integer),
        sqlite_with_rowid=False,
    )


def _define_said(tables: MetaData) -> None:
    Table(
        "judgment",
        tables,
        *(_named(name, key=True) for name in ("run", "candidate", "prompt")),
        _must("repeat", Whole, primary_key=True),
        _named("judge", key=True),
        _must("judge_repeat", Whole, primary_key=True),
        _named("order", key=True),
        _must("key", LargeBinary),
        *(_named(name, nullable=True) for name in ("verdict", "void")),
        Column("explanation", BigInteger, info={"text": True}),
        Column("chat_id", LargeBinary),
        _must("made", Float),
        _must("reused", Boolean),
        Column("seal", Integer),
        sqlite_with_rowid=False,
    )
    Table(
        "measurement",
        tables,
        *(_named(name, key=True) for name in ("run", "metric", "contestant", "prompt")),
        _must("repeat", Whole, primary_key=True),
        _must("key", LargeBinary),
        Column("value", Float),
        _must("error", Name),
        Column("seal", Integer),
        sqlite_with_rowid=False,
    )


def _must(name: str, kind: Any, *, primary_key: bool = False) -> Column[Any]:
    return Column(name, kind, primary_key=primary_key, nullable=False)


def _counted(kind: Any) -> Column[Any]:
    return Column("number", kind, Identity(), primary_key=True, nullable=False)


def _named(name: str, *, key: bool = False, nullable: bool = False) -> Column[Any]:
    """A column of numbers of names."""
    return Column(name, Integer, primary_key=key, nullable=nullable, info={"named": True})
