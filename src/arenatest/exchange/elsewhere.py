"""What both shapes of other programs need of a run: one run, judges' replies, what gets lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from arenatest.errors import OptionError
from arenatest.exchange.losses import Losses
from arenatest.exchange.plan_rows import EventRow
from arenatest.exchange.rows import DecisionRow, LoadRow, MeasurementRow, Row
from arenatest.exchange.source import Source
from arenatest.model.judgment import Judgment, Order
from arenatest.model.plan import JudgeSeat
from arenatest.model.record import GameSlot, Ledger, Run
from arenatest.store.calls import read_generations

_CHUNK = 500  # chat ids a statement: SQLite may be built for 999 variables
_UNSAID: Mapping[type[Row], tuple[str, str]] = {
    DecisionRow: ("decision", "of gates"),
    MeasurementRow: ("value", "of metrics"),
    LoadRow: ("request", "under load"),
    EventRow: ("event", ""),
}
"""What neither shape has a place for."""


def pages_of_one_run(source: Source, losses: Losses) -> Iterator[Ledger]:
    """Return the pages of the only run; behind the last one, what has no place is counted.

    Raises:
        OptionError: There are several: these shapes have no place for that.
    """
    if len(source.runs) != 1:
        message = f"got {len(source.runs)} runs, expected one: the format holds no more"
        raise OptionError(message)
    return _pages(source, source.runs[0], losses)


def replies(source: Source, page: Ledger) -> dict[str, str]:
    """Return what judges said in the calls behind a page's judgments, by chat id."""
    ids = [said.chat_id for said in page.judgments.values() if said.chat_id is not None]
    found = {}
    for start in range(0, len(ids), _CHUNK):
        for call in read_generations(source.connection, ids[start : start + _CHUNK]):
            found[call.chat_id] = call.answer.text
    return found


def both_orders(
    page: Ledger, place: tuple[str, str, int], judge: JudgeSeat, again: int
) -> dict[Order, Judgment]:
    """Return a judge's two games of one battle, by who sits in seat A."""
    slots = {order: GameSlot(*place, judge.name, again, order) for order in Order}
    return {order: page.judgments[slot] for order, slot in slots.items()}


def _pages(source: Source, run: Run, losses: Losses) -> Iterator[Ledger]:
    yield from source.pages(run)
    plan = source.plan(run)
    turns = sum(prompt.turn > 0 for prompt in plan.prompts)
    losses.add("later turn", "of conversations", count=turns)
    losses.add("battle", "of the golden set", count=len(plan.golden))
    for kind, (noun, more) in _UNSAID.items():
        losses.add(noun, more, count=sum(1 for _ in source.rows(kind)))
