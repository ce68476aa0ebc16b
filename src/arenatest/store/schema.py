"""The tables of the store, in SQLAlchemy's dialect-neutral types.

There are no foreign keys: records arrive in any order, from several processes, and are joined by
content. Each distinct text is kept once, in ``text``, each distinct prompt in ``prompt``, where the
bodies of plans refer to it. Records hold the number of a text; an empty one has none: NULL.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    Float,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
)
from sqlalchemy import event as sql_event
from sqlalchemy import text as sql_text

from arenatest.store.types import (
    Body,
    Cell,
    Counter,
    Id,
    Name,
    Named,
    Said,
    Seconds,
    ServerId,
    Whole,
    head,
)

SEAL = "seal"
"""The column of a seal, the last of its table; NULL in rows written without one."""

SCHEMA_VERSION = 2
"""Raised whenever an older arenatest could misread what this one writes."""

DIGEST = 16
"""Bytes of the digest of a text: of a SHA-256 as many as ids of content have."""

WORDS = (
    *("answer", "both", "judge", "load", "text", "timing", "warmup"),
    *("baseline-first", "candidate-first"),
)
"""The first names, numbered from 1: an index needs the first.

Of purposes ``both`` comes first, and is read before what is for one alone, which counts instead.
"""

metadata = MetaData()


def _must(name: str, kind: Any, *, primary_key: bool = False) -> Column[Any]:
    return Column(name, kind, primary_key=primary_key, nullable=False)


def _seal() -> Column[Any]:
    """The checksum of what stands before it (``seals``), in the tables of evidence."""
    return Column(SEAL, Integer)


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


def _counted(kind: Any) -> Column[Any]:
    """A key that the database counts up: whoever may insert rows needs no right on a sequence."""
    return Column("number", kind, Identity(), primary_key=True, nullable=False)


name = Table("name", metadata, _counted(Integer), Column("text", Cell, nullable=False, unique=True))
"""What the columns of the tables below that are ``Named`` hold the numbers of."""


text = Table(
    "text",
    metadata,
    _counted(Counter),
    Column("sha", LargeBinary(DIGEST), nullable=False, unique=True),
    _must("compressed", Boolean),
    _must("body", LargeBinary),
)

generation = Table(
    "generation",
    metadata,
    _key("chat_id", Id),
    Column("run", Named, nullable=False, index=True),
    _must("role", Named),
    _must("owner", Named),
    _must("key", Id),
    _must("prompt", Named),
    _must("repeat", Whole),
    _must("attempt", Whole),
    _must("final", Boolean),
    _must("started", Float),
    Column("cost", Float),
    Column("text", Said),
    Column("reasoning", Said),
    Column("finish", Named),
    Column("model", Named),
    Column("request_id", ServerId),
    Column("response_id", ServerId),
    _must("has_usage", Boolean),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("reasoning_tokens", BigInteger),
    Column("cached_tokens", BigInteger),
    Column("failure", Named),
    Column("failure_message", Cell),
    Column("failure_status", Whole),
    Column("failure_retryable", Boolean),
    Column("failure_retry_after", Seconds),
    Column("timing", Named),
    Column("queue_wait", Seconds),
    Column("connect", Seconds),
    Column("ttfb", Seconds),
    Column("ttft", Seconds),
    Column("ttfat", Seconds),
    Column("tpot", Seconds),
    Column("e2e", Seconds),
    Column("wall", Seconds),
    Column("icl", Seconds),
    Column("reads", Whole),
    Column("connection_reused", Boolean),
    Column("held", Seconds),
    Column("lag", Seconds),
    Column("stream_lag", Seconds),
    Column("server", Seconds),
    Column("server_queue", Seconds),
    Column("load", Seconds),
    Column("gaps", LargeBinary),  # a read that stops before it never touches its pages
    _seal(),
)

REUSABLE = sql_text("generation.role = 1")
"""The condition of the index below, spelt out where it is to be used."""

Index(
    "ix_generation_answer_key",
    head(generation.c.key),
    sqlite_where=sql_text("role = 1"),
).ddl_if(dialect="sqlite")
# Of the whole key: PostgreSQL takes no statistics of an expression from a partial index, supposes
# that few keys are most of the table, and reads all of it. Nor is it postgresql_where, which would
# import that dialect into every run.
_PARTIAL = DDL(  # type: ignore[no-untyped-call]
    "CREATE INDEX ix_generation_answer_key ON generation (key) WHERE role = 1"
)
sql_event.listen(generation, "after_create", _PARTIAL.execute_if(dialect="postgresql"))

placed_answer = Table(
    "placed_answer",
    metadata,
    _key("run", Named),
    _key("contestant", Named),
    _key("prompt", Named),
    _key("repeat", Whole),
    _key("purpose", Named),
    _must("chat_id", Id),
    _must("attempts", Whole),
    _must("reused", Boolean),
    Column("level", Named),
    _seal(),
    sqlite_with_rowid=False,
)

placed_load = Table(
    "placed_load",
    metadata,
    _key("run", Named),
    _key("contestant", Named),
    _key("level", Float),
    _key("number", Whole),
    _must("chat_id", Id),
    _must("due", Seconds),
    _seal(),
    sqlite_with_rowid=False,
)

judgment = Table(
    "judgment",
    metadata,
    _key("run", Named),
    _key("candidate", Named),
    _key("prompt", Named),
    _key("repeat", Whole),
    _key("judge", Named),
    _key("judge_repeat", Whole),
    _key("order", Named),
    _must("key", Id),
    Column("verdict", Named),
    Column("void", Named),
    Column("explanation", Said),
    Column("chat_id", Id),
    _must("made", Float),
    _must("reused", Boolean),
    _seal(),
    sqlite_with_rowid=False,
)

Index("ix_judgment_key", head(judgment.c.key))

measurement = Table(
    "measurement",
    metadata,
    _key("run", Named),
    _key("metric", Named),
    _key("contestant", Named),
    _key("prompt", Named),
    _key("repeat", Whole),
    _must("key", Id),
    Column("value", Float),
    _must("error", Cell),
    _seal(),
    sqlite_with_rowid=False,
)

Index("ix_measurement_key", head(measurement.c.key))

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
    Column("chat_id", Id),
    _must("body", Body),
    sqlite_with_rowid=False,
)
