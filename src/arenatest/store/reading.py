"""What is read back: the ledger of a run, what may be reused, one call with its surroundings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, func, select

from arenatest.model.answer import Answer, Timing
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.plan import Plan
from arenatest.model.record import (
    Answered,
    AnswerSlot,
    GameSlot,
    Generation,
    JudgmentPlaced,
    Ledger,
    Measured,
    MetricSlot,
    Run,
)
from arenatest.store import schema
from arenatest.store.codec import unpack_text
from arenatest.store.rows import (
    ANSWER_COLUMNS,
    TIMING_COLUMNS,
    answer_from_row,
    gaps_from_bytes,
    timing_from_row,
)

Value = TypeVar("Value")

_CHUNK = 500  # keys a statement: SQLite may be built for 999 variables
_PAGE = 200  # rows held beside the ledger while it is read
_TEXT = schema.text.alias("answer_text")
_REASONING = schema.text.alias("reasoning_text")
_ANSWERS = schema.generation.outerjoin(_TEXT, _TEXT.c.sha == schema.generation.c.text).outerjoin(
    _REASONING, _REASONING.c.sha == schema.generation.c.reasoning
)
_ANSWER = (
    _TEXT.c.sha,
    _TEXT.c.compressed,
    _TEXT.c.body,
    _REASONING.c.sha,
    _REASONING.c.compressed,
    _REASONING.c.body,
    *ANSWER_COLUMNS,
)
_CALL = tuple(schema.generation.c)[:11]  # of a Generation, all but its answer
_JUDGMENT = (
    schema.judgment.c.verdict,
    schema.judgment.c.void,
    schema.text.c.sha,
    schema.text.c.compressed,
    schema.text.c.body,
    schema.judgment.c.chat_id,
)
_JUDGMENTS = schema.judgment.outerjoin(
    schema.text, schema.text.c.sha == schema.judgment.c.explanation
)


class Reusable(NamedTuple):
    """An answer that an earlier call bought: of which call, after how many attempts, for what."""

    chat_id: str
    answer: Answer
    attempts: int
    cost: float | None


def read_ledger(connection: Connection, run: Run, plan: Plan) -> Ledger:
    """Return all that a run recorded; equal strings are one object, gaps are left out."""
    ledger = Ledger(run=run, plan=plan)
    same = _Same()
    _read_answers(connection, ledger, same)
    _read_judgments(connection, ledger, same)
    _read_measurements(connection, ledger, same)
    _read_calls(connection, ledger)
    return ledger


def read_answers(
    connection: Connection, keys: Iterable[str], not_before: float
) -> dict[str, Reusable]:
    """Return the latest good answer by key."""
    table = schema.generation
    columns = (table.c.key, table.c.chat_id, table.c.attempt, table.c.cost, *_ANSWER)
    same = _Same()
    found = {}
    for chunk in _chunks(keys):
        query = (
            select(*columns)
            .select_from(_ANSWERS)
            .where(schema.REUSABLE, table.c.key.in_(chunk), table.c.started >= not_before)
            .where(table.c.final, table.c.failure.is_(None))
            .order_by(table.c.started, table.c.chat_id)
        )
        for row in connection.execute(query):
            key, chat_id, attempts, cost = row[:4]
            found[key] = Reusable(chat_id, _answer(row[4:], same), attempts, cost)
    return found


def read_reusable_judgments(
    connection: Connection, keys: Iterable[str], not_before: float
) -> dict[str, Judgment]:
    """Return the latest verdict by key. A reused one is no source: it would never expire."""
    table = schema.judgment
    same = _Same()
    found = {}
    for chunk in _chunks(keys):
        query = (
            select(table.c.key, *_JUDGMENT)
            .select_from(_JUDGMENTS)
            .where(table.c.key.in_(chunk), table.c.verdict.is_not(None))
            .where(table.c.reused.is_(False), table.c.made >= not_before)
            .order_by(table.c.made, table.c.run)
        )
        for row in connection.execute(query):
            found[row[0]] = _judgment(row[1:], same)
    return found


def read_reusable_measurements(connection: Connection, keys: Iterable[str]) -> dict[str, Measured]:
    """Return the latest measurement without an error by key."""
    table, runs = schema.measurement, schema.run
    found = {}
    for chunk in _chunks(keys):
        query = (
            select(table.c.key, table.c.value)
            .select_from(table.join(runs, runs.c.id == table.c.run))
            .where(table.c.key.in_(chunk), table.c.error == "")
            .order_by(runs.c.started, runs.c.id)
        )
        for key, value in connection.execute(query):
            found[key] = Measured(value=value)
    return found


def read_timings(connection: Connection, owner: str, run: str) -> list[Timing]:
    """Return the clocks of a model's good calls in a run, without gaps."""
    table = schema.generation
    query = (
        select(*TIMING_COLUMNS)
        .where(table.c.run == run, table.c.owner == owner)
        .where(table.c.failure.is_(None), table.c.timing.is_not(None))
        .order_by(table.c.started, table.c.chat_id)
    )
    return [timing_from_row(row) for row in connection.execute(query)]


