"""The ledger of a run, read back whole."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Float,
    Integer,
    Select,
    String,
    Table,
    and_,
    cast,
    func,
    select,
    type_coerce,
)

from arenatest.model.answer import Failure
from arenatest.model.health import GOLDEN
from arenatest.model.judgment import Order
from arenatest.model.load import Loaded, LoadSlot, loaded
from arenatest.model.plan import Plan
from arenatest.model.record import (
    Answered,
    AnswerSlot,
    Bill,
    GameSlot,
    Ledger,
    Measured,
    MetricSlot,
    Run,
)
from arenatest.store import recorded, said, schema, whole
from arenatest.store.codec import cell_from_text, text_from_cell
from arenatest.store.joined import Same
from arenatest.store.places import Grid, Places
from arenatest.store.recorded import Calls, answered_of
from arenatest.store.replaced import read_replaced
from arenatest.store.said import Judgments, judgment_of_row
from arenatest.store.setbacks import read_setbacks
from arenatest.store.values import ANSWER_COLUMNS, answer_from_row, usage_from_row

MANY = 50_000
"""Placed answers, or judgments, from which on they are read into columns."""

_PAGE = 500  # rows held beside the ledger while it is read
_CHAT_ID = 3  # its place behind how a call was placed
_ORDERS = {str(order): order for order in Order}


def read_ledger(connection: Connection, run: Run, plan: Plan) -> Ledger:
    """Return all that a run recorded, as its plan takes it.

    Where there are ``MANY``, answers and judgments lie in columns: a value is made where somebody
    asks for it, and texts stay in the store until then. Gaps are left out.
    """
    ledger = Ledger(run=run, plan=plan)
    same = Same()
    for prompt in plan.prompts:
        same.value(prompt.id)
    _read_answers(connection, ledger)
    if plan.finishes.failing:
        _break_off(ledger)
    _read_loads(connection, ledger, same)
    _read_judgments(connection, ledger)
    _read_measurements(connection, ledger, same)
    _read_calls(connection, ledger)
    _read_bills(connection, ledger)
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
    prompts = [prompt.id for prompt in plan.prompts]
    _read_answers(connection, ledger, prompts)
    if plan.finishes.failing:
        _break_off(ledger)
    _read_judgments(connection, ledger, prompts)
    return ledger


def _read_answers(
    connection: Connection, ledger: Ledger, prompts: Sequence[str] | None = None
) -> None:
    plan, names = ledger.plan, _Decoded(ledger.plan)
    limits = _limits(schema.placed_answer.c, plan, prompts)
    count = _count(connection, schema.placed_answer, ledger.run.id)
    if prompts is not None or count < MANY:
        whole.read_answers(connection, ledger, limits)
        return
    grid = Grid(AnswerSlot, _answer_axes(plan), count)
    calls = Calls(connection.engine, plan.finishes)
    value = partial(answered_of, calls)
    ledger.answers, ledger.timings = answers, timings = Places(grid, value), Places(grid, value)
    query = _placed_calls(ledger.run.id, limits)
    row = -1
    for page in _pages(connection, query):
        fresh: list[Sequence[Any]] = []
        for contestant, prompt, repeat, purpose, again, *call in page:
            if not again:  # else the call before gave the answer too
                known = call[_CHAT_ID] is not None
                row = len(calls) + len(fresh) if known else -1
                if known:
                    fresh.append(call)
            if row >= 0:
                slot = AnswerSlot(names[contestant], names[prompt], repeat)
                (answers if purpose == "text" else timings).put(slot, row)
        calls.add(fresh)
    calls.settle(answers)
    if not plan.finishes.failing:  # else more may come to be failures
        ledger.facts = calls.facts


def _answer_axes(plan: Plan) -> tuple[list[str], list[str], range]:
    """Return what the parts of an answer's slot may be."""
    repeats = range(max(plan.repeats, plan.timed_repeats))
    names = [contestant.name for contestant in plan.contestants]
    return names, [prompt.id for prompt in plan.prompts], repeats


