"""Reads judges' recorded replies again, with the parser as it is now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from arenatest.judges.contract import OutputContract
from arenatest.model.judgment import Judgment
from arenatest.model.plan import JudgeSeat
from arenatest.model.record import GameSlot, Ledger
from arenatest.store import Store
from arenatest.suite.differences import READ

_SHOWN = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A game whose reply says something else when it is read today."""

    slot: GameSlot
    was: Judgment
    now: Judgment


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """What came of reading a run's replies again.

    Attributes:
        replies: Games whose judge's reply is on record.
        changes: Those with another verdict or void than then, in the order of the plan.
    """

    replies: int
    changes: tuple[Change, ...]

    def lines(self) -> Iterator[str]:
        """Yield the changes for people."""
        for change in self.changes[:_SHOWN]:
            slot = change.slot
            who = slot.candidate or "golden set"
            repeat = f" repeat {slot.repeat}.{slot.judge_repeat}"
            yield (
                f"{who} on {slot.prompt}, {slot.judge} {slot.order.value}"
                f"{repeat if slot.repeat or slot.judge_repeat else ''}: "
                f"{_said(change.was)} -> {_said(change.now)}"
            )
        if len(self.changes) > _SHOWN:
            yield f"and {len(self.changes) - _SHOWN:,} more"


def reread(store: Store, ledger: Ledger) -> tuple[Ledger, Reread]:
    """Return a record whose judges' replies are read again; the store stays as it is.

    Verdicts of judges that ask no model, and games whose call failed, stay as they were. So do
    all answers and clocks.
    """
    recorded = store.judges_replies(ledger.run.id)
    read = {seat.name: _contract(seat) for seat in ledger.plan.judges if seat.kind == READ}
    judgments = dict(ledger.judgments)
    changes = []
    replies = 0
    for slot, was in ledger.judgments.items():
        reply = None if was.chat_id is None else recorded.get(was.chat_id)
        if slot.judge not in read or reply is None:
            continue
        replies += 1
        now = read[slot.judge].read(reply.text, finish=reply.finish, chat_id=was.chat_id)
        judgments[slot] = now
        if (now.verdict, now.void) != (was.verdict, was.void):
            changes.append(Change(slot=slot, was=was, now=now))
    ranks = {prompt.id: rank for rank, prompt in enumerate(ledger.plan.prompts)}
    changes.sort(key=lambda change: (ranks.get(change.slot.prompt, -1), change.slot))
    return replace(ledger, judgments=judgments), Reread(replies=replies, changes=tuple(changes))


def _contract(seat: JudgeSeat) -> OutputContract:
    return OutputContract(may_abstain=bool(seat.settings.get("may_abstain", False)))


def _said(judgment: Judgment) -> str:
    return f"void ({judgment.void})" if judgment.verdict is None else judgment.verdict.value
