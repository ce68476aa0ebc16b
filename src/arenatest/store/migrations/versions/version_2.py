"""Version 2: prompts stand apart from plans; events, commits, seals, and who takes part.

What many rows repeat stands once, by number, ids and digests take half, clocks are microseconds:
tables of evidence are made anew and copied. The formats of texts and cells have been the same in
all versions so far.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alembic import op
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)

from arenatest.store.codec import PackedText, cell_from_text, pack_text
from arenatest.store.migrations.narrowing import narrow
from arenatest.store.migrations.versions import version_1

revision = "2"
down_revision = "1"

Name = String().with_variant(String(collation="C"), "postgresql")
Body = Text().with_variant(Text(collation="C"), "postgresql")

_TOLD = ("settings", "system", "template", "rubric", "parts")


def upgrade() -> None:
    """Make the new tables and columns, and fill them from the old ones and from the plans."""
    version_1.complete()
    tables = MetaData()
    _define_plans(tables)
    _define_events(tables)
    connection = op.get_bind()
    tables.create_all(connection)
    op.add_column("run", Column("commit", Name))
    op.add_column("run", Column("source", Name))
    op.add_column("run", Column("reuses_from", Float))
    op.create_index("ix_run_commit", "run", ["commit"])
    _split_plans(connection, tables)
    narrow(connection)


def _define_plans(tables: MetaData) -> None:
    Table(
        "prompt",
        tables,
        _key("sha", LargeBinary(32)),
        Column("compressed", Boolean, nullable=False),
        Column("body", LargeBinary, nullable=False),
    )
    Table(
        "fingerprint",
        tables,
        _key("hash", Name),
        Column("kind", Name, nullable=False),
        Column("name", Name),
        Column("body", Body, nullable=False),
    )
    Table(
        "contestant",
        tables,
        _key("plan_hash", Name),
        _key("role", Name),
        _key("name", Name),
        Column("fingerprint", Name, nullable=False, index=True),
        sqlite_with_rowid=False,
    )


def _define_events(tables: MetaData) -> None:
    Table(
        "event",
        tables,
        _key("id", Name),
        Column("run", Name, nullable=False, index=True),
        Column("at", Float, nullable=False),
        Column("kind", Name, nullable=False),
        Column("body", Body, nullable=False),
    )
    Table(
        "replaced",
        tables,
        _key("event", Name),
        _key("kind", Name),
        _key("place", Body),
        Column("run", Name, nullable=False, index=True),
        Column("at", Float, nullable=False),
        Column("chat_id", LargeBinary),
        Column("body", Body, nullable=False),
        sqlite_with_rowid=False,
    )


def _key(name: str, kind: Any) -> Column[Any]:
    return Column(name, kind, primary_key=True, nullable=False)


def _split_plans(connection: Connection, tables: MetaData) -> None:
    """Take the prompts out of each plan's body, one plan at a time, and note who takes part."""
    plan = version_1.metadata.tables["plan"]
    for plan_hash in connection.execute(select(plan.c.hash).order_by(plan.c.hash)).scalars().all():
        mine = plan.c.hash == plan_hash
        body = connection.execute(select(plan.c.body).where(mine)).scalar_one()
        raw = json.loads(zlib.decompress(body))
        prompts: dict[bytes, PackedText] = {}
        raw["prompts"] = [_referred(prompt, prompts) for prompt in raw["prompts"]]
        for battle in raw.get("golden", ()):
            battle["prompt"] = _referred(battle["prompt"], prompts)
        _insert(connection, tables.tables["prompt"], [*prompts.values()])
        changed = zlib.compress(_dumps(raw).encode(), 1)
        connection.execute(update(plan).where(mine).values(body=changed))
        seats = [*_seats(raw)]
        told = [
            (who["fingerprint"], cell_from_text(who["kind"]), name, _told(who))
            for _, name, who in seats
        ]
        _insert(connection, tables.tables["fingerprint"], told)
        rows = [(plan_hash, role, name, who["fingerprint"]) for role, name, who in seats]
        _insert(connection, tables.tables["contestant"], rows)


def _referred(prompt: Mapping[str, Any], found: dict[bytes, PackedText]) -> str:
    packed = pack_text(_dumps(prompt))
    found[packed.sha] = packed
    return packed.sha.hex()


def _seats(raw: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield who takes part: role, name as a cell, and the rest."""
    yield "baseline", cell_from_text(raw["baseline"]["name"]), raw["baseline"]
    for candidate in raw["candidates"]:
        yield "candidate", cell_from_text(candidate["name"]), candidate
    for judge in raw["judges"]:
        yield "judge", cell_from_text(judge["name"]), judge


def _told(who: Mapping[str, Any]) -> str:
    return _dumps({name: who[name] for name in _TOLD if who.get(name)})


def _insert(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert what is not there yet; both databases spell that alike."""
    if rows:
        once = f"{insert(table).compile(dialect=connection.dialect)} ON CONFLICT DO NOTHING"
        connection.exec_driver_sql(once, [*rows])


def _dumps(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
