"""Records as rows of the tables: written by the thousand, so by position.

The order of a row is the order of the columns in ``schema``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, ScalarSelect, Table, bindparam, column, insert, select
from sqlalchemy import table as plain_table
from sqlalchemy.engine import Dialect

from arenatest.model.answer import Failure, Timing, Usage
from arenatest.model.microseconds import A_SECOND, LEAST, MOST, microseconds
from arenatest.model.record import (
    AnswerPlaced,
    DecisionMade,
    Event,
    Generation,
    JudgmentPlaced,
    LoadPlaced,
    MeasurementPlaced,
    Record,
    Run,
)
from arenatest.store import schema
from arenatest.store.codec import PackedText, cell_from_text, decision_to_json, pack_text
from arenatest.store.gaps import gaps_to_bytes
from arenatest.store.ids import id_to_bytes, server_id_to_bytes
from arenatest.store.names import Row, learn, names_in, numbered, places_of
from arenatest.store.seals import sealer
from arenatest.store.types import Said

Texts = dict[str, PackedText]

_GREATEST = 2**63 - 1
_CLOCKS = (
    *("queue_wait", "connect", "ttfb", "ttft", "ttfat", "tpot", "e2e", "wall", "icl"),
    *("held", "lag", "stream_lag", "server", "server_queue", "load"),
)
_BEFORE_READS = _CLOCKS.index("held")
_clocks = attrgetter(*_CLOCKS)
_NO_FAILURE = (None, None, None, None, None)
_NO_TIMING = (None,) * 19
_NO_USAGE = (False, None, None, None, None)


def rows_of(records: Iterable[Record]) -> list[tuple[Table, list[Row]]]:
    """Return the rows to insert, table by table: texts first, so that nothing refers to nothing.

    Names are spelt in them: :func:`~arenatest.store.names.numbered` puts their numbers there.
    """
    texts: Texts = {}
    found: dict[type[Record], list[Row]] = {}
    for record in records:
        kind = type(record)
        row, seal = _WRITERS[kind][1](record, texts), _SEALERS.get(kind)
        found.setdefault(kind, []).append(row if seal is None else (*row, seal(row)))
    tables = [(_WRITERS[kind][0], rows) for kind, rows in found.items()]
    if not texts:
        return tables
    in_order: list[Row] = sorted(
        texts.values()
    )  # in another one, two processes could wait for each other
    return [(schema.text, in_order), *tables]


def once(table: Table, dialect: Dialect) -> str:
    """Return the statement that inserts rows, by position, and leaves those already there.

    It takes values as the database holds them, but for what the database counts up, and digests of
    texts, whose numbers it looks up. SQLite and PostgreSQL spell its ending alike.
    """
    taken = [one for one in table.c if one is not table.autoincrement_column]
    bare = plain_table(table.name, *(column(one.name) for one in taken))
    found = {one.name: number_of(one.name) for one in taken if isinstance(one.type, Said)}
    statement = insert(bare).values({one.name: bindparam(one.name) for one in taken} | found)
    return f"{statement.compile(dialect=dialect)} ON CONFLICT DO NOTHING"


def insert_once(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, by position, with their names spelt; those already there stay as they are."""
    if rows and places_of(table):
        rows = numbered(table, rows, learn(connection, names_in(table, rows)))
    if rows:
        connection.exec_driver_sql(once(table, connection.dialect), [*rows])


def run_row(run: Run) -> Row:
    """Return the row of a run."""
    stopped = None if run.stopped is None else json.dumps(run.stopped)
    versions = json.dumps(dict(run.versions))
    return (
        run.id,
        run.session,
        run.plan_hash,
        run.started,
        run.finished,
        run.attempt,
        stopped,
        versions,
        run.commit,
        run.source,
        run.reuses_from,
    )


def run_from_row(row: Sequence[Any]) -> Run:
    """Return the run of a row."""
    identity, session, plan_hash, started, finished, attempt, stopped, versions = row[:8]
    commit, source, reuses_from = row[8:]
    return Run(
        id=identity,
        session=session,
        plan_hash=plan_hash,
        started=started,
        finished=finished,
        attempt=attempt,
        stopped=None if stopped is None else tuple(json.loads(stopped)),
        versions=json.loads(versions),
        commit=commit,
        source=source,
        reuses_from=reuses_from,
    )


def event_from_row(row: Sequence[Any]) -> Event:
    """Return the event of a row."""
    identity, run, at, kind, body = row
    return Event(id=identity, run=run, at=at, kind=kind, details=json.loads(body))


def number_of(name: str) -> ScalarSelect[Any]:
    """Return what looks up the number of a text by its digest, a parameter of that name."""
    text = schema.text
    return select(text.c.number).where(text.c.sha == bindparam(name)).scalar_subquery()


