"""Opens a run again, to buy anew what failed or came without a verdict, in its place.

What is taken away goes by whether there is an answer, a verdict or a value, never by what it says:
a choice that looked at scores would be a second chance for those that displeased. Decisions that
had fallen stand; those that were left open are made anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Literal, get_args

from sqlalchemy import Connection, and_, delete, exists, insert, select, update

from arenatest.errors import StoreError
from arenatest.model.plan import Plan
from arenatest.model.record import JUDGED, AnswerPlaced, AnswerSlot, GameSlot, MetricSlot, Run
from arenatest.store import schema
from arenatest.store.codec import decision_from_json
from arenatest.store.events import happened, tell
from arenatest.store.joined import JUDGMENT, JUDGMENTS, Same, judgment_of
from arenatest.store.replaced import PLACES, STANDING, Taken
from arenatest.store.rows import insert_once, rows_of, run_from_row
from arenatest.store.runs import LATEST_FIRST
from arenatest.store.streams import PLACED, answer_placed
from arenatest.store.trials import aa_problem

Rerun = Literal["failed", "void"]
"""What is asked again: answers that failed, or with them what came without verdict or value."""
RERUNS: tuple[Rerun, ...] = get_args(Rerun)


def latest_run(connection: Connection, plan_hash: str) -> Run | None:
    """Return the latest run of a plan that was not imported; None where there is none."""
    table = schema.run
    query = (
        select(*table.c)
        .where(table.c.plan_hash == plan_hash, table.c.source.is_(None))
        .order_by(*LATEST_FIRST)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else run_from_row(row)


def ask_again(
    connection: Connection, plan: Plan, *, what: Rerun, session: str, at: float, expire: float
) -> None:
    """Open the latest run of a plan again, for a session, without what failed or is void.

    Whoever continues it then buys that anew, as if it had never been there. A session does so
    once: nothing happens where the latest run is its own already.

    Args:
        connection: The store's, in a transaction that writes.
        plan: Of the run.
        what: ``failed`` takes away the answers that are failures; ``void`` also the judgments
            without a verdict, abstentions excepted, and the values that a metric could not give.
        session: Which one goes on with it.
        at: Wall clock, seconds since 1970.
        expire: Runs that started before this wall-clock second are too old.

    Raises:
        StoreError: There is no such run, or it must not be continued.
    """
    locked = select(schema.plan.c.hash).where(schema.plan.c.hash == plan.hash)
    connection.execute(locked.with_for_update())  # SQLite has locked already
    run = latest_run(connection, plan.hash)
    if run is not None and run.session == session:
        return
    run = _fit(connection, run, plan, expire)
    taken = [*_taken(connection, run.id, what)]
    counts = {f"{kind}s": sum(one.kind == kind for one in taken) for kind in PLACES}
    event = happened(run.id, "rerun", at, what=what, **counts)
    decided = [one for one in _decisions(connection, run.id) if _is_kept(one, plan)]
    rows = [
        {"event": event.id, "run": run.id, "at": at} | one._asdict() for one in (*taken, *decided)
    ]
    # The run comes first, as for whoever finishes or prunes one: none of them waits for another.
    change = {"session": session, "finished": None, "stopped": None}
    connection.execute(update(schema.run).where(schema.run.c.id == run.id).values(change))
    if rows:
        connection.execute(insert(schema.replaced), rows)
    _take_away(connection, run.id, what, decided)
    tell(connection, event)


def _fit(connection: Connection, run: Run | None, plan: Plan, expire: float) -> Run:
    if run is None:
        raise StoreError(f"{plan.path}: no run of this plan is recorded: nothing to ask again")
    if run.started <= expire:
        message = (
            f"{plan.path}: the latest run of this plan, {run.id}, is older than reuse_days\n"
            "  hint: begin a new one with pytest --arena"
        )
        raise StoreError(message)
    if problem := aa_problem(connection, plan, run.started):
        raise StoreError(f"{plan.path}: the run {run.id} cannot go on: {problem}")
    return run


def _taken(connection: Connection, run_id: str, what: Rerun) -> Iterator[Taken]:
    yield from _failed_answers(connection, run_id)
    if what == "void":
        yield from _void_judgments(connection, run_id)
        yield from _missing_values(connection, run_id)


def _failed(run_id: str) -> Any:
    """Return which rows of answers are failures: calls that brought no answer.

    Clocks of failed calls stay: for a limit of latency they are values like others.
    """
    placed, call = schema.placed_answer, schema.generation
    broken = exists().where(call.c.chat_id == placed.c.chat_id, call.c.failure.is_not(None))
    return and_(placed.c.run == run_id, placed.c.purpose.in_(JUDGED), broken)


def _void(run_id: str) -> Any:
    """Return which rows of judgments are void; to abstain is no failure."""
    table = schema.judgment
    return and_(table.c.run == run_id, table.c.void.is_not(None), table.c.void != "abstained")


def _valueless(run_id: str) -> Any:
    """Return which rows of measurements hold an error."""
    table = schema.measurement
    return and_(table.c.run == run_id, table.c.error != "")


def _failed_answers(connection: Connection, run_id: str) -> Iterator[Taken]:
    table = schema.placed_answer
    columns = [table.c[name] for name in AnswerSlot._fields]
    names = ("attempts", "reused", "level", "purpose")
    rest = (table.c.chat_id, *(table.c[name] for name in names))
    query = select(*columns, *rest).where(_failed(run_id))
    for row in connection.execute(query):
        slot, chat_id = row[: len(columns)], row[len(columns)]
        body = dict(zip(names, row[len(columns) + 1 :], strict=True))
        yield Taken("answer", json.dumps([*slot]), chat_id, json.dumps(body))


def _clocks_beside(connection: Connection, run_id: str) -> Iterator[AnswerPlaced]:
    """Yield what stays of failures whose clocks stood in one row with their texts."""
    table = schema.placed_answer
    columns = [table.c[name] for name in PLACED]
    query = select(*columns).where(_failed(run_id), table.c.purpose == "both")
    for row in connection.execute(query).all():
        yield replace(answer_placed(run_id, row), purpose="timing")


def _void_judgments(connection: Connection, run_id: str) -> Iterator[Taken]:
    table, same = schema.judgment, Same()
    columns = [table.c[name] for name in GameSlot._fields]
    rest = (table.c.key, table.c.made, table.c.reused)
    query = select(*columns, *rest, *JUDGMENT).select_from(JUDGMENTS).where(_void(run_id))
    places = len(columns)
    for row in connection.execute(query):
        key, made, reused = row[places : places + len(rest)]
        said = judgment_of(row[places + len(rest) :], same)
        body = {"key": key, "made": made, "reused": reused}
        body |= {"void": said.void, "explanation": said.explanation}
        yield Taken("judgment", json.dumps([*row[:places]]), said.chat_id, json.dumps(body))


def _missing_values(connection: Connection, run_id: str) -> Iterator[Taken]:
    table = schema.measurement
    columns = [table.c[name] for name in MetricSlot._fields]
    query = select(*columns, table.c.key, table.c.error).where(_valueless(run_id))
    for *slot, key, error in connection.execute(query):
        body = {"key": key, "error": error}
        yield Taken("value", json.dumps(slot), None, json.dumps(body))


def _decisions(connection: Connection, run_id: str) -> Iterator[Taken]:
    table = schema.decision
    query = select(table.c.candidate, table.c.gate, table.c.body).where(table.c.run == run_id)
    for candidate, gate, body in connection.execute(query):
        yield Taken("decision", json.dumps([candidate, gate]), None, body)


def _is_kept(decided: Taken, plan: Plan) -> bool:
    """Return whether a decision is of a gate of the plan, and not merely that the run was cut."""
    decision = decision_from_json(decided.body)
    own = any(
        (rule.candidate, rule.id) == (decision.candidate, decision.gate) for rule in plan.rules
    )
    return own and decision.cause not in {"plan", "budget"}


def _take_away(connection: Connection, run_id: str, what: Rerun, decided: Iterable[Taken]) -> None:
    """Take places away, and all decisions but those of the plan's gates that fell.

    What a Python test decided goes: the next time it may ask for another limit.
    """
    clocks = [*_clocks_beside(connection, run_id)]
    connection.execute(delete(schema.placed_answer).where(_failed(run_id)))
    for where, rows in rows_of(clocks):
        insert_once(connection, where, rows)
    if what == "void":
        connection.execute(delete(schema.judgment).where(_void(run_id)))
        connection.execute(delete(schema.measurement).where(_valueless(run_id)))
    table = schema.decision
    stand = {one.place for one in decided if decision_from_json(one.body).decision in STANDING}
    for one in [*_decisions(connection, run_id)]:
        if one.place not in stand:
            candidate, gate = json.loads(one.place)
            mine = (table.c.run == run_id, table.c.candidate == candidate, table.c.gate == gate)
            connection.execute(delete(table).where(*mine))
