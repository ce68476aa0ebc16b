"""The ledger of a run, read back whole."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Table,
    cast,
    func,
    select,
)

from arenatest.model.answer import Failure
from arenatest.model.load import Loaded, LoadSlot, loaded
from arenatest.model.plan import Plan
from arenatest.model.record import (
    Answered,
    AnswerSlot,
    Bill,
    Ledger,
    Measured,
    MetricSlot,
    Run,
)
from arenatest.store import columnar, schema, whole
from arenatest.store.grids import answer_grid, game_grid
from arenatest.store.joined import Same
from arenatest.store.kept import Kept, KeptJudgments
from arenatest.store.later import Later
from arenatest.store.raw import Names
from arenatest.store.replaced import read_replaced
from arenatest.store.setbacks import read_setbacks
from arenatest.store.types import in_words, spelt
from arenatest.store.values import ANSWER_COLUMNS, answer_from_row, usage_from_row

MANY = 50_000
"""Placed answers, or judgments, from which on they are read into columns."""

_PAGE = 500  # rows held beside the ledger while it is read


def read_ledger(connection: Connection, run: Run, plan: Plan, later: Later) -> Ledger:
    """Return all that a run recorded, as its plan takes it.

    Where there are ``MANY``, answers and judgments lie in columns: a value is made where somebody
    asks for it, and texts stay in the store until then. Gaps are left out.

    Args:
        connection: The store's.
        run: Whose.
        plan: What its record is to answer for.
        later: Reads what stays in the store.
    """
    ledger = Ledger(run=run, plan=plan)
    same = Same()
    for prompt in plan.prompts:
        same.value(prompt.id)
    names = Names(connection)
    _read_answers(connection, ledger, names, later)
    if plan.finishes.failing:
        _break_off(ledger)
    _read_loads(connection, ledger, same)
    _read_judgments(connection, ledger, names, later)
    _read_measurements(connection, ledger, same)
    _read_calls(connection, ledger)
    ledger.setbacks = read_setbacks(connection, run.id)
    read_replaced(connection, ledger)
    return ledger


def read_page(connection: Connection, run: Run, plan: Plan) -> Ledger:
    """Return the answers and judgments of a few prompts, such as a page of a long plan.

    Args:
        connection: The store's.
        run: Whose.
        plan: Its plan with these prompts alone: a few hundred at most, of conversations all turns.
    """
    ledger = Ledger(run=run, plan=plan)
    names, prompts = Names(connection), [prompt.id for prompt in plan.prompts]
    whole.read_answers(connection, ledger, names, _limits(schema.placed_answer.c, plan, prompts))
    if plan.finishes.failing:
        _break_off(ledger)
    whole.read_judgments(connection, ledger, names, _limits(schema.judgment.c, plan, prompts))
    return ledger


def _read_answers(connection: Connection, ledger: Ledger, names: Names, later: Later) -> None:
    count = _count(connection, schema.placed_answer, ledger.run.id)
    if 0 < count < MANY:
        grid = answer_grid(ledger.plan, count)
        ledger.answers, ledger.timings = Kept(grid), Kept(grid)
        whole.read_answers(connection, ledger, names)
    elif count:
        columnar.read_answers(connection, ledger, later, count)


def _break_off(ledger: Ledger) -> None:
    """Take for failed what follows a turn that counts as failed: a run would not have asked it.

    The record may be that of a suite which had such turns judged.
    """
    plan = ledger.plan
    for block in plan.blocks:
        for contestant in plan.contestants if len(block) > 1 else ():
            for repeat in range(plan.repeats):
                clocks = [repeat]
                if plan.latency.dedicated:  # these calls go on from the answers of the first repeat
                    clocks = [] if repeat else [*range(plan.timed_repeats)]
                slots = [AnswerSlot(contestant.name, turn.id, repeat) for turn in block]
                failed = [not _is_good(ledger.answers.get(slot)) for slot in slots]
                for slot in slots[failed.index(True) + 1 :] if any(failed) else ():
                    _break(ledger.answers, slot)
                    for clock in clocks:
                        _break(ledger.timings, slot._replace(repeat=clock))


def _is_good(answered: Answered | None) -> bool:
    return answered is None or answered.answer.ok


def _break(placed: MutableMapping[AnswerSlot, Answered], slot: AnswerSlot) -> None:
    answered = placed.get(slot)
    if answered is not None:
        failure = Failure(kind="conversation", message="an earlier turn failed")
        placed[slot] = replace(answered, answer=replace(answered.answer, failure=failure))


def _read_loads(connection: Connection, ledger: Ledger, same: Same) -> None:
    """Read what requests under load came to; of their texts, whether there is any."""
    placed, table = schema.placed_load, schema.generation
    columns = (placed.c.contestant, placed.c.level, placed.c.due, placed.c.chat_id)
    query = (
        select(*columns, table.c.text, table.c.reasoning, *ANSWER_COLUMNS)
        .select_from(placed.join(table, table.c.chat_id == placed.c.chat_id))
        .where(placed.c.run == ledger.run.id)
        .order_by(spelt(placed.c.contestant), placed.c.level, placed.c.number)
    )
    levels: dict[LoadSlot, list[Loaded]] = {}
    for contestant, level, due, chat_id, spoken, thought, *row in _rows(connection, query):
        answer = answer_from_row(
            row, text=_some(spoken), reasoning=_some(thought), usage=usage_from_row(row)
        )
        request = loaded(ledger.plan.finishes.taken(answer), chat_id=chat_id, due=due)
        levels.setdefault(LoadSlot(same.value(contestant), level), []).append(request)
    ledger.loads.update((slot, tuple(requests)) for slot, requests in levels.items())


def _some(text: int | None) -> str:
    return "" if text is None else "..."


def _read_judgments(connection: Connection, ledger: Ledger, names: Names, later: Later) -> None:
    count = _count(connection, schema.judgment, ledger.run.id)
    if 0 < count < MANY:
        kept = KeptJudgments(game_grid(ledger.plan, count))
        for slot, said, call in whole.judged(connection, ledger, names):
            kept.put(slot, said, call)
        ledger.judgments = kept
    elif count:
        columnar.read_judgments(connection, ledger, later, count)


def _limits(columns: Any, plan: Plan, prompts: Sequence[str]) -> list[ColumnElement[bool]]:
    """Return what picks prompts out by the key of their table, which names somebody first."""
    who = columns.contestant if "contestant" in columns else columns.candidate
    names = [contestant.name for contestant in plan.contestants]
    return [who.in_(names), columns.prompt.in_(prompts)]


def _read_measurements(connection: Connection, ledger: Ledger, same: Same) -> None:
    table = schema.measurement
    columns = [table.c[name] for name in MetricSlot._fields]
    query = (
        select(*columns, table.c.value, table.c.error)
        .where(table.c.run == ledger.run.id)
        .order_by(*in_words(columns))
    )
    for metric, contestant, prompt, repeat, value, error in _rows(connection, query):
        slot = MetricSlot(same.value(metric), same.value(contestant), same.value(prompt), repeat)
        ledger.measurements[slot] = Measured(value=value, error=same.value(error))


def _read_calls(connection: Connection, ledger: Ledger) -> None:
    """Read what calls were made, and took: in one pass, for a large run has millions."""
    table = schema.generation
    amounts = (table.c.input_tokens, table.c.output_tokens, table.c.cost)
    sums = (func.sum(cast(amount, Float)) for amount in amounts)  # whole ones could overflow
    query = (
        select(table.c.owner, table.c.role, func.count(), func.count(table.c.cost), *sums)
        .where(table.c.run == ledger.run.id, table.c.attempt > 0)  # 0: no call was made
        .group_by(table.c.owner, table.c.role)
        .order_by(spelt(table.c.owner), spelt(table.c.role))
    )
    for owner, role, calls, costed, taken, given, cost in connection.execute(query):
        ledger.calls[owner] = ledger.calls.get(owner, 0) + calls
        ledger.cost += cost or 0.0
        ledger.uncosted += calls - costed
        if role == "judge":
            ledger.bills[owner] = Bill(
                calls=calls, input_tokens=_whole(taken), output_tokens=_whole(given), cost=cost
            )


def _whole(tokens: float | None) -> int | None:
    return None if tokens is None else round(tokens)


def _count(connection: Connection, table: Table, run_id: str) -> int:
    query = select(func.count()).select_from(table).where(table.c.run == run_id)
    return connection.execute(query).scalar_one()


def _rows(connection: Connection, query: Any) -> Iterator[Sequence[Any]]:
    for page in _pages(connection, query):
        yield from page


def _pages(connection: Connection, query: Any) -> Iterator[Sequence[Any]]:
    result = connection.execute(query)
    while page := result.fetchmany(_PAGE):
        yield page
