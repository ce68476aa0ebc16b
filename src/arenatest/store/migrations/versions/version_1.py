"""The tables of version 1, as they were: what version 2 starts from."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    inspect,
)
from sqlalchemy import text as sql_text

revision = "1"
down_revision = None

Name = String().with_variant(String(collation="C"), "postgresql")
Body = Text().with_variant(Text(collation="C"), "postgresql")
Whole = Integer().with_variant(BigInteger(), "postgresql")
metadata = MetaData()


def upgrade() -> None:
    """Make them all."""
    metadata.create_all(op.get_bind())
    _make_partial_index()


def complete() -> None:
    """Add what an early version 1 did not know yet: it may be empty."""
    found = inspect(op.get_bind())
    known = {
        table: {column["name"] for column in found.get_columns(table)}
        for table in found.get_table_names()
    }
    for table in metadata.sorted_tables:
        if table.name not in known:
            table.create(op.get_bind())
            continue
        for column in table.c:
            if column.name not in known[table.name]:
                op.add_column(table.name, Column(column.name, column.type))


def _make_partial_index() -> None:
    where = sql_text("role = 'answer'")
    op.create_index(
        "ix_generation_answer_key",
        "generation",
        ["key"],
        sqlite_where=where,
        postgresql_where=where,
    )


def _must(name: str, kind: Any, *, primary_key: bool = False) -> Column[Any]:
    return Column(name, kind, primary_key=primary_key, nullable=False)


def _key(name: str, kind: Any) -> Column[Any]:
    return _must(name, kind, primary_key=True)


Table("meta", metadata, _key("name", Name), _must("value", Name))

Table("plan", metadata, _key("hash", Name), _must("body", LargeBinary))

Table(
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
)

Table(
    "text",
    metadata,
    _key("sha", LargeBinary(32)),
    _must("compressed", Boolean),
    _must("body", LargeBinary),
)

Table(
    "generation",
    metadata,
    _key("chat_id", Name),
    Column("run", Name, nullable=False, index=True),
    _must("role", Name),
    _must("owner", Name),
    _must("key", Name),
    _must("prompt", Name),
    _must("repeat", Whole),
    _must("attempt", Whole),
    _must("final", Boolean),
    _must("started", Float),
    Column("cost", Float),
    Column("text", LargeBinary(32)),
    Column("reasoning", LargeBinary(32)),
    Column("finish", Name),
    Column("model", Name),
    Column("request_id", Name),
    Column("response_id", Name),
    _must("has_usage", Boolean),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("reasoning_tokens", BigInteger),
    Column("cached_tokens", BigInteger),
    Column("failure", Name),
    Column("failure_message", Name),
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
    Column("gaps", LargeBinary),
)

Table(
    "placed_answer",
    metadata,
    _key("run", Name),
    _key("contestant", Name),
    _key("prompt", Name),
    _key("repeat", Whole),
    _key("purpose", Name),
    _must("chat_id", Name),
    _must("attempts", Whole),
    _must("reused", Boolean),
    Column("level", Name),
    sqlite_with_rowid=False,
)

Table(
    "placed_load",
    metadata,
    _key("run", Name),
    _key("contestant", Name),
    _key("level", Float),
    _key("number", Whole),
    _must("chat_id", Name),
    _must("due", Float),
    sqlite_with_rowid=False,
)

Table(
    "judgment",
    metadata,
    _key("run", Name),
    _key("candidate", Name),
    _key("prompt", Name),
    _key("repeat", Whole),
    _key("judge", Name),
    _key("judge_repeat", Whole),
    _key("order", Name),
    Column("key", Name, nullable=False, index=True),
    Column("verdict", Name),
    Column("void", Name),
    Column("explanation", LargeBinary(32)),
    Column("chat_id", Name),
    _must("made", Float),
    _must("reused", Boolean),
    sqlite_with_rowid=False,
)

Table(
    "measurement",
    metadata,
    _key("run", Name),
    _key("metric", Name),
    _key("contestant", Name),
    _key("prompt", Name),
    _key("repeat", Whole),
    Column("key", Name, nullable=False, index=True),
    Column("value", Float),
    _must("error", Name),
    sqlite_with_rowid=False,
)

Table(
    "decision",
    metadata,
    _key("run", Name),
    _key("candidate", Name),
    _key("gate", Name),
    _must("body", Body),
    sqlite_with_rowid=False,
)
