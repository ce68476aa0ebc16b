"""Reads an export in JSON Lines back into a store: the same ids, the same evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from arenatest.errors import OptionError
from arenatest.exchange import records
from arenatest.exchange.lines import read_lines
from arenatest.exchange.manifest import damaged_files, read_manifest
from arenatest.exchange.plan_rows import EventRow, PlanRow, PromptRow, RunRow
from arenatest.exchange.rows import (
    AnswerRow,
    CallRow,
    DecisionRow,
    JudgmentRow,
    LoadRow,
    MeasurementRow,
    ReplacedRow,
)
from arenatest.model.plan import Plan
from arenatest.model.record import Record, Run
from arenatest.store import Store
from arenatest.store.restoring import restore_replaced, restore_runs

AnyRow = TypeVar("AnyRow")

_BATCH = 500  # records written in one transaction
_RECORDS: Mapping[str, tuple[type[Any], Callable[[Any], Record]]] = {
    "calls": (CallRow, records.call_of),
    "answers": (AnswerRow, records.answer_of),
    "loads": (LoadRow, records.load_of),
    "judgments": (JudgmentRow, records.judgment_of),
    "measurements": (MeasurementRow, records.measurement_of),
    "decisions": (DecisionRow, records.decision_of),
    "events": (EventRow, records.event_of),
}


def restore(store: Store, folder: Path) -> list[Run]:
    """Write what an export holds into a store, and return its runs.

    Nothing that is there is changed, so that it can be done again. Runs appear last: when it is
    interrupted, none is there in part.

    Args:
        store: Where to.
        folder: Of an export in JSON Lines.

    Raises:
        OptionError: It is another folder, a file is damaged, or a run of the same id went on
            otherwise in the store; then nothing is written.
    """
    manifest = read_manifest(folder)
    if manifest.format != "jsonl":
        message = f"{folder}: is an export as {manifest.format}, expected jsonl"
        raise OptionError(f"{message}\n  hint: the others are for other programs")
    names = ("runs", "plans", "prompts", "replaced", *_RECORDS)
    needed = [f"{name}.jsonl" for name in names]
    if damage := list(damaged_files(folder, manifest, needed)):
        raise OptionError("\n".join(damage))
    runs = [records.run_of(row) for row in _rows(folder, "runs", RunRow)]
    _check_known(store, runs, folder)
    plans = _plans(folder)
    _check_whole(runs, plans, folder)
    for name, (kind, record_of) in _RECORDS.items():
        rows = _rows(folder, name, kind)
        while batch := [_made(record_of, row, f"{name}.jsonl") for row in islice(rows, _BATCH)]:
            store.write(batch)
    replaced = [records.replaced_of(row) for row in _rows(folder, "replaced", ReplacedRow)]
    with store.writing() as connection:
        restore_replaced(connection, replaced)
        restore_runs(connection, plans, runs)
    return runs


def _check_known(store: Store, runs: Sequence[Run], folder: Path) -> None:
    """Refuse a run that is in the store, but not as it was exported: no mixture of both."""
    known = {run.id: run for run in store.runs()}
    for run in runs:
        if known.get(run.id, run) != run:
            message = f"{folder}: {store.place} holds run {run.id} already, and it went on since"
            raise OptionError(f"{message}\n  hint: import it into another store")


def _check_whole(runs: Sequence[Run], plans: Sequence[Plan], folder: Path) -> None:
    """Refuse a run that no command could read."""
    known = {plan.hash for plan in plans}
    for run in runs:
        if run.plan_hash not in known:
            raise OptionError(f"{folder / 'plans.jsonl'}: the plan of run {run.id} is missing")
        if not f"{run.id}{run.session}{run.commit}{run.source}".isprintable():
            raise OptionError(f"{folder / 'runs.jsonl'}: {run.id!r} is no id of a run")


def _plans(folder: Path) -> list[Plan]:
    prompts = {row.sha: row for row in _rows(folder, "prompts", PromptRow)}
    try:
        return [records.plan_of(row, prompts) for row in _rows(folder, "plans", PlanRow)]
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        problem = f"a plan cannot be read: {type(error).__name__}: {error}"
        raise OptionError(f"{folder / 'plans.jsonl'}: {problem}") from error


def _rows(folder: Path, name: str, kind: type[AnyRow]) -> Iterator[AnyRow]:
    path = folder / f"{name}.jsonl"
    with path.open(encoding="ascii", newline="\n") as lines:
        yield from read_lines(kind, lines, str(path))


def _made(record_of: Callable[[Any], Record], row: Any, name: str) -> Record:
    try:
        return record_of(row)
    except ValueError as error:  # a verdict or an order that is none
        raise OptionError(f"{name}: {error}") from error
