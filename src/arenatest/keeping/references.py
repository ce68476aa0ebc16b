"""Checks that what records refer to is there, and that no answer stands in two places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, case, func, literal, select

from arenatest.keeping.findings import AGAIN, RESTORE, Finding, Findings
from arenatest.model.record import JUDGED
from arenatest.store import Store, schema
from arenatest.store.names import places_of
from arenatest.store.types import counted, in_words, spelt

_PAGE = 500  # rows read at once
_OURS = re.compile(r"[0-9a-f]{24}|[0-9a-f]{32}")  # those of version 1 were longer
_TEXTS = (
    (schema.generation, schema.generation.c.text),
    (schema.generation, schema.generation.c.reasoning),
    (schema.judgment, schema.judgment.c.explanation),
)
_OF_A_RUN = (
    schema.placed_answer,
    schema.placed_load,
    schema.judgment,
    schema.measurement,
    schema.decision,
)
_CALLS = (schema.placed_answer, schema.placed_load, schema.judgment, schema.replaced)
_TURNS = ("finished", "rerun")  # what closes a run, and what opens it again
_ROLES = {"both": ("answer",), "text": ("answer",), "timing": ("answer", "timing")}


def check_references(store: Store, findings: Findings) -> None:
    """Check what refers to what; nothing is held in memory but what is wrong."""
    with store.reading() as connection:
        for check in (_names, _plans, _lives, _runs, _texts, _calls, _places, _doubles, _halves):
            for finding in check(connection):
                findings.add(finding)
        unused = connection.execute(_unused()).scalar_one()
        left = connection.execute(_left_over()).scalar_one()
    if unused:
        findings.notes.append(
            f"{unused:,} calls that nothing refers to: attempts that failed, calls for warming up, "
            "and what was bought when a run was stopped"
        )
    if left:
        findings.notes.append(
            f"{left:,} records of runs that were pruned are left over: `arenatest prune` was "
            "interrupted, and goes on when it is called again"
        )


def _names(connection: Connection) -> Iterator[Finding]:
    """Yield the numbers that stand for no name: rows of an older arenatest have no seal to tell."""
    known = select(schema.name.c.number)
    for table in schema.metadata.sorted_tables:
        for place in places_of(table):
            number = counted([*table.c][place])
            query = (
                select(number, func.count())
                .where(number.is_not(None), number.not_in(known))
                .group_by(number)
                .order_by(number)
            )
            for one, count in connection.execute(query).all():
                where = f"{count:,} rows of {table.name}, {[*table.c.keys()][place]}"
                yield _missing("name", where, "no such name", f"the name {one}", None)


def _plans(connection: Connection) -> Iterator[Finding]:
    run, plan = schema.run, schema.plan
    query = (
        select(run.c.id, run.c.plan_hash)
        .select_from(run.outerjoin(plan, plan.c.hash == run.c.plan_hash))
        .where(plan.c.hash.is_(None))
    )
    for identity, wanted in connection.execute(query):
        yield _missing("run", f"run {identity}", "no plan", f"the plan {wanted}", identity)


def _lives(connection: Connection) -> Iterator[Finding]:
    """Yield runs that were begun or finished at another time than any of their events says."""
    run, event = schema.run, schema.event
    for kind, column in (("begun", run.c.started), ("finished", run.c.finished)):
        query = (
            select(run.c.id, column, func.max(event.c.at))  # clocks may have been put back
            .select_from(run.join(event, event.c.run == run.c.id))
            .where(event.c.kind == kind, column.is_not(None))
            .group_by(run.c.id, column)
            .having(func.min(func.abs(event.c.at - column)) != 0.0)
        )
        for identity, at, told in connection.execute(query):
            found, expected = (f"{kind} at {moment:.3f}" for moment in (at, told))
            yield _missing("run", f"run {identity}", found, f"{expected}, as its events say", None)
    ends, begins = (func.sum(case((event.c.kind == kind, 1), else_=0)) for kind in _TURNS)
    query = (
        select(run.c.id)
        .select_from(run.join(event, event.c.run == run.c.id))
        .where(run.c.finished.is_(None))
        .group_by(run.c.id)
        .having(ends > begins)
    )
    for identity in connection.execute(query).scalars():
        expected = "one that is finished, as its events say"
        yield _missing("run", f"run {identity}", "a run that goes on", expected, None)


def _runs(connection: Connection) -> Iterator[Finding]:
    """Yield records of runs that are not there; those of pruned ones are left over, no more."""
    for table in _OF_A_RUN:
        run = schema.run
        query = (
            select(table.c.run, func.count())
            .select_from(table.outerjoin(run, run.c.id == _run_of(table)))
            .where(run.c.id.is_(None), _run_of(table).not_in(_pruned()), *_not_kept(table))
            .group_by(table.c.run)
        )
        for identity, count in connection.execute(query):
            where = f"{count:,} rows of {table.name} of the run {identity}"
            yield replace(
                _missing("run", where, "no such run", "their run", None),
                remedy=f"if an import was cut short, import it again; else {AGAIN}",
            )


def _texts(connection: Connection) -> Iterator[Finding]:
    text = schema.text
    for table, said in _TEXTS:
        key = table.c.chat_id if table is schema.generation else table.c.prompt
        query = (
            select(table.c.run, key, said)
            .select_from(table.outerjoin(text, text.c.number == said))
            .where(said.is_not(None), text.c.number.is_(None))
        )
        what = "call" if table is schema.generation else "judgment on"
        for run, name, number in _paged(connection, query):
            where = f"{what} {name} of the run {_short(run)}"
            yield _missing("text", where, "no text", f"the text {number}", run)


def _calls(connection: Connection) -> Iterator[Finding]:
    call = schema.generation
    for table in _CALLS:
        query = (
            select(table.c.run, table.c.chat_id)
            .select_from(table.outerjoin(call, call.c.chat_id == table.c.chat_id))
            .where(table.c.chat_id.is_not(None), call.c.chat_id.is_(None))
        )
        for run, chat_id in _paged(connection, query):
            if table is not schema.judgment or _OURS.fullmatch(chat_id):
                # a judge of a plugin may name calls that it made past us
                where = f"{table.name} of the run {_short(run)}"
                yield _missing("call", where, "no such call", f"the call {chat_id}", run)


def _places(connection: Connection) -> Iterator[Finding]:
    """Yield answers whose place says other things of their call than the call itself."""
    placed, call = schema.placed_answer, schema.generation
    joined = placed.join(call, call.c.chat_id == placed.c.chat_id)
    columns = (placed.c.run, placed.c.contestant, placed.c.prompt, placed.c.purpose)
    for purpose, roles in _ROLES.items():
        query = (
            select(*columns, placed.c.attempts, call.c.attempt, call.c.role)
            .select_from(joined)
            .where(placed.c.purpose == purpose)
            .where((placed.c.attempts != call.c.attempt) | call.c.role.not_in(roles))
        )
        for run, who, prompt, _, attempts, attempt, role in _paged(connection, query):
            where = f"answer of {who} on {prompt} in the run {_short(run)} ({purpose})"
            found = f"a call for {role}, attempt {attempt}"
            expected = f"one for {' or '.join(roles)}, attempt {attempts}"
            yield _missing("place", where, found, expected, run)
    strange = select(*columns).where(placed.c.purpose.not_in(tuple(_ROLES)))
    for run, who, prompt, purpose in _paged(connection, strange):
        where = f"answer of {who} on {prompt} in the run {_short(run)}"
        yield _missing("place", where, f"the purpose {purpose!r}", "text, timing or both", run)


def _doubles(connection: Connection) -> Iterator[Finding]:
    """Yield calls whose answer counts twice; of an imported run, several votes may be on one."""
    placed, run = schema.placed_answer, schema.run
    query = (
        select(placed.c.run, placed.c.chat_id, func.count())
        .select_from(placed.join(run, run.c.id == spelt(placed.c.run)))
        .where(placed.c.purpose.in_(JUDGED), run.c.source.is_(None))
        .group_by(placed.c.run, placed.c.chat_id)
        .having(func.count() > 1)
    )
    for run, chat_id, count in _paged(connection, query):
        where = f"call {chat_id} in the run {_short(run)}"
        yield _missing("double", where, f"the answer of {count} places", "that of one", run)


def _halves(connection: Connection) -> Iterator[Finding]:
    run = schema.run
    query = select(run.c.id, run.c.source).where(
        run.c.source.is_not(None), run.c.finished.is_(None)
    )
    for identity, source in connection.execute(query):
        yield Finding(
            kind="import",
            where=f"run {identity} imported from {source}",
            found="the beginning of it",
            expected="all of it",
            remedy="import it again: what is there is kept",
        )


def _unused() -> Select[Any]:
    """Count the calls that stand nowhere."""
    call = schema.generation
    used = [
        call.c.chat_id.not_in(select(table.c.chat_id).where(table.c.chat_id.is_not(None)))
        for table in _CALLS
    ]
    return select(func.count()).select_from(call).where(call.c.attempt > 0, *used)


def _left_over() -> Select[Any]:
    """Count what is left of runs that were pruned, but for what others refer to."""
    counts = []
    for table in _OF_A_RUN:
        there = select(schema.run.c.id)
        gone = _run_of(table).in_(_pruned()) & _run_of(table).not_in(there)
        counts.append(
            select(func.count()).select_from(table).where(gone, *_not_kept(table)).scalar_subquery()
        )
    return select(sum(counts, start=literal(0)))


def _run_of(table: Table) -> ColumnElement[str]:
    (run,) = in_words([table.c.run])
    return run


def _pruned() -> Select[Any]:
    return select(schema.event.c.run).where(schema.event.c.kind == "pruned")


def _not_kept(table: Table) -> tuple[ColumnElement[bool], ...]:
    """Return what leaves out golden games: later ones are compared with those of pruned runs."""
    return (table.c.candidate != "",) if table is schema.judgment else ()


def _paged(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    yield from connection.execute(query.execution_options(yield_per=_PAGE))


def _short(run: str | None) -> str:
    """Return the beginning of a run's id, which may be a name that is gone."""
    return "?" if run is None else run[:8]


def _missing(kind: str, where: str, found: str, expected: str, run: str | None) -> Finding:
    remedy = AGAIN if run is None else RESTORE.format(run=run[:8])
    return Finding(kind=kind, where=where, found=found, expected=expected, remedy=remedy)
