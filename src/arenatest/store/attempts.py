"""Counts the runs of one plan that were attempts: that drew anew what an earlier one had drawn.

Another seed, limit or gate makes another plan of a suite, and hides no attempt: plans count as one
that have the same contestants and judges answer and judge the same prompts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, literal, select

from arenatest.model.attempts import Attempts
from arenatest.model.plan import Plan
from arenatest.model.record import JUDGED, TIMED, AnswerSlot, GameSlot, Run
from arenatest.store import schema
from arenatest.store.codec import decision_from_json
from arenatest.store.plans import read_plan
from arenatest.store.rows import run_from_row
from arenatest.store.store import Store


def read_attempts(store: Store, run: Run) -> Attempts:
    """Return which attempt at its plan a run is, under its commit.

    An unfinished run counts where a gate was decided on it: ``-x`` stops such a one.
    """
    plan = store.plan(run.plan_hash)
    with store.reading() as connection:
        seeds = _alike(connection, run, plan)
        runs = _runs(connection, run, [*seeds])
        counted = [identity for identity, _ in runs]
        judged, mended, drawn = 1, 0, {seeds[runs[0][1]]}
        for place, (one, its) in enumerate(runs[1:], start=1):
            reordered = seeds[its] not in drawn
            drawn.add(seeds[its])
            judged += reordered or _bought(connection, one, counted[:place], lacking=False)
            mended += _bought(connection, one, counted[:place], lacking=True)
        timed = sum(_took_clocks(connection, one) for one in counted)
    return Attempts(commit=run.commit, runs=len(counted), judged=judged, timed=timed, mended=mended)


def _alike(connection: Connection, run: Run, plan: Plan) -> dict[str, int]:
    """Return the plans under its commit that count as its own, with their seeds."""
    table, own = schema.run, run.plan_hash
    query = select(table.c.plan_hash).where(_same_commit(run), table.c.source.is_(None)).distinct()
    hashes = {own, *connection.execute(query).scalars()}
    cast: dict[str, set[tuple[str, ...]]] = {}
    who = schema.contestant
    for plan_hash, *one in connection.execute(select(*who.c).where(who.c.plan_hash.in_(hashes))):
        cast.setdefault(plan_hash, set()).add(tuple(one))
    others = (read_plan(connection, one) for one in hashes - {own} if cast.get(one) == cast[own])
    return {own: plan.seed} | {one.hash: one.seed for one in others if _asks_alike(one, plan)}


def _asks_alike(one: Plan, other: Plan) -> bool:
    """Whether two plans are of one suite, with the same prompts as far as both have them."""
    mine = {prompt.id: prompt for prompt in one.prompts}
    both = [prompt for prompt in other.prompts if prompt.id in mine]
    same = all(mine[prompt.id] == prompt for prompt in both)
    return bool(both) and same and (one.suite, one.aa) == (other.suite, other.aa)


def _same_commit(run: Run) -> ColumnElement[bool]:
    column = schema.run.c.commit
    return column.is_(None) if run.commit is None else column == run.commit


def _runs(connection: Connection, run: Run, plans: Sequence[str]) -> list[tuple[str, str]]:
    """Return the runs of some plans and its commit that decided something, itself at the end.

    Each is given with its plan.
    """
    table = schema.run
    query = select(*table.c).where(
        table.c.plan_hash.in_(plans),
        _same_commit(run),
        table.c.source.is_(None),
        table.c.id != run.id,
    )
    others = [run_from_row(row) for row in connection.execute(query).all()]
    decided = [
        (_ended(one), one.id, one.plan_hash)
        for one in others
        if (run.finished is None or _ended(one) <= run.finished)
        and (one.finished is not None or _has_decided(connection, one.id))
    ]
    return [*((identity, plan) for _, identity, plan in sorted(decided)), (run.id, run.plan_hash)]


def _ended(run: Run) -> float:
    """Return when a run ended; when it began, where it was left: a later one may end before."""
    return run.started if run.finished is None else run.finished


def _has_decided(connection: Connection, run_id: str) -> bool:
    table = schema.decision
    bodies = connection.execute(select(table.c.body).where(table.c.run == run_id)).scalars()
    return any(decision_from_json(body).decision != "inconclusive" for body in bodies)


def _bought(connection: Connection, run_id: str, earlier: Sequence[str], *, lacking: bool) -> bool:
    """Return whether a run bought an answer or a verdict where an earlier one had one.

    With ``lacking``, whether it did where an earlier one had a failure or a void.
    """
    answers, games = schema.placed_answer, schema.judgment
    then, call = answers.alias("then"), schema.generation
    failed = call.c.failure.is_not(None) if lacking else call.c.failure.is_(None)
    ended = exists().where(call.c.chat_id == then.c.chat_id, failed)
    again = _same(answers, then, AnswerSlot._fields, earlier)
    asked = (answers.c.purpose.in_(JUDGED), answers.c.reused.is_(False))
    had = exists(select(literal(1)).where(*again, then.c.purpose.in_(JUDGED), ended))
    if _any(connection, answers, run_id, *asked, had):
        return True
    then = games.alias("then")
    again = _same(games, then, GameSlot._fields, earlier)
    void = and_(then.c.void.is_not(None), then.c.void != "abstained")
    said = (games.c.verdict.is_not(None), games.c.reused.is_(False))
    had = exists(select(literal(1)).where(*again, void if lacking else then.c.verdict.is_not(None)))
    return _any(connection, games, run_id, *said, had)


def _same(now: Table, then: Any, fields: Sequence[str], runs: Sequence[str]) -> list[Any]:
    """Return that two rows are of one place, the second in one of some runs."""
    return [then.c.run.in_(runs), *(then.c[name] == now.c[name] for name in fields)]


def _took_clocks(connection: Connection, run_id: str) -> bool:
    placed, call = schema.placed_answer, schema.generation
    measured = exists().where(call.c.chat_id == placed.c.chat_id, call.c.timing == "measured")
    clock = (placed.c.purpose.in_(TIMED), placed.c.reused.is_(False), measured)
    return _any(connection, placed, run_id, *clock) or _any(connection, schema.placed_load, run_id)


def _any(connection: Connection, table: Table, run_id: str, *conditions: Any) -> bool:
    query = select(literal(1)).select_from(table).where(table.c.run == run_id, *conditions)
    return connection.execute(query.limit(1)).scalar() is not None
