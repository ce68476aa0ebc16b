"""What stood in the places of a run before they were filled anew.

It is kept beside the record: a gate about failing looks at what there was first, and a place that
no gate needed again gets back what stood there.
"""

from __future__ import annotations

import json
from collections import ChainMap, Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, delete, literal, select

from arenatest.model.judgment import Judgment, Order
from arenatest.model.record import (
    JUDGED,
    Answered,
    AnswerPlaced,
    AnswerSlot,
    AskedAgain,
    Before,
    DecisionMade,
    GameSlot,
    JudgmentPlaced,
    Ledger,
    Measured,
    MeasurementPlaced,
    MetricSlot,
    Record,
)
from arenatest.store import schema
from arenatest.store.codec import decision_from_json
from arenatest.store.joined import ANSWERS, MANY_ANSWERS, Same, answer_of
from arenatest.store.rows import insert_once, rows_of

PLACES: Mapping[str, Table] = {
    "answer": schema.placed_answer,
    "judgment": schema.judgment,
    "value": schema.measurement,
}
"""What can be taken from its place, and where it stands."""
STANDING = frozenset({"pass", "fail"})
"""The outcomes that no later evidence changes."""

_SLOTS: Mapping[str, Any] = {"answer": AnswerSlot, "judgment": GameSlot, "value": MetricSlot}
_TABLES = {**PLACES, "decision": schema.decision}
_NAMES = {kind: slot._fields for kind, slot in _SLOTS.items()} | {"decision": ("candidate", "gate")}


class Taken(NamedTuple):
    """What stood in a place, or a decision as it was when places were taken away.

    Attributes:
        kind: One of ``PLACES``, or ``decision``.
        place: The slot, as JSON; of a decision, candidate and gate.
        chat_id: The call behind it, where there was one.
        body: The rest, as JSON.
    """

    kind: str
    place: str
    chat_id: str | None
    body: str


def read_replaced(connection: Connection, ledger: Ledger) -> None:
    """Tell a ledger what was asked again in its run, and what stood there first."""
    rows = _rows(connection, ledger.run.id)
    if not rows:
        return
    answers = _failures(connection, ledger.run.id)
    ledger.before = Before()
    for _, _, *taken in rows:
        _note(ledger.before, answers, Taken(*taken))
    ledger.asked_again = tuple(_counted(connection, ledger, rows))


def as_it_stood(connection: Connection, ledger: Ledger, candidate: str, gate: str) -> Ledger:
    """Return the record that the decision of a gate was made on, which stands.

    That is before something was asked again for the first time after it.

    Args:
        connection: The store's.
        ledger: The record of its run, in which the decision stands.
        candidate: Whose gate.
        gate: Its id.
    """
    rows = _rows(connection, ledger.run.id)
    place = json.dumps([candidate, gate])
    fell = next(
        event
        for event, _, *fields in rows
        if (taken := Taken(*fields))[:2] == ("decision", place)
        and decision_from_json(taken.body).decision in STANDING
    )
    events = [event for event, *_ in rows]
    then, answers = Before(), _failures(connection, ledger.run.id)
    values: dict[MetricSlot, Measured] = {}
    for _, _, *fields in rows[events.index(fell) :]:
        taken = Taken(*fields)
        _note(then, answers, taken)
        if taken.kind == "value":
            values.setdefault(_slot(taken), Measured(error=json.loads(taken.body)["error"]))
    return replace(
        ledger,
        answers=ChainMap(then.answers, ledger.answers),
        judgments=ChainMap(then.judgments, ledger.judgments),
        measurements=ChainMap(values, ledger.measurements),
    )


def put_back(connection: Connection, run_id: str) -> None:
    """Give a run back what was taken away where nothing has come in its place.

    So a gate that was not selected keeps its decision, unless anything was filled: then it may not
    be what the record says any more.
    """
    table, rows = schema.replaced, _rows(connection, run_id)
    events = [*dict.fromkeys(event for event, *_ in rows)]
    latest = {(taken[0], taken[1]): (event, Taken(*taken)) for event, _, *taken in rows}
    filled = {
        place for place, (_, taken) in latest.items() if _is_filled(connection, run_id, taken)
    }
    anew = (events.index(latest[place][0]) for place in filled if place[0] in PLACES)
    last = max(anew, default=-1)
    for place, (event, taken) in latest.items():
        stale = taken.kind == "decision" and events.index(event) <= last
        if place not in filled and not stale:
            _clear_clock(connection, run_id, taken)
            for where, values in rows_of([_record(run_id, taken)]):
                insert_once(connection, where, values)
            kept = (table.c.event == event, table.c.kind == taken.kind)
            connection.execute(delete(table).where(*kept, table.c.place == taken.place))


def _rows(connection: Connection, run_id: str) -> Sequence[Any]:
    table = schema.replaced
    columns = (table.c.event, table.c.at, *(table.c[name] for name in Taken._fields))
    query = select(*columns).where(table.c.run == run_id)
    return connection.execute(query.order_by(table.c.at, table.c.event, table.c.place)).all()


