"""Rows of an export from what the store holds, and back: what goes out comes in again, equal."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from arenatest.exchange.plan_rows import ContestantRow, EventRow, PlanRow, PromptRow, RunRow
from arenatest.exchange.rows import (
    AnswerRow,
    CallRow,
    DecisionRow,
    JudgmentRow,
    LoadRow,
    MeasurementRow,
    ReplacedRow,
)
from arenatest.model.answer import Answer, Failure, Timing, Usage
from arenatest.model.decision import Decision
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.load import LoadSlot
from arenatest.model.plan import Contestant, JudgeSeat, Plan
from arenatest.model.record import (
    AnswerPlaced,
    AnswerSlot,
    DecisionMade,
    Event,
    GameSlot,
    Generation,
    JudgmentPlaced,
    LoadPlaced,
    Measured,
    MeasurementPlaced,
    MetricSlot,
    Run,
)
from arenatest.store.codec import PackedText, plan_from_bytes, plan_to_bytes, unpack_text
from arenatest.store.restoring import Replaced

_USAGE = tuple(field.name for field in fields(Usage))
_CLOCKS = tuple(field.name for field in fields(Timing) if field.name not in {"source", "gaps"})
_DECISION = tuple(field.name for field in fields(Decision))
_SAID = ("text", "reasoning", "finish", "model", "request_id", "response_id")
_CALL = (
    *("chat_id", "run", "role", "owner", "key", "prompt", "repeat", "attempt", "final"),
    *("started", "cost"),
)
_RUN = ("id", "session", "started", "finished", "attempt", "commit", "source", "reuses_from")
_ANSWER = ("run", "purpose", "chat_id", "attempts", "reused", "level")
_LOAD = ("run", "number", "chat_id", "due")
_PLACED = ("run", "key", "made", "reused")
_JUDGMENT = ("void", "explanation", "chat_id")


def run_row(run: Run) -> RunRow:
    """Return the row of a run."""
    cause, line = (None, None) if run.stopped is None else run.stopped
    return RunRow(
        **_values(run, _RUN),
        plan=run.plan_hash,
        stopped_cause=cause,
        stopped_line=line,
        versions=dict(run.versions),
    )


def run_of(row: RunRow) -> Run:
    """Return the run of a row."""
    stopped: Any = None
    if row.stopped_cause is not None:
        stopped = (row.stopped_cause, row.stopped_line or "")
    return Run(**_values(row, _RUN), plan_hash=row.plan, stopped=stopped, versions=row.versions)


def plan_row(plan: Plan) -> PlanRow:
    """Return the row of a plan; it names its prompts by the rows of :func:`prompt_rows`."""
    body = json.loads(zlib.decompress(plan_to_bytes(plan).body))
    return PlanRow(
        hash=plan.hash,
        suite=plan.suite,
        path=plan.path,
        description=plan.description,
        body=body,
    )


def plan_of(row: PlanRow, prompts: Mapping[str, PromptRow]) -> Plan:
    """Return the plan of a row.

    Args:
        row: Of the plan.
        prompts: Rows of prompts, by their ``sha``.

    Raises:
        KeyError: The row of a prompt is missing.
    """

    def fetch(digests: Sequence[bytes]) -> dict[bytes, PackedText]:
        return {digest: _packed(prompts[digest.hex()]) for digest in digests}

    return plan_from_bytes(zlib.compress(json.dumps(row.body).encode(), 1), fetch)


def prompt_rows(plan: Plan) -> Iterator[PromptRow]:
    """Yield a row for each distinct prompt of a plan."""
    for digest, packed in plan_to_bytes(plan).prompts.items():
        raw = json.loads(unpack_text(packed.body, compressed=packed.compressed))
        raw |= {"messages": tuple(raw["messages"]), "tags": tuple(raw["tags"])}
        yield PromptRow(sha=digest.hex(), **raw)


def contestant_rows(plan: Plan) -> Iterator[ContestantRow]:
    """Yield a row for everybody who takes part in a plan."""
    seats: list[tuple[str, Contestant | JudgeSeat]] = [("baseline", plan.baseline)]
    seats += [("candidate", candidate) for candidate in plan.candidates]
    seats += [("judge", judge) for judge in plan.judges]
    for role, who in seats:
        yield ContestantRow(
            plan=plan.hash,
            role=role,
            name=who.name,
            kind=who.kind,
            fingerprint=who.fingerprint,
            family=who.family,
            settings=json.loads(json.dumps(dict(who.settings), default=str)),
        )


def call_row(call: Generation) -> CallRow:
    """Return the row of a call."""
    answer = call.answer
    failure, timing = answer.failure, answer.timing
    return CallRow(
        **_values(call, _CALL),
        **_values(answer, _SAID),
        has_usage=answer.usage is not None,
        **_values(answer.usage, _USAGE),
        failure=None if failure is None else failure.kind,
        failure_message=None if failure is None else failure.message,
        failure_status=None if failure is None else failure.status,
        failure_retryable=None if failure is None else failure.retryable,
        failure_retry_after=None if failure is None else failure.retry_after,
        timing=None if timing is None else timing.source,
        **_values(timing, _CLOCKS),
        gaps=() if timing is None else timing.gaps,
    )


def call_of(row: CallRow) -> Generation:
    """Return the call of a row."""
    usage = Usage(**_values(row, _USAGE)) if row.has_usage else None
    return Generation(
        **_values(row, _CALL),
        answer=Answer(
            **_values(row, _SAID), usage=usage, timing=_timing(row), failure=_failure(row)
        ),
    )


def answer_row(placed: AnswerPlaced) -> AnswerRow:
    """Return the row of an answer in its place."""
    return AnswerRow(**placed.slot._asdict(), **_values(placed, _ANSWER))


def answer_of(row: AnswerRow) -> AnswerPlaced:
    """Return the answer in its place of a row."""
    slot = AnswerSlot(row.contestant, row.prompt, row.repeat)
    return AnswerPlaced(slot=slot, **_values(row, _ANSWER))


def load_row(placed: LoadPlaced) -> LoadRow:
    """Return the row of a request under load."""
    return LoadRow(**placed.slot._asdict(), **_values(placed, _LOAD))


def load_of(row: LoadRow) -> LoadPlaced:
    """Return the request under load of a row."""
    return LoadPlaced(slot=LoadSlot(row.contestant, row.level), **_values(row, _LOAD))


def judgment_row(placed: JudgmentPlaced) -> JudgmentRow:
    """Return the row of a judgment."""
    slot, judgment = placed.slot, placed.judgment
    return JudgmentRow(
        **slot._asdict() | {"order": slot.order.value},
        **_values(placed, _PLACED),
        verdict=None if judgment.verdict is None else judgment.verdict.value,
        **_values(judgment, _JUDGMENT),
    )


def judgment_of(row: JudgmentRow) -> JudgmentPlaced:
    """Return the judgment of a row."""
    order = Order(row.order)
    verdict = None if row.verdict is None else Verdict(row.verdict)
    return JudgmentPlaced(
        slot=GameSlot(row.candidate, row.prompt, row.repeat, row.judge, row.judge_repeat, order),
        judgment=Judgment(verdict=verdict, **_values(row, _JUDGMENT)),
        **_values(row, _PLACED),
    )


def measurement_row(placed: MeasurementPlaced) -> MeasurementRow:
    """Return the row of a measurement."""
    measured = placed.measured
    return MeasurementRow(
        run=placed.run,
        **placed.slot._asdict(),
        key=placed.key,
        value=measured.value,
        error=measured.error,
    )


def measurement_of(row: MeasurementRow) -> MeasurementPlaced:
    """Return the measurement of a row."""
    return MeasurementPlaced(
        run=row.run,
        slot=MetricSlot(row.metric, row.contestant, row.prompt, row.repeat),
        key=row.key,
        measured=Measured(value=row.value, error=row.error),
    )


def decision_row(made: DecisionMade) -> DecisionRow:
    """Return the row of a decision."""
    return DecisionRow(run=made.run, **_values(made.decision, _DECISION))


def decision_of(row: DecisionRow) -> DecisionMade:
    """Return the decision of a row."""
    return DecisionMade(run=row.run, decision=Decision(**_values(row, _DECISION)))


def event_row(event: Event) -> EventRow:
    """Return the row of an event."""
    return EventRow(
        id=event.id, run=event.run, at=event.at, kind=event.kind, details=dict(event.details)
    )


def event_of(row: EventRow) -> Event:
    """Return the event of a row."""
    return Event(id=row.id, run=row.run, at=row.at, kind=row.kind, details=row.details)


def replaced_row(replaced: Replaced) -> ReplacedRow:
    """Return the row of what stood in a place before."""
    return ReplacedRow(**replaced._asdict())


def replaced_of(row: ReplacedRow) -> Replaced:
    """Return what stood in a place before."""
    return Replaced(**_values(row, Replaced._fields))


def _values(value: object, names: Sequence[str]) -> dict[str, Any]:
    """Return attributes by name; those of nothing are None."""
    return {name: getattr(value, name, None) for name in names}


def _packed(row: PromptRow) -> PackedText:
    raw = {field.name: getattr(row, field.name) for field in fields(row) if field.name != "sha"}
    return PackedText(bytes.fromhex(row.sha), False, json.dumps(raw).encode())  # noqa: FBT003


def _timing(row: CallRow) -> Timing | None:
    source: Any = row.timing
    if source is None:
        return None
    return Timing(source=source, gaps=row.gaps, **_values(row, _CLOCKS))


def _failure(row: CallRow) -> Failure | None:
    kind: Any = row.failure
    if kind is None:
        return None
    return Failure(
        kind=kind,
        message=row.failure_message or "",
        status=row.failure_status,
        retryable=bool(row.failure_retryable),
        retry_after=row.failure_retry_after,
    )