def _generation(record: Generation, texts: Texts) -> Row:
    answer = record.answer
    return (
        id_to_bytes(record.chat_id),
        cell_from_text(record.run),
        record.role,
        cell_from_text(record.owner),
        id_to_bytes(record.key),
        cell_from_text(record.prompt),
        record.repeat,
        record.attempt,
        record.final,
        record.started,
        record.cost,
        _digest(answer.text, texts),
        _digest(answer.reasoning, texts),
        _cell(answer.finish),
        _cell(answer.model),
        _server_id(answer.request_id),
        _server_id(answer.response_id),
        *(_NO_USAGE if answer.usage is None else _usage(answer.usage)),
        *(_NO_FAILURE if answer.failure is None else _failure(answer.failure)),
        *(_NO_TIMING if answer.timing is None else _timing(answer.timing)),
    )


def _usage(usage: Usage) -> Row:
    return (
        True,
        _count(usage.input_tokens),
        _count(usage.output_tokens),
        _count(usage.reasoning_tokens),
        _count(usage.cached_tokens),
    )


def _failure(failure: Failure) -> Row:
    return (
        failure.kind,
        cell_from_text(failure.message),
        failure.status,
        failure.retryable,
        microseconds(failure.retry_after),
    )


def _timing(timing: Timing) -> Row:
    clocks = [
        None if one is None else round(one * A_SECOND) if LEAST <= one <= MOST else None
        for one in _clocks(timing)  # as ``microseconds``, without a call for each
    ]
    return (
        timing.source,
        *clocks[:_BEFORE_READS],
        timing.reads,
        timing.connection_reused,
        *clocks[_BEFORE_READS:],
        gaps_to_bytes(timing.gaps),
    )


def _answer_placed(record: AnswerPlaced, _texts: Texts) -> Row:
    contestant, prompt, repeat = record.slot
    return (
        cell_from_text(record.run),
        cell_from_text(contestant),
        cell_from_text(prompt),
        repeat,
        record.purpose,
        id_to_bytes(record.chat_id),
        record.attempts,
        record.reused,
        _cell(record.level or None),
    )


def _load_placed(record: LoadPlaced, _texts: Texts) -> Row:
    contestant, level = record.slot
    return (
        cell_from_text(record.run),
        cell_from_text(contestant),
        level,
        record.number,
        id_to_bytes(record.chat_id),
        microseconds(record.due),
    )


def _judgment_placed(record: JudgmentPlaced, texts: Texts) -> Row:
    candidate, prompt, repeat, judge, judge_repeat, order = record.slot
    judgment = record.judgment
    return (
        cell_from_text(record.run),
        cell_from_text(candidate),
        cell_from_text(prompt),
        repeat,
        cell_from_text(judge),
        judge_repeat,
        str(order),
        id_to_bytes(record.key),
        None if judgment.verdict is None else str(judgment.verdict),
        judgment.void,
        _digest(judgment.explanation, texts),
        _id(judgment.chat_id),
        record.made,
        record.reused,
    )


def _measurement_placed(record: MeasurementPlaced, _texts: Texts) -> Row:
    metric, contestant, prompt, repeat = record.slot
    return (
        cell_from_text(record.run),
        cell_from_text(metric),
        cell_from_text(contestant),
        cell_from_text(prompt),
        repeat,
        id_to_bytes(record.key),
        record.measured.value,
        cell_from_text(record.measured.error),
    )


def _decision_made(record: DecisionMade, _texts: Texts) -> Row:
    decision = record.decision
    return (
        record.run,
        cell_from_text(decision.candidate),
        cell_from_text(decision.gate),
        decision_to_json(decision),
    )


def _event(record: Event, _texts: Texts) -> Row:
    return (record.id, record.run, record.at, record.kind, json.dumps(dict(record.details)))


def _cell(text: str | None) -> str | None:
    return None if text is None else cell_from_text(text)


def _id(text: str | None) -> bytes | None:
    return None if text is None else id_to_bytes(text)


def _server_id(text: str | None) -> bytes | None:
    return None if text is None else server_id_to_bytes(text)


def _digest(text: str, texts: Texts) -> bytes | None:
    if not text:
        return None
    packed = texts.get(text)
    if packed is None:
        packed = texts[text] = pack_text(text, digest=schema.DIGEST)
    return packed.sha


def _count(value: int | None) -> int | None:
    """A server's count that no integer column holds is as good as unknown."""
    return None if value is None or not -_GREATEST <= value <= _GREATEST else value


_WRITERS: dict[type[Any], tuple[Table, Callable[[Any, Texts], Row]]] = {
    Generation: (schema.generation, _generation),
    AnswerPlaced: (schema.placed_answer, _answer_placed),
    LoadPlaced: (schema.placed_load, _load_placed),
    JudgmentPlaced: (schema.judgment, _judgment_placed),
    MeasurementPlaced: (schema.measurement, _measurement_placed),
    DecisionMade: (schema.decision, _decision_made),
    Event: (schema.event, _event),
}
_SEALERS: Mapping[type[Any], Callable[[Row], int]] = {
    kind: sealer(table) for kind, (table, _) in _WRITERS.items() if schema.SEAL in table.c
}
