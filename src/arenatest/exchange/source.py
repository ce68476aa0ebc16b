"""What is exported: some runs of a store, read row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Connection

from arenatest.exchange import records
from arenatest.exchange.battles import battle_rows, battle_sheet_rows
from arenatest.exchange.plan_rows import ContestantRow, EventRow, PlanRow, PromptRow, RunRow
from arenatest.exchange.rows import (
    AnswerRow,
    BattleRow,
    BattleSheetRow,
    CallRow,
    DecisionRow,
    JudgmentRow,
    LoadRow,
    MeasurementRow,
    ReplacedRow,
    Row,
)
from arenatest.model.plan import Plan
from arenatest.model.prompt import Prompt
from arenatest.model.record import Ledger, Run
from arenatest.store import streams
from arenatest.store.ledger import read_page
from arenatest.store.plans import read_plan
from arenatest.store.restoring import read_replaced_rows

Value = TypeVar("Value")

_PAGE = 50  # prompts whose answers and judgments are held at a time


class Source:
    """Some runs of a store.

    Args:
        connection: The store's, in one transaction, so that all is of one moment.
        runs: Which runs, in the order in which they are written.
        whole: Whether these are all runs of the store.
    """

    def __init__(self, connection: Connection, runs: Sequence[Run], *, whole: bool = False) -> None:
        self.connection = connection
        self.runs = tuple(runs)
        self.whole = whole
        self._plan: Plan | None = None

    def plan(self, run: Run) -> Plan:
        """Return the plan of a run; the latest is kept, for one may be large."""
        if self._plan is None or self._plan.hash != run.plan_hash:
            self._plan = read_plan(self.connection, run.plan_hash)
        return self._plan

    def pages(self, run: Run) -> Iterator[Ledger]:
        """Yield the answers and judgments of a run, some prompts at a time, as it was planned.

        Each page has the plan with its own prompts alone.
        """
        plan = self.plan(run)
        page: list[Prompt] = []
        for prompt in plan.prompts:
            if len(page) >= _PAGE and not _goes_on(page[-1], prompt):
                yield read_page(self.connection, run, replace(plan, prompts=tuple(page)))
                page = []
            page.append(prompt)
        if page:
            yield read_page(self.connection, run, replace(plan, prompts=tuple(page)))

    def rows(self, kind: type[Row]) -> Iterator[Row]:
        """Yield the rows of one kind."""
        return _READERS[kind](self)


def _goes_on(before: Prompt, prompt: Prompt) -> bool:
    """Whether two prompts are turns of one conversation, which a page holds whole."""
    return before.conversation is not None and before.conversation == prompt.conversation


def _runs(source: Source) -> Iterator[Row]:
    return map(records.run_row, source.runs)


def _plans(source: Source) -> Iterator[Row]:
    return (records.plan_row(plan) for plan in _distinct(source))


def _contestants(source: Source) -> Iterator[Row]:
    for plan in _distinct(source):
        yield from records.contestant_rows(plan)


def _prompts(source: Source) -> Iterator[Row]:
    seen = set()
    for plan in _distinct(source):
        for row in records.prompt_rows(plan):
            if row.sha not in seen:
                seen.add(row.sha)
                yield row


def _distinct(source: Source) -> Iterator[Plan]:
    first = {run.plan_hash: run for run in reversed(source.runs)}
    for run in reversed(first.values()):
        yield source.plan(run)


def _calls(source: Source) -> Iterator[Row]:
    runs = None if source.whole else [run.id for run in source.runs]
    return map(records.call_row, streams.stream_calls(source.connection, runs))


def _battles(rows: Callable[[Ledger], Iterator[Row]]) -> Callable[[Source], Iterator[Row]]:
    def read(source: Source) -> Iterator[Row]:
        for run in source.runs:
            for page in source.pages(run):
                yield from rows(page)

    return read


def _each(
    stream: Callable[[Connection, str], Iterator[Value]], row: Callable[[Value], Row]
) -> Callable[[Source], Iterator[Row]]:
    def read(source: Source) -> Iterator[Row]:
        for run in source.runs:
            yield from map(row, stream(source.connection, run.id))

    return read


_READERS: Mapping[type[Row], Callable[[Source], Iterator[Row]]] = {
    RunRow: _runs,
    PlanRow: _plans,
    ContestantRow: _contestants,
    PromptRow: _prompts,
    CallRow: _calls,
    AnswerRow: _each(streams.stream_answers, records.answer_row),
    LoadRow: _each(streams.stream_loads, records.load_row),
    JudgmentRow: _each(streams.stream_judgments, records.judgment_row),
    BattleRow: _battles(battle_rows),
    BattleSheetRow: _battles(battle_sheet_rows),
    MeasurementRow: _each(streams.stream_measurements, records.measurement_row),
    DecisionRow: _each(streams.stream_decisions, records.decision_row),
    EventRow: _each(streams.stream_events, records.event_row),
    ReplacedRow: _each(read_replaced_rows, records.replaced_row),
}
