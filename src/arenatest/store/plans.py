"""Plans in the store: their bodies, the prompts that these refer to, and who takes part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select, update

from arenatest.errors import StoreError
from arenatest.model.plan import Contestant, JudgeSeat, Plan
from arenatest.store import schema
from arenatest.store.codec import (
    PackedText,
    cell_from_text,
    described,
    plan_from_bytes,
    plan_to_bytes,
)
from arenatest.store.rows import insert_once

_CHUNK = 500  # digests a statement: SQLite may be built for 999 variables


def write_plan(connection: Connection, plan: Plan) -> None:
    """Store a plan once, with the latest of what its hash leaves out: path, description, prices."""
    table = schema.plan
    body, prompts = plan_to_bytes(plan)
    stored = select(table.c.body).where(table.c.hash == plan.hash)
    before = connection.execute(stored).scalar()
    if before == body:
        return
    insert_once(connection, schema.prompt, sorted(prompts.values()))
    insert_once(connection, table, [(plan.hash, body)])
    if before is not None:
        connection.execute(update(table).where(table.c.hash == plan.hash).values(body=body))
    seats = list(_seats(plan))
    fingerprints = {
        who.fingerprint: (
            cell_from_text(who.fingerprint),
            cell_from_text(who.kind),
            name,
            described(who),
        )
        for _, name, who in seats
    }
    insert_once(connection, schema.fingerprint, sorted(fingerprints.values()))
    rows = [(plan.hash, role, name, cell_from_text(who.fingerprint)) for role, name, who in seats]
    insert_once(connection, schema.contestant, sorted(rows))


def read_plan(connection: Connection, plan_hash: str) -> Plan:
    """Return a plan; an unknown one is an error."""
    table = schema.plan
    body = connection.execute(select(table.c.body).where(table.c.hash == plan_hash)).scalar()
    if body is None:
        message = f"the store holds no plan {plan_hash!r}"
        raise StoreError(message)

    def fetch(digests: Sequence[bytes]) -> dict[bytes, PackedText]:
        found = _prompts(connection, digests)
        if missing := len(set(digests)) - len(found):
            message = f"the store lacks {missing} of the prompts of plan {plan_hash!r}"
            raise StoreError(message)
        return found

    return plan_from_bytes(body, fetch)


def _prompts(connection: Connection, digests: Sequence[bytes]) -> dict[bytes, PackedText]:
    table = schema.prompt
    found = {}
    for start in range(0, len(digests), _CHUNK):
        query = select(*table.c).where(table.c.sha.in_(digests[start : start + _CHUNK]))
        for row in connection.execute(query):
            found[row.sha] = PackedText(*row)
    return found


def _seats(plan: Plan) -> Iterator[tuple[str, str, Contestant | JudgeSeat]]:
    """Yield who takes part: role, name as a cell, and the value."""
    yield "baseline", cell_from_text(plan.baseline.name), plan.baseline
    for candidate in plan.candidates:
        yield "candidate", cell_from_text(candidate.name), candidate
    for judge in plan.judges:
        yield "judge", cell_from_text(judge.name), judge