def _failures(connection: Connection, run_id: str) -> dict[str, Answered]:
    """Return the failed answers that were taken away, by chat id."""
    table, call, same = schema.replaced, schema.generation, Same()
    gone = select(table.c.chat_id).where(table.c.run == run_id, table.c.kind == "answer")
    query = (
        select(call.c.chat_id, call.c.cost, call.c.started, *MANY_ANSWERS)
        .select_from(ANSWERS)
        .where(call.c.chat_id.in_(gone))
    )
    return {
        chat_id: Answered(answer=answer_of(row, same), chat_id=chat_id, cost=cost, started=started)
        for chat_id, cost, started, *row in connection.execute(query)
    }


def _note(before: Before, answers: Mapping[str, Answered], taken: Taken) -> None:
    """Note what stood in a place first; of decisions, those that stand."""
    if taken.kind == "decision":
        decision = decision_from_json(taken.body)
        if decision.decision in STANDING:
            before.decisions[decision.candidate, decision.gate] = decision
    elif taken.kind == "answer":
        if (failure := answers.get(str(taken.chat_id))) is not None:
            before.answers.setdefault(_slot(taken), failure)
    elif taken.kind == "judgment":
        before.judgments.setdefault(_slot(taken), _judgment(taken))


def _counted(connection: Connection, ledger: Ledger, rows: Sequence[Any]) -> Iterator[AskedAgain]:
    """Yield what was filled anew, by the event that took it away."""
    filled: dict[str, Counter[str]] = {}
    times: dict[str, float] = {}
    later: set[tuple[str, str]] = set()
    for event, at, *fields in reversed(rows):
        taken = Taken(*fields)
        times[event] = at
        counts = filled.setdefault(event, Counter())
        if taken.kind in PLACES:
            counts[taken.kind] += (taken[:2] in later) or _stands_in(ledger, taken)
            later.add(taken[:2])
    table = schema.event
    asked = select(table.c.id, table.c.body).where(table.c.run == ledger.run.id)
    what = {
        event: json.loads(body)["what"]
        for event, body in connection.execute(asked.where(table.c.kind == "rerun"))
    }
    for event in reversed(filled):
        counts = filled[event]
        yield AskedAgain(
            at=times[event],
            what=what[event],
            answers=counts["answer"],
            judgments=counts["judgment"],
            values=counts["value"],
        )


def _stands_in(ledger: Ledger, taken: Taken) -> bool:
    places: Mapping[str, Mapping[Any, Any]] = {
        "answer": ledger.answers,
        "judgment": ledger.judgments,
        "value": ledger.measurements,
    }
    return _slot(taken) in places[taken.kind]


def _is_filled(connection: Connection, run_id: str, taken: Taken) -> bool:
    table = _TABLES[taken.kind]
    query = select(literal(1)).where(*_here(table, run_id, taken))
    return connection.execute(query).scalar() is not None


def _here(table: Table, run_id: str, taken: Taken) -> list[ColumnElement[bool]]:
    same = _place(table, run_id, taken)
    return [*same, table.c.purpose.in_(JUDGED)] if taken.kind == "answer" else same


def _place(table: Table, run_id: str, taken: Taken) -> list[ColumnElement[bool]]:
    named = zip(_NAMES[taken.kind], json.loads(taken.place), strict=True)
    return [table.c.run == run_id, *(table.c[name] == value for name, value in named)]


def _clear_clock(connection: Connection, run_id: str, taken: Taken) -> None:
    """Take the clock away that stayed of an answer, where both come back in one row."""
    if taken.kind == "answer" and json.loads(taken.body).get("purpose") == "both":
        table = schema.placed_answer
        mine = (table.c.purpose == "timing", table.c.chat_id == taken.chat_id)
        connection.execute(delete(table).where(*_place(table, run_id, taken), *mine))


def _record(run_id: str, taken: Taken) -> Record:
    """Return what stood in a place, as it was written first."""
    if taken.kind == "decision":
        return DecisionMade(run=run_id, decision=decision_from_json(taken.body))
    slot, body = _slot(taken), json.loads(taken.body)
    if taken.kind == "answer":
        body["level"] = body["level"] or ""
        chat_id = str(taken.chat_id)
        return AnswerPlaced(run=run_id, slot=slot, chat_id=chat_id, **{"purpose": "text"} | body)
    if taken.kind == "value":
        measured = Measured(error=body["error"])
        return MeasurementPlaced(run=run_id, slot=slot, key=body["key"], measured=measured)
    return JudgmentPlaced(
        run=run_id,
        slot=slot,
        key=body["key"],
        judgment=_judgment(taken),
        made=body["made"],
        reused=body["reused"],
    )


def _judgment(taken: Taken) -> Judgment:
    body = json.loads(taken.body)
    return Judgment(void=body["void"], explanation=body["explanation"], chat_id=taken.chat_id)


def _slot(taken: Taken) -> Any:
    place = json.loads(taken.place)
    if taken.kind == "judgment":
        place[-1] = Order(place[-1])
    return _SLOTS[taken.kind](*place)
