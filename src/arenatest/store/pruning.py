"""Takes runs out of the store, and with them all that nobody else refers to.

A run goes with its row, in one transaction: from then on nobody finds it. What it leaves is swept
in small transactions, so that whoever runs a suite on the same store never waits long; a sweep that
is cut short leaves nothing that anybody reads, and the next one takes it.

Another run may have read an answer and not yet written that it uses it. It uses none that is older
than the time it began to reuse from, so that calls from then on are left where they are while it
goes on. What it has written is looked for again in the transaction that deletes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    delete,
    false,
    not_,
    or_,
    select,
    true,
    tuple_,
)

from arenatest.model.health import GOLDEN
from arenatest.model.record import Event, Run
from arenatest.store import schema
from arenatest.store.codec import prompts_of
from arenatest.store.events import tell
from arenatest.store.rows import run_from_row
from arenatest.store.store import Store
from arenatest.store.types import Named, numbers
from arenatest.store.upkeep import lock_out_writers

PRUNED = "pruned"
"""The kind of the event that a run leaves."""

_CHUNK = 500  # rows a transaction
_PASS = 100_000  # rows that are looked for at once
_OF_A_RUN = (
    schema.placed_answer,
    schema.placed_load,
    schema.judgment,
    schema.measurement,
    schema.decision,
    schema.replaced,
)
_REFERRING = (schema.placed_answer, schema.placed_load, schema.judgment, schema.replaced)
_HOLDING = (
    schema.generation.c.text,
    schema.generation.c.reasoning,
    schema.judgment.c.explanation,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """How many records went."""

    calls: int = 0
    texts: int = 0
    plans: int = 0
    prompts: int = 0

    def __add__(self, other: Swept) -> Swept:
        return Swept(
            calls=self.calls + other.calls,
            texts=self.texts + other.texts,
            plans=self.plans + other.plans,
            prompts=self.prompts + other.prompts,
        )


Dead = frozenset[tuple[str, str]]
"""Open runs that nobody goes on with: their ids, with the session that has left them."""


def take_away(store: Store, run: Run, event: Event, *, ends: float, dead: Dead) -> bool:
    """Take a run out of the store; return whether it is gone.

    It stays where it was continued meanwhile, or where a run that goes on may use its answers.

    Args:
        store: Which one.
        run: As it was when it was chosen.
        event: What is to stand for it.
        ends: Wall clock of what it did last, seconds since 1970.
        dead: Which open runs use nothing.
    """
    table = schema.run
    with store.writing() as connection:
        lock_out_writers(connection, table)
        found = connection.execute(select(*table.c).where(table.c.id == run.id)).one_or_none()
        if found is None or run_from_row(found) != run:
            return False
        horizon = reused_from(connection, dead)
        if horizon is not None and ends >= horizon:
            return False
        connection.execute(delete(table).where(table.c.id == run.id))
        tell(connection, event)
    return True


def reused_from(connection: Connection, dead: Dead) -> float | None:
    """Return from when on runs that go on may use what others bought; None where none does.

    A run that somebody has taken up again since it was found dead has another session.
    """
    table = schema.run
    query = select(table.c.id, table.c.session, table.c.reuses_from)
    open_ = query.where(table.c.finished.is_(None), table.c.source.is_(None))
    return min(
        (
            since or 0.0
            for run, session, since in connection.execute(open_)
            if (run, session) not in dead
        ),
        default=None,
    )


def sweep(store: Store, taking: Callable[[str], Any], dead: Dead) -> Swept:
    """Delete all that runs which were taken away leave, and nobody refers to.

    Args:
        store: Which one.
        taking: Returns a context that holds the lock of a plan, and says whether it does.
        dead: Which open runs use nothing.
    """
    for table in _OF_A_RUN:
        _sweep_rows(store, table)
    still_unused = partial(_still_unused, dead)
    calls = _sweep_ids(store, schema.generation.c.chat_id, _unused_calls, still_unused)
    texts = _sweep_ids(store, schema.text.c.number, _unused_texts, _still_unheld)
    plans = _sweep_plans(store, taking)
    return Swept(calls=calls, texts=texts, plans=plans, prompts=_sweep_prompts(store))


def _sweep_rows(store: Store, table: Table) -> None:
    """Delete a table's rows of runs that are gone."""
    keys = tuple_(*table.primary_key)
    doomed = select(*table.primary_key).where(_of_gone(table), _is_spent(table)).limit(_CHUNK)
    gone = 1
    while gone:
        with store.writing() as connection:
            gone = connection.execute(delete(table).where(keys.in_(doomed))).rowcount


def _of_gone(table: Table) -> ColumnElement[bool]:
    """Whether a row is of a run that was taken away."""
    event = schema.event
    pruned = select(event.c.run).where(event.c.kind == PRUNED)
    gone = pruned.where(event.c.run.not_in(select(schema.run.c.id)))
    named = isinstance(table.c.run.type, Named)
    return table.c.run.in_(numbers(gone) if named else gone)


def _is_spent(table: Table) -> ColumnElement[bool]:
    """Whether no other run reads a row: those with a golden set compare it with earlier ones."""
    if table is not schema.judgment:
        return true()
    other = schema.judgment.alias("other")
    there = other.c.run.in_(numbers(select(schema.run.c.id)))
    compared = select(other.c.key).where(other.c.candidate == GOLDEN, there)
    return or_(table.c.candidate != GOLDEN, table.c.reused == true(), table.c.key.not_in(compared))


