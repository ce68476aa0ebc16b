"""The tables of the store, in SQLAlchemy's dialect-neutral types.

There are no foreign keys: records arrive in any order, from several processes, and are joined by
content. Each distinct text is kept once, in ``text``, each distinct prompt in ``prompt``, where the
bodies of plans refer to it; an empty text is a NULL digest.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy import event as sql_event
from sqlalchemy import text as sql_text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from arenatest.store.codec import cell_from_text, text_from_cell

SEAL = "seal"
"""The column of a seal, the last of its table; NULL in rows written without one."""

SCHEMA_VERSION = 2
"""Raised whenever an older arenatest could misread what this one writes."""

metadata = MetaData()

# Both databases put strings in the order of their code points: what is summed up in order, or shown
# in it, is the same on both.
Name = String().with_variant(String(collation="C"), "postgresql")
Body = Text().with_variant(Text(collation="C"), "postgresql")
Whole = Integer().with_variant(BigInteger(), "postgresql")


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


def _must(name: str, kind: Any, *, primary_key: bool = False) -> Column[Any]:
    return Column(name, kind, primary_key=primary_key, nullable=False)


def _seal() -> Column[Any]:
    """The checksum of what stands before it (``seals``), in the tables of evidence."""
    return Column(SEAL, BigInteger)


def _key(name: str, kind: Any) -> Column[Any]:
    return _must(name, kind, primary_key=True)


meta = Table("meta", metadata, _key("name", Name), _must("value", Name))

plan = Table("plan", metadata, _key("hash", Name), _must("body", LargeBinary))

prompt = Table(
    "prompt",
    metadata,
    _key("sha", LargeBinary(32)),
    _must("compressed", Boolean),
    _must("body", LargeBinary),
)

fingerprint = Table(
    "fingerprint",
    metadata,
    _key("hash", Name),
    _must("kind", Cell),
    Column("name", Cell),
    _must("body", Body),
)

contestant = Table(
    "contestant",
    metadata,
    _key("plan_hash", Name),
    _key("role", Name),
    _key("name", Cell),
    Column("fingerprint", Name, nullable=False, index=True),
    sqlite_with_rowid=False,
)

run = Table(
    "run",
    metadata,
    _key("id", Name),
    Column("session", Name, nullable=False, index=True),
    Column("plan_hash", Name, nullable=False, index=True),
    _must("started", Float),
    Column("finished", Float),
    _must("attempt", Whole),
    Column("stopped", Body),
    _must("versions", Body),
    Column("commit", Name, index=True),
    Column("source", Name),
    Column("reuses_from", Float),
)

event = Table(
    "event",
    metadata,
    _key("id", Name),
    Column("run", Name, nullable=False, index=True),
    _must("at", Float),
    _must("kind", Name),
    _must("body", Body),
)

text = Table(
    "text",
    metadata,
    _key("sha", LargeBinary(32)),
    _must("compressed", Boolean),
    _must("body", LargeBinary),
)

generation = Table(
    "generation",
    metadata,
    _key("chat_id", Cell),
    Column("run", Name, nullable=False, index=True),
    _must("role", Name),
    _must("owner", Cell),
    _must("key", Name),
    _must("prompt", Cell),
    _must("repeat", Whole),
    _must("attempt", Whole),
    _must("final", Boolean),
    _must("started", Float),
    Column("cost", Float),
    Column("text", LargeBinary(32)),
    Column("reasoning", LargeBinary(32)),
    Column("finish", Cell),
    Column("model", Cell),
    Column("request_id", Cell),
    Column("response_id", Cell),
    _must("has_usage", Boolean),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("reasoning_tokens", BigInteger),
    Column("cached_tokens", BigInteger),
    Column("failure", Name),
    Column("failure_message", Cell),
    Column("failure_status", Whole),
    Column("failure_retryable", Boolean),
    Column("failure_retry_after", Float),
    Column("timing", Name),
    Column("queue_wait", Float),
    Column("connect", Float),
    Column("ttfb", Float),
    Column("ttft", Float),
    Column("ttfat", Float),
    Column("tpot", Float),
    Column("e2e", Float),
    Column("wall", Float),
    Column("icl", Float),
    Column("reads", Whole),
    Column("connection_reused", Boolean),
    Column("held", Float),
    Column("lag", Float),
    Column("stream_lag", Float),
    Column("server", Float),
    Column("server_queue", Float),
    Column("load", Float),
    Column("gaps", LargeBinary),  # a read that stops before it never touches its pages
    _seal(),
)

REUSABLE = sql_text("generation.role = 'answer'")
"""The condition of the index below, spelt out where it is to be used."""

Index(
    "ix_generation_answer_key",
    generation.c.key,
    sqlite_where=sql_text("role = 'answer'"),
).ddl_if(dialect="sqlite")
_PARTIAL = DDL(  # type: ignore[no-untyped-call]
    "CREATE INDEX ix_generation_answer_key ON generation (key) WHERE role = 'answer'"
)
# Not as postgresql_where, which would import that dialect into every run.
sql_event.listen(generation, "after_create", _PARTIAL.execute_if(dialect="postgresql"))

placed_answer = Table(
    "placed_answer",
    metadata,
    _key("run", Name),
    _key("contestant", Cell),
    _key("prompt", Cell),
    _key("repeat", Whole),
    _key("purpose", Name),
    _must("chat_id", Cell),
    _must("attempts", Whole),
    _must("reused", Boolean),
    Column("level", Cell),
    _seal(),
    sqlite_with_rowid=False,
)

placed_load = Table(
    "placed_load",
    metadata,
    _key("run", Name),
    _key("contestant", Cell),
    _key("level", Float),
    _key("number", Whole),
    _must("chat_id", Cell),
    _must("due", Float),
    _seal(),
    sqlite_with_rowid=False,
)

judgment = Table(
    "judgment",
    metadata,
    _key("run", Name),
    _key("candidate", Cell),
    _key("prompt", Cell),
    _key("repeat", Whole),
    _key("judge", Cell),
    _key("judge_repeat", Whole),
    _key("order", Name),
    Column("key", Name, nullable=False, index=True),
    Column("verdict", Name),
    Column("void", Name),
    Column("explanation", LargeBinary(32)),
    Column("chat_id", Cell),
    _must("made", Float),
    _must("reused", Boolean),
    _seal(),
    sqlite_with_rowid=False,
)

measurement = Table(
    "measurement",
    metadata,
    _key("run", Name),
    _key("metric", Cell),
    _key("contestant", Cell),
    _key("prompt", Cell),
    _key("repeat", Whole),
    Column("key", Name, nullable=False, index=True),
    Column("value", Float),
    _must("error", Cell),
    _seal(),
    sqlite_with_rowid=False,
)

decision = Table(
    "decision",
    metadata,
    _key("run", Name),
    _key("candidate", Cell),
    _key("gate", Cell),
    _must("body", Body),
    sqlite_with_rowid=False,
)

replaced = Table(
    "replaced",
    metadata,
    _key("event", Name),
    _key("kind", Name),
    _key("place", Body),
    Column("run", Name, nullable=False, index=True),
    _must("at", Float),
    Column("chat_id", Cell),
    _must("body", Body),
    sqlite_with_rowid=False,
)