def _placed_calls(run_id: str, limits: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Return the query of placed answers with their calls, each call once.

    Where the call whose clocks count also gave the answer, it comes with that.
    """
    placed, call = schema.placed_answer, schema.generation
    said = placed.alias("said")
    same = [placed.c[name] == said.c[name] for name in ("run", *AnswerSlot._fields)]
    same += [placed.c[name] == said.c[name] for name in ("chat_id", "reused")]
    gave = and_(*same, said.c.purpose == "text", placed.c.purpose == "timing")
    columns = [placed.c[name] for name in (*AnswerSlot._fields, "purpose")]
    columns += [said.c.attempts]
    columns += [placed.c[name] for name in ("attempts", "reused", "level")]
    columns += [call.c[name] for name in recorded.COLUMNS]
    joined = placed.outerjoin(said, gave).outerjoin(
        call, and_(call.c.chat_id == placed.c.chat_id, said.c.run.is_(None))
    )
    return (
        select(*map(_raw, columns))
        .select_from(joined)
        .where(placed.c.run == run_id, *limits)
        .order_by(placed.c.contestant, placed.c.prompt, placed.c.repeat, placed.c.purpose)
    )


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
        .order_by(placed.c.contestant, placed.c.level, placed.c.number)
    )
    levels: dict[LoadSlot, list[Loaded]] = {}
    for contestant, level, due, chat_id, spoken, thought, *row in _rows(connection, query):
        answer = answer_from_row(
            row, text=_some(spoken), reasoning=_some(thought), usage=usage_from_row(row)
        )
        request = loaded(ledger.plan.finishes.taken(answer), chat_id=chat_id, due=due)
        levels.setdefault(LoadSlot(same.value(contestant), level), []).append(request)
    ledger.loads.update((slot, tuple(requests)) for slot, requests in levels.items())


def _some(digest: bytes | None) -> str:
    return "" if digest is None else "..."


def _read_judgments(
    connection: Connection, ledger: Ledger, prompts: Sequence[str] | None = None
) -> None:
    table, plan, names = schema.judgment, ledger.plan, _Decoded(ledger.plan)
    limits = _limits(table.c, plan, prompts)
    count = _count(connection, table, ledger.run.id)
    if prompts is not None or count < MANY:
        whole.read_judgments(connection, ledger, limits)
        return
    rows = Judgments(connection.engine)
    grid = Grid(GameSlot, _game_axes(plan), count)
    ledger.judgments = judgments = Places(grid, partial(judgment_of_row, rows))
    columns = [table.c[name] for name in (*GameSlot._fields, *said.COLUMNS)]
    query = (
        select(*map(_raw, columns))
        .where(table.c.run == ledger.run.id, *limits)
        .order_by(*columns[: len(GameSlot._fields)])
    )
    for page in _pages(connection, query):
        for row, (candidate, prompt, repeat, judge, again, order, *_) in enumerate(
            page, start=len(rows)
        ):
            battle = names[candidate], names[prompt], repeat
            judgments.put(GameSlot(*battle, names[judge], again, _ORDERS[order]), row)
        rows.add([*zip(*page, strict=True)][len(GameSlot._fields) :])
    rows.settle(judgments)


def _game_axes(plan: Plan) -> tuple[Sequence[Any], ...]:
    """Return what the parts of a game's slot may be."""
    golden = [battle.prompt.id for battle in plan.golden]
    return (
        [contestant.name for contestant in plan.candidates] + [GOLDEN] * bool(golden),
        [prompt.id for prompt in plan.prompts] + golden,
        range(plan.repeats),
        [seat.name for seat in plan.judges],
        range(max((seat.repeats for seat in plan.judges), default=0)),
        list(Order),
    )


def _limits(columns: Any, plan: Plan, prompts: Sequence[str] | None) -> list[ColumnElement[bool]]:
    """Return what picks prompts out by the key of their table, which names somebody first."""
    if prompts is None:
        return []
    who = columns.contestant if "contestant" in columns else columns.candidate
    names = [contestant.name for contestant in plan.contestants]
    return [who.in_(names), columns.prompt.in_(prompts)]


def _read_measurements(connection: Connection, ledger: Ledger, same: Same) -> None:
    table = schema.measurement
    columns = [table.c[name] for name in MetricSlot._fields]
    query = (
        select(*columns, table.c.value, table.c.error)
        .where(table.c.run == ledger.run.id)
        .order_by(*columns)
    )
    for metric, contestant, prompt, repeat, value, error in _rows(connection, query):
        slot = MetricSlot(same.value(metric), same.value(contestant), same.value(prompt), repeat)
        ledger.measurements[slot] = Measured(value=value, error=same.value(error))


def _read_calls(connection: Connection, ledger: Ledger) -> None:
    table = schema.generation
    query = (
        select(table.c.owner, func.count(), func.count(table.c.cost), func.sum(table.c.cost))
        .where(table.c.run == ledger.run.id, table.c.attempt > 0)  # 0: no call was made
        .group_by(table.c.owner)
        .order_by(table.c.owner)
    )
    for owner, calls, costed, cost in connection.execute(query):
        ledger.calls[owner] = calls
        ledger.cost += cost or 0.0
        ledger.uncosted += calls - costed


def _read_bills(connection: Connection, ledger: Ledger) -> None:
    table = schema.generation
    amounts = (table.c.input_tokens, table.c.output_tokens, table.c.cost)
    sums = (func.sum(cast(amount, Float)) for amount in amounts)  # whole ones could overflow
    query = (
        select(table.c.owner, func.count(), *sums)
        .where(table.c.run == ledger.run.id, table.c.role == "judge", table.c.attempt > 0)
        .group_by(table.c.owner)
        .order_by(table.c.owner)
    )
    for owner, calls, taken, given, cost in connection.execute(query):
        ledger.bills[owner] = Bill(
            calls=calls, input_tokens=_whole(taken), output_tokens=_whole(given), cost=cost
        )


def _whole(tokens: float | None) -> int | None:
    return None if tokens is None else round(tokens)


def _count(connection: Connection, table: Table, run_id: str) -> int:
    query = select(func.count()).select_from(table).where(table.c.run == run_id)
    return connection.execute(query).scalar_one()


def _raw(column: Any) -> ColumnElement[Any]:
    """Return a column whose values come as the database holds them: nothing is decoded."""
    kind = column.type
    if isinstance(kind, Boolean):
        return type_coerce(column, Integer)
    return type_coerce(column, String) if isinstance(kind, schema.Cell) else column


def _rows(connection: Connection, query: Any) -> Iterator[Sequence[Any]]:
    for page in _pages(connection, query):
        yield from page


def _pages(connection: Connection, query: Any) -> Iterator[Sequence[Any]]:
    result = connection.execute(query)
    while page := result.fetchmany(_PAGE):
        yield page


class _Decoded(dict[str, str]):
    """Names by how the database holds them: each is one object."""

    def __init__(self, plan: Plan) -> None:
        names = [*(one.name for one in plan.contestants), *(seat.name for seat in plan.judges)]
        super().__init__((cell_from_text(name), name) for name in names)

    def __missing__(self, cell: str) -> str:
        self[cell] = text = text_from_cell(cell)
        return text