def _unused_calls() -> Select[Any]:
    call = schema.generation
    used = [
        call.c.chat_id.not_in(select(table.c.chat_id).where(table.c.chat_id.is_not(None)))
        for table in _REFERRING
    ]
    return select(call.c.chat_id).where(_of_gone(call), *used)


def _still_unused(dead: Dead, connection: Connection, since: _Settled) -> ColumnElement[bool]:
    """Whether nobody has come to use a call since it was looked for, or may yet."""
    call = schema.generation
    lock_out_writers(connection, schema.run, schema.placed_answer)  # and whoever begins a run
    going_on = since.others(connection)
    used = [
        call.c.chat_id.in_(
            select(table.c.chat_id).where(table.c.run.in_(going_on), table.c.chat_id.is_not(None))
        )
        for table in _REFERRING
    ]
    horizon = reused_from(connection, dead)
    fresh = false() if horizon is None else call.c.started >= horizon
    return not_(or_(fresh, *(used if going_on else ())))


def _unused_texts() -> Select[Any]:
    number = schema.text.c.number
    held = [number.not_in(select(column).where(column.is_not(None))) for column in _HOLDING]
    return select(number).where(*held)


def _still_unheld(connection: Connection, since: _Settled) -> ColumnElement[bool]:
    """Whether no run has come to hold a text since it was looked for."""
    lock_out_writers(connection, schema.text)
    going_on = since.others(connection)
    if not going_on:
        return true()
    held = [
        schema.text.c.number.in_(
            select(column).where(column.table.c.run.in_(going_on), column.is_not(None))
        )
        for column in _HOLDING
    ]
    return not_(or_(*held))


@dataclass(frozen=True, slots=True)
class _Settled:
    """The runs that were finished at some moment: they have written all that they ever will."""

    runs: frozenset[tuple[str, float]]

    @classmethod
    def now(cls, connection: Connection) -> _Settled:
        table = schema.run
        query = select(table.c.id, table.c.finished).where(table.c.finished.is_not(None))
        return cls(frozenset((run, finished) for run, finished in connection.execute(query)))

    def others(self, connection: Connection) -> list[str]:
        """Return the runs that may have written since."""
        query = select(schema.run.c.id, schema.run.c.finished)
        return [run for run, at in connection.execute(query) if (run, at) not in self.runs]


def _sweep_ids(
    store: Store,
    key: Any,
    unused: Callable[[], Select[Any]],
    still: Callable[[Connection, _Settled], ColumnElement[bool]],
) -> int:
    """Delete rows by one key: found at once, deleted a few at a time where still nobody uses them.

    What is left where it is goes with a later sweep.
    """
    gone, last = 0, None
    while True:
        with store.reading() as connection:
            since = _Settled.now(connection)
            query = unused().order_by(key).limit(_PASS)
            if last is not None:
                query = query.where(key > last)
            found = list(connection.execute(query).scalars())
        for chunk in _chunks(found):
            with store.writing() as connection:
                doomed = delete(key.table).where(and_(key.in_(chunk), still(connection, since)))
                gone += connection.execute(doomed).rowcount
        if len(found) < _PASS:
            return gone
        last = found[-1]


def _sweep_plans(store: Store, taking: Callable[[str], Any]) -> int:
    """Delete plans without a run, with who took part; one that is about to be run stays."""
    plan, run, seat = schema.plan, schema.run, schema.contestant
    lone = plan.c.hash.not_in(select(run.c.plan_hash))
    with store.reading() as connection:
        found = list(connection.execute(select(plan.c.hash).where(lone)).scalars())
    gone = 0
    for plan_hash in found:
        with taking(plan_hash) as mine:
            if mine:
                with store.writing() as connection:
                    doomed = delete(plan).where(plan.c.hash == plan_hash, lone)
                    gone += connection.execute(doomed).rowcount
    if gone:
        with store.writing() as connection:
            lock_out_writers(connection, plan, schema.fingerprint, seat)  # as a run writes them
            connection.execute(delete(seat).where(seat.c.plan_hash.not_in(select(plan.c.hash))))
            named = select(seat.c.fingerprint)
            connection.execute(
                delete(schema.fingerprint).where(schema.fingerprint.c.hash.not_in(named))
            )
    return gone


def _sweep_prompts(store: Store) -> int:
    """Delete the prompts that no plan asks; bodies of plans refer to them, so all are read."""
    prompt, gone = schema.prompt, 0
    with store.reading() as connection:
        plans = frozenset(connection.execute(select(schema.plan.c.hash)).scalars())
        asked = _asked(connection, but=frozenset())
        known = connection.execute(select(prompt.c.sha).execution_options(yield_per=_CHUNK))
        found = [sha for sha in map(bytes, known.scalars()) if sha not in asked]
    for chunk in _chunks(found):
        with store.writing() as connection:
            lock_out_writers(connection, prompt)
            new = _asked(connection, but=plans)
            lone = [sha for sha in chunk if sha not in new]
            gone += connection.execute(delete(prompt).where(prompt.c.sha.in_(lone))).rowcount
    return gone


def _asked(connection: Connection, *, but: frozenset[str]) -> set[bytes]:
    """Return the prompts of all plans but some, by digest."""
    plan = schema.plan
    query = select(plan.c.hash, plan.c.body).execution_options(yield_per=_CHUNK)
    if but:
        hashes = frozenset(connection.execute(select(plan.c.hash)).scalars()) - but
        query = query.where(plan.c.hash.in_(hashes))
    found: set[bytes] = set()
    for _, body in connection.execute(query):
        found |= prompts_of(body)
    return found


def _chunks(found: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(found), _CHUNK):
        yield found[start : start + _CHUNK]