def find_chat_ids(connection: Connection, prefix: str, *, limit: int) -> list[str]:
    """Return the chat id itself where it is one, else up to ``limit`` that start with it."""
    column = schema.generation.c.chat_id
    exact = connection.execute(select(column).where(column == prefix)).scalar()
    if exact is not None:
        return [exact]
    starts = func.substr(column, 1, len(prefix)) == prefix
    return list(
        connection.execute(select(column).where(starts).order_by(column).limit(limit)).scalars()
    )


def read_generation(connection: Connection, chat_id: str) -> Generation:
    """Return one call with its whole text and gaps."""
    table = schema.generation
    columns = (*_CALL, table.c.gaps, *_ANSWER)
    query = select(*columns).select_from(_ANSWERS).where(table.c.chat_id == chat_id)
    row = connection.execute(query).one()
    *call, gaps = row[: len(_CALL) + 1]
    answer = _answer(row[len(_CALL) + 1 :], _Same(), gaps=gaps_from_bytes(gaps))
    names = (column.name for column in _CALL)
    return Generation(**dict(zip(names, call, strict=True)), answer=answer)


def read_unused_calls(connection: Connection, run_id: str) -> list[Generation]:
    """Return the judges' good calls of a run that stand behind no judgment of it."""
    table, judged = schema.generation, schema.judgment
    used = select(judged.c.chat_id).where(judged.c.run == run_id, judged.c.chat_id.is_not(None))
    query = (
        select(table.c.chat_id)
        .where(table.c.run == run_id, table.c.role == "judge", table.c.final)
        .where(table.c.failure.is_(None), table.c.chat_id.not_in(used))
        .order_by(table.c.started, table.c.chat_id)
    )
    return [read_generation(connection, chat) for chat in connection.execute(query).scalars().all()]


def read_judgments_about(
    connection: Connection, generation: Generation, baseline_of: Callable[[str], str]
) -> list[JudgmentPlaced]:
    """Return the judgments that a call gave, or those of the battles that its answer fought.

    Args:
        connection: The store's.
        generation: The call.
        baseline_of: Names the baseline of a run; its answers fight every candidate.
    """
    table, placed = schema.judgment, schema.placed_answer
    if generation.role == "judge":
        return _judgments_where(connection, table.c.chat_id == generation.chat_id)
    query = select(placed.c.run, placed.c.contestant, placed.c.prompt, placed.c.repeat).where(
        placed.c.chat_id == generation.chat_id, placed.c.purpose == "text"
    )
    found = []
    for run, contestant, prompt, repeat in connection.execute(query).all():
        battle = (table.c.run == run) & (table.c.prompt == prompt) & (table.c.repeat == repeat)
        if contestant != baseline_of(run):
            battle &= table.c.candidate == contestant
        found += _judgments_where(connection, battle)
    return found


