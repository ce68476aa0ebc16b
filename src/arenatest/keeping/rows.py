"""Checks every record against its seal, row by row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Table, select

from arenatest.keeping.findings import AGAIN, RESTORE, Finding, Findings
from arenatest.store import Store, schema
from arenatest.store.ids import id_from_bytes
from arenatest.store.names import Spelling, places_of
from arenatest.store.schema import SEAL
from arenatest.store.seals import raw_columns, sealer

_PAGE = 500  # rows read at once
_KINDS = {
    "generation": "calls",
    "placed_answer": "answers",
    "placed_load": "requests under load",
    "judgment": "judgments",
    "measurement": "values of metrics",
}


def check_seals(store: Store, findings: Findings) -> None:
    """Check all rows that have a seal; those from before there were seals are counted."""
    event, unsealed = schema.event, 0
    begun = select(event.c.run).where(event.c.kind == "begun")  # older runs know no events
    with store.reading() as connection:
        sealed = frozenset(connection.execute(begun).scalars())
    for table in schema.metadata.sorted_tables:
        if SEAL in table.c:
            unsealed += _check(store, table, sealed, findings)
    if unsealed:
        findings.notes.append(f"{unsealed:,} records bear no seal: what only it tells is unknown")


def _check(store: Store, table: Table, sealed: Collection[str], findings: Findings) -> int:
    """Check one table; return how many rows have no seal, and are of runs that had none."""
    seal_of, what, unsealed = sealer(table), _KINDS[table.name], 0
    at_run, places = table.c.keys().index("run"), places_of(table)
    query = select(*raw_columns(table)).execution_options(yield_per=_PAGE)
    with store.reading() as connection:
        spelling = Spelling(connection)
        for *row, seal in connection.execute(query):
            for place in places:
                row[place] = spelling[row[place]]
            findings.looked[what] += 1
            if seal is None and row[at_run] not in sealed:
                unsealed += 1
                continue
            try:
                found = seal_of(row)
            except (TypeError, ValueError, AttributeError):  # a number that is none
                found = None
            if found != seal:
                findings.add(_finding(table, what, row, found, seal))
    return unsealed


def _finding(
    table: Table, what: str, row: Sequence[Any], found: int | None, seal: object
) -> Finding:
    keys = [column.name for column in table.primary_key]
    values = {name: _shown(one) for name, one in zip(table.c.keys(), row, strict=False)}
    run = values["run"]
    place = " ".join(str(values[key]) for key in keys if values[key] != "")
    where = f"{what}: {place}"
    if table is schema.generation:
        where += f" of {values['owner']} on {values['prompt']}"
    remedy = AGAIN if run is None else RESTORE.format(run=str(run)[:8])
    shown = "values that are none" if found is None else f"values with the seal {_hex(found)}"
    expected = f"the seal {_hex(seal)}" if isinstance(seal, int) else "a row with a seal"
    return Finding(kind=table.name, where=where, found=shown, expected=expected, remedy=remedy)


def _shown(value: Any) -> Any:
    """Return a value for people: an id as it is written, if it still is one."""
    try:
        return id_from_bytes(value) if isinstance(value, bytes) else value
    except ValueError:
        return value.hex()


def _hex(seal: int) -> str:
    return f"{seal & 0xFFFFFFFF:08x}"
