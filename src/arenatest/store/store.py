"""The store: where runs, calls, judgments and decisions lie, and are found again by content."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal
from weakref import WeakValueDictionary

from sqlalchemy import Connection, Table, func, select, update

from arenatest.errors import StoreError
from arenatest.model.answer import Answer
from arenatest.model.decision import Decision
from arenatest.model.judgment import Judgment, Reply
from arenatest.model.plan import Plan
from arenatest.model.record import (
    Event,
    Generation,
    JudgmentPlaced,
    Ledger,
    Measured,
    Record,
    Run,
    Served,
)
from arenatest.store import calls, reuse, runs, schema
from arenatest.store.codec import cell_from_text, decision_from_json
from arenatest.store.database import Database
from arenatest.store.drift import golden_drift
from arenatest.store.events import happened, tell, tell_ended, tell_taken_up
from arenatest.store.history import CallMeans, read_means
from arenatest.store.later import Later
from arenatest.store.ledger import read_ledger
from arenatest.store.locks import Lock
from arenatest.store.names import Numbers, Row, learn, names_in, numbered
from arenatest.store.opening import Location, open_database
from arenatest.store.patience import persistent
from arenatest.store.placing import place_answers
from arenatest.store.plans import read_plan, write_plan
from arenatest.store.replaced import put_back
from arenatest.store.reuse import Reusable
from arenatest.store.rows import event_from_row, insert_once, rows_of, run_from_row, run_row
from arenatest.store.trials import aa_problem


def open_store(
    location: Location, *, create: bool = True, sleep: Callable[[float], None] = time.sleep
) -> Store:
    """Open the store in a folder, such as ``.arenatest``, or in a PostgreSQL database.

    Args:
        location: The folder; a relative one starts at the working directory. Or a URL, such as
            ``postgresql://user@host/name``.
        create: Whether to create what is missing; otherwise a missing store is an error.
        sleep: Pauses while another process creates the same store, or a server is away.

    Raises:
        StoreError: It cannot be opened: the message says what to do.
        OptionError: It is the URL of something else.
    """
    return Store(open_database(location, create=create, sleep=sleep))


class Store:
    """The record of all runs. Its methods may be called from any thread, and block.

    ``place`` says where it lies, for people. Every method raises ``StoreError`` where the store
    cannot be read or written.
    """

    def __init__(
        self,
        database: Database,
        lock: Lock | None = None,
        numbers: Numbers | None = None,
        begun: WeakValueDictionary[str, Plan] | None = None,
    ) -> None:
        self.place = database.place
        self.patience = database.patience
        self._database, self._lock = database, lock
        self._numbers: Numbers = {} if numbers is None else numbers
        """Of names that were committed: no other process takes one away."""
        self._begun = WeakValueDictionary[str, Plan]() if begun is None else begun
        """Plans by their hashes, held by whoever began them: a second one would be as large."""

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def lock(self, name: str, folder: Path) -> Lock:
        """Return a lock that one process on this store holds at a time; nothing is locked yet.

        Args:
            name: What is locked: the hash of a plan.
            folder: Where this machine keeps its locks.
        """
        return self._database.lock(name, folder)

    def held_by(self, lock: Lock) -> Store:
        """Return the same store, which writes nothing while a lock is not surely held."""
        return type(self)(self._database, lock, self._numbers, self._begun)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection in a transaction that only reads, and sees one state of the store."""
        with self._database.translated(), self._database.reads.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a transaction that writes, and is undone by an error."""
        if self._lock is not None:
            self._lock.check()
        with self._database.translated(), self._database.writes.begin() as connection:
            if self._lock is not None:
                self._lock.fence(connection.exec_driver_sql)
            yield connection

    @persistent
    def begin(self, plan: Plan, run: Run, *, fresh: bool, expire: float) -> tuple[Run, bool]:
        """Continue the latest unfinished run of a plan, or begin a new one.

        Processes that begin at once get one run between them, unless they ask for fresh ones. A
        continued run forgets why it stopped, and the decisions that were left open by that. One
        that began without the A/A run that its plan asks for is not continued.

        Args:
            plan: What is going to be done; it is stored once, with the latest of what its hash
                leaves out: the file's path, its description, prices.
            run: A new run of this plan: id, session, start and versions.
            fresh: Never continue.
            expire: Runs that started before this wall-clock second are too old to continue.

        Returns:
            The run, with the session of ``run``, and whether it is an earlier one continued.
        """
        self._begun[plan.hash] = plan
        self._meet({cell_from_text(prompt.id) for prompt in plan.prompts})
        with self.writing() as connection:
            write_plan(connection, plan)
            locked = select(schema.plan.c.hash).where(schema.plan.c.hash == plan.hash)
            connection.execute(locked.with_for_update())  # SQLite has locked already
            earlier = None if fresh else runs.unfinished(connection, plan.hash, expire)
            if earlier is not None and not aa_problem(connection, plan, earlier.started):
                tell_taken_up(connection, earlier, run.started)
                since = run.reuses_from
                runs.reopen(connection, earlier, run.session, since)
                taken_up = replace(earlier, session=run.session, stopped=None, reuses_from=since)
                return taken_up, True
            attempt = 1 + runs.attempts(connection, plan.hash)
            begun = replace(run, plan_hash=plan.hash, attempt=attempt)
            insert_once(connection, schema.run, [run_row(begun)])
            tell(connection, happened(begun.id, "begun", begun.started))
            return begun, False

    @persistent
    def finish(
        self,
        run_id: str,
        finished: float | None,
        stopped: tuple[Literal["plan", "budget"], str] | None = None,
        *,
        at: float | None = None,
    ) -> None:
        """Close a run, or leave it open with the reason why it stopped.

        A finished one gets back what was taken away to be asked again, and was not needed.

        Args:
            run_id: Which run.
            finished: Wall clock, seconds since 1970; None where the run may be continued.
            stopped: Why it ended before its plan.
            at: When it stopped, likewise; by default when it finished.
        """
        ended = Run(
            id="", session="", plan_hash="", started=0.0, finished=finished, stopped=stopped
        )
        values = dict(zip(schema.run.c.keys(), run_row(ended), strict=True))
        change = {name: values[name] for name in ("finished", "stopped")}
        with self.writing() as connection:
            connection.execute(update(schema.run).where(schema.run.c.id == run_id).values(change))
            if finished is not None:
                put_back(connection, run_id)
            tell_ended(connection, run_id, stopped, at if finished is None else finished)

    def place_answers(self, source: str, run_id: str) -> None:
        """Put every answer, clock and request under load of one run into the same place of another.

        The texts count as reused. The clocks are those of the calls whose answers are judged, and
        count as they did.
        """
        with self.reading() as reads, self.writing() as writes:
            place_answers(reads, writes, source, run_id)

    def write(self, records: Sequence[Record]) -> None:
        """Write records in one transaction; those already there stay as they are."""
        tables = rows_of(records)
        try:
            made = _made(tables, self._numbers)
        except KeyError:  # there is a name that was not met before
            self._meet(set().union(*(names_in(*one) for one in tables)))
            made = _made(tables, self._numbers)
        if self._lock is not None:
            self._lock.check()
        with self._database.inserting() as cursor:
            if self._lock is not None:
                self._lock.fence(cursor.execute)
            for table, rows in made:
                self._database.insert(cursor, table, rows)

    def _meet(self, names: Iterable[str]) -> None:
        """Learn names, as cells; those of a plan at once, lest nearly every write learns a few."""
        if unknown := [name for name in names if name not in self._numbers]:
            with self.writing() as connection:
                learnt = learn(connection, unknown)
            self._numbers.update(learnt)

    @persistent
    def load(self, run_id: str, plan: Plan | None = None) -> Ledger:
        """Return all that a run has recorded so far.

        Calls and costs count every attempt that this run made, failed ones included; attempt 0 is
        an answer given up without a call. Timings come without gaps.

        Args:
            run_id: Which run.
            plan: What its record is to answer for; by default what it was made for.
        """
        with self.reading() as connection:
            run = runs.read_run(connection, run_id)
            plan = plan or self._begun.get(run.plan_hash) or read_plan(connection, run.plan_hash)
            ledger = read_ledger(connection, run, plan, Later(self._database, run_id))
            ledger.unfit = aa_problem(connection, plan, run.started)
            if plan.golden:
                ledger.warnings += golden_drift(connection, run_id)
            return ledger

    @persistent
    def reusable_answers(self, keys: Iterable[str], not_before: float) -> dict[str, Reusable]:
        """Return the latest good answers by key; failures and calls for timing never count.

        Args:
            keys: Content identities.
            not_before: Wall-clock second from which on calls may be reused.
        """
        with self.reading() as connection:
            return reuse.reusable_answers(connection, keys, not_before)

    @persistent
    def reusable_judgments(self, keys: Iterable[str], not_before: float) -> dict[str, Judgment]:
        """Return the latest verdicts by key, made from ``not_before`` on, and abstentions.

        Other voids never count: what failed is tried again.
        """
        with self.reading() as connection:
            return reuse.reusable_judgments(connection, keys, not_before)

    @persistent
    def reusable_measurements(self, keys: Iterable[str]) -> dict[str, Measured]:
        """Return the latest measurements by key; errors never count."""
        with self.reading() as connection:
            return reuse.reusable_measurements(connection, keys)

    @persistent
    def unused_calls(self, run_id: str) -> list[Generation]:
        """Return the judges' good calls of a run that no judgment came of: it was killed first."""
        with self.reading() as connection:
            return calls.read_unused_calls(connection, run_id)

    @persistent
    def has_other_runs(self, run_id: str) -> bool:
        """Whether any other run is recorded, so that there may be something to reuse."""
        query = select(func.count()).where(schema.run.c.id != run_id)
        with self.reading() as connection:
            return bool(connection.execute(query).scalar_one())

    @persistent
    def decisions(self, run_id: str) -> dict[tuple[str, str], Decision]:
        """Return the decisions of a run by candidate and gate."""
        table = schema.decision
        query = (
            select(table.c.candidate, table.c.gate, table.c.body)
            .where(table.c.run == run_id)
            .order_by(table.c.candidate, table.c.gate)
        )
        with self.reading() as connection:
            return {
                (candidate, gate): decision_from_json(body)
                for candidate, gate, body in connection.execute(query)
            }

    @persistent
    def run(self, run_id: str) -> Run:
        """Return a run as it stands; an unknown one is an error."""
        with self.reading() as connection:
            return runs.read_run(connection, run_id)

    @persistent
    def runs(self, session: str | None = None) -> list[Run]:
        """Return the runs, earliest first: all, or those of one session."""
        table = schema.run
        query = select(*table.c).order_by(table.c.started, table.c.id)
        if session is not None:
            query = query.where(table.c.session == session)
        with self.reading() as connection:
            return [run_from_row(row) for row in connection.execute(query)]

    @persistent
    def events(self, run_id: str) -> list[Event]:
        """Return what happened to a run, earliest first."""
        table = schema.event
        query = select(*table.c).where(table.c.run == run_id).order_by(table.c.at, table.c.id)
        with self.reading() as connection:
            return [event_from_row(row) for row in connection.execute(query)]

    @persistent
    def plan(self, plan_hash: str) -> Plan:
        """Return a plan, the very one that was begun here; an unknown one is an error."""
        if (begun := self._begun.get(plan_hash)) is not None:
            return begun
        with self.reading() as connection:
            return read_plan(connection, plan_hash)

    def find_call(self, chat_id: str) -> tuple[Generation, list[JudgmentPlaced]]:
        """Return a call with its whole text and gaps, and the judgments it made or took part in.

        Args:
            chat_id: The chat id, or a beginning of it that no other call has.

        Raises:
            StoreError: No call, or more than one, has it.
        """
        with self.reading() as connection:
            found = calls.find_chat_ids(connection, chat_id, limit=calls.AMBIGUOUS)
            if len(found) != 1:
                raise StoreError(calls.not_one(self.place, chat_id, found))
            generation = calls.read_generation(connection, found[0])

            def baseline_of(run_id: str) -> str:
                return read_plan(
                    connection, runs.read_run(connection, run_id).plan_hash
                ).baseline.name

            return generation, calls.read_judgments_about(connection, generation, baseline_of)

    @persistent
    def served(self, run_id: str) -> Served:
        """Return the models that servers named for what stands in a run so far."""
        with self.reading() as connection:
            return calls.read_served(connection, run_id)

    def judges_replies(self, run_id: str) -> dict[str, Reply]:
        """Return what judges said in the calls behind a run's judgments, by chat id.

        Calls that failed are left out: there is nothing to read.
        """
        with self.reading() as connection:
            return calls.read_replies(connection, run_id)

    def means(self, owner: str, runs: Sequence[str], *, judging: bool) -> CallMeans:
        """Return what a model's good calls took in some runs, on average."""
        with self.reading() as connection:
            return read_means(connection, owner, runs, judging=judging)

    def similar_calls(self, call: Generation) -> list[Answer]:
        """Return a model's other good calls in a run, without texts, to set one beside them."""
        with self.reading() as connection:
            return calls.read_similar(connection, call)

    def attempts(self, call: Generation) -> list[Generation]:
        """Return all attempts at what a call was an attempt at, in order, without texts."""
        with self.reading() as connection:
            return calls.read_attempts(connection, call)


def _made(
    tables: Sequence[tuple[Table, Sequence[Row]]], numbers: Numbers
) -> list[tuple[Table, Sequence[Row]]]:
    """Return the rows of tables with the numbers of names.

    Raises:
        KeyError: A name has none.
    """
    return [(table, numbered(table, rows, numbers)) for table, rows in tables]