def _judgments_where(connection: Connection, condition: Any) -> list[JudgmentPlaced]:
    table = schema.judgment
    slot = (table.c[name] for name in GameSlot._fields)
    rest = (table.c.run, table.c.key, table.c.made, table.c.reused, *_JUDGMENT)
    query = select(*slot, *rest).select_from(_JUDGMENTS).where(condition)
    same = _Same()
    found = []
    for row in connection.execute(query.order_by(*table.primary_key)):
        run, key, made, reused = row[6:10]
        found.append(
            JudgmentPlaced(
                run=run,
                slot=GameSlot(*row[:5], Order(row[5])),
                key=key,
                judgment=_judgment(row[10:], same),
                made=made,
                reused=reused,
            )
        )
    return found


class _Same:
    """Makes equal values one object, so that a ledger holds each text and name once."""

    def __init__(self) -> None:
        self._texts: dict[bytes, str] = {}
        self._values: dict[Any, Any] = {}

    def text(self, sha: bytes | None, compressed: bool | None, body: bytes | None) -> str:  # noqa: FBT001
        if sha is None or body is None:
            return ""
        found = self._texts.get(sha)
        if found is None:
            found = self._texts[sha] = unpack_text(body, compressed=bool(compressed))
        return found

    def value(self, value: Value) -> Value:
        found: Value = self._values.setdefault(value, value)
        return found


def _read_answers(connection: Connection, ledger: Ledger, same: _Same) -> None:
    placed = schema.placed_answer
    columns = (
        placed.c.contestant,
        placed.c.prompt,
        placed.c.repeat,
        placed.c.purpose,
        placed.c.attempts,
        placed.c.reused,
        schema.generation.c.chat_id,
        schema.generation.c.cost,
        *_ANSWER,
    )
    query = (
        select(*columns)
        .select_from(placed.join(_ANSWERS, schema.generation.c.chat_id == placed.c.chat_id))
        .where(placed.c.run == ledger.run.id)
        .order_by(placed.c.contestant, placed.c.prompt, placed.c.repeat, placed.c.purpose)
    )
    places = {"text": ledger.answers, "timing": ledger.timings}
    before: Answered | None = None
    for row in _rows(connection, query):
        contestant, prompt, repeat, purpose, attempts, reused, chat_id, cost = row[:8]
        if before is None or (before.chat_id, before.reused) != (chat_id, reused):
            before = Answered(
                answer=_answer(row[8:], same),
                chat_id=chat_id,
                attempts=attempts,
                reused=reused,
                cost=cost,
            )
        slot = AnswerSlot(same.value(contestant), same.value(prompt), repeat)
        places[purpose][slot] = before


def _read_judgments(connection: Connection, ledger: Ledger, same: _Same) -> None:
    table = schema.judgment
    columns = [table.c[name] for name in GameSlot._fields]
    query = (
        select(*columns, *_JUDGMENT)
        .select_from(_JUDGMENTS)
        .where(table.c.run == ledger.run.id)
        .order_by(*columns)
    )
    for row in _rows(connection, query):
        candidate, prompt, repeat, judge, judge_repeat, order = row[:6]
        slot = GameSlot(
            same.value(candidate),
            same.value(prompt),
            repeat,
            same.value(judge),
            judge_repeat,
            Order(order),
        )
        ledger.judgments[slot] = _judgment(row[6:], same)


def _read_measurements(connection: Connection, ledger: Ledger, same: _Same) -> None:
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


def _answer(row: Sequence[Any], same: _Same, *, gaps: tuple[float, ...] = ()) -> Answer:
    text, reasoning = same.text(*row[0:3]), same.text(*row[3:6])
    finish, model, *rest = row[6:]
    row = (same.value(finish), same.value(model), *rest)
    return answer_from_row(row, text=text, reasoning=reasoning, gaps=gaps)


def _judgment(row: Sequence[Any], same: _Same) -> Judgment:
    verdict, void, sha, compressed, body, chat_id = row
    judgment = Judgment(
        verdict=None if verdict is None else Verdict(verdict),
        void=void,
        explanation=same.text(sha, compressed, body),
        chat_id=chat_id,
    )
    return same.value(judgment) if chat_id is None else judgment


def _rows(connection: Connection, query: Any) -> Iterator[Sequence[Any]]:
    result = connection.execute(query)
    while page := result.fetchmany(_PAGE):
        yield from page


def _chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(keys)
    while chunk := list(islice(remaining, _CHUNK)):
        yield chunk
