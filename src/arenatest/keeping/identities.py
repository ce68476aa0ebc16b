"""Checks what stands in a run against the content that names it: answers and games by their keys.

A seal tells that a row is as it was written; a key tells that it stands where it belongs.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from arenatest.arena.keys import answer_key, copies, game_key, sent
from arenatest.keeping.findings import RESTORE, Finding, Findings
from arenatest.model.health import GOLDEN
from arenatest.model.judgment import Game, Order
from arenatest.model.prompt import Prompt
from arenatest.model.record import JUDGED, AnswerSlot, GameSlot, Ledger
from arenatest.store import Store, schema

_PAGE = 500  # rows read at once


def check_identities(store: Store, ledger: Ledger, findings: Findings) -> None:
    """Check the keys of a run's answers and games; those of imported runs are another's.

    Args:
        store: Where the run is recorded.
        ledger: What it recorded.
        findings: Takes what is wrong.
    """
    if ledger.run.source is None:
        run = _Run(ledger)
        for finding in (*run.answers(store, findings), *run.games(store, findings)):
            findings.add(finding)


class _Run:
    """One run, with what its keys are made of."""

    def __init__(self, ledger: Ledger) -> None:
        plan = ledger.plan
        self._ledger = ledger
        self._copies = copies(plan)
        self._turns = {
            prompt.id: block[: number + 1]
            for block in plan.blocks
            for number, prompt in enumerate(block)
        }
        self._contestants = {one.name: one for one in plan.contestants}
        self._seats = {seat.name: seat for seat in plan.judges}
        self._golden = {battle.prompt.id: battle for battle in plan.golden}

    def answers(self, store: Store, findings: Findings) -> Iterator[Finding]:
        """Yield the answers that were not given to what their place asks."""
        placed, call = schema.placed_answer, schema.generation
        query = (
            select(placed.c.contestant, placed.c.prompt, placed.c.repeat, call.c.key)
            .select_from(placed.join(call, call.c.chat_id == placed.c.chat_id))
            .where(placed.c.run == self._ledger.run.id, placed.c.purpose.in_(JUDGED))
            .where(call.c.key != "")  # nobody may use it again, or it was given up
            .execution_options(yield_per=_PAGE)
        )
        with store.reading() as connection:
            for *place, key in connection.execute(query):
                findings.looked["keys"] += 1
                slot = AnswerSlot(*place)
                if self._answer_key(slot) != key:
                    where = f"answer of {slot.contestant} on {slot.prompt}"
                    yield self._finding(where, "an answer to something else")

    def games(self, store: Store, findings: Findings) -> Iterator[Finding]:
        """Yield the judgments of other games than those of their place."""
        table = schema.judgment
        columns = [table.c[name] for name in GameSlot._fields]
        query = (
            select(*columns, table.c.key)
            .where(table.c.run == self._ledger.run.id)
            .execution_options(yield_per=_PAGE)
        )
        with store.reading() as connection:
            for *place, key in connection.execute(query):
                findings.looked["keys"] += 1
                slot = GameSlot(*place)
                where = f"judgment of {slot.judge} on {slot.candidate or 'the golden set'}"
                where += f", {slot.prompt}, {slot.order}"
                if (found := self._game_key(slot)) is None:
                    yield self._finding(where, "no answers that it could be about")
                elif found != key:
                    yield self._finding(where, "a judgment on something else")

    def _answer_key(self, slot: AnswerSlot) -> str:
        turns = self._turns.get(slot.prompt, ())
        contestant = self._contestants.get(slot.contestant)
        if not turns or contestant is None:
            return ""
        model = contestant.model_for(turns[-1])
        replies = [self._said(slot.contestant, turn, slot.repeat) for turn in turns[:-1]]
        messages = sent(model, turns, [reply or "" for reply in replies])
        copy = self._copies[slot.prompt]
        return answer_key(model, messages, repeat=slot.repeat, copy=copy)

    def _game_key(self, slot: GameSlot) -> str | None:
        seat = self._seats.get(slot.judge)
        if seat is None:
            return None
        repeat = slot.repeat * seat.repeats + slot.judge_repeat
        first = slot.order == Order.BASELINE_FIRST
        if slot.candidate == GOLDEN:
            battle = self._golden.get(slot.prompt)
            if battle is None:
                return None
            texts = (battle.text_a, battle.text_b) if first else (battle.text_b, battle.text_a)
            game = Game(prompt=battle.prompt, text_a=texts[0], text_b=texts[1], repeat=repeat)
            return game_key(seat, game, copy=0)
        turns = self._turns.get(slot.prompt, ())
        sides = [self._ledger.plan.baseline.name, slot.candidate]
        (a, before_a), (b, before_b) = (
            self._said_in(name, turns, slot.repeat) for name in (sides if first else sides[::-1])
        )
        if a is None or b is None:
            return None
        game = Game(
            prompt=turns[-1],
            text_a=a,
            text_b=b,
            repeat=repeat,
            earlier_a=before_a,
            earlier_b=before_b,
        )
        return game_key(seat, game, copy=self._copies[slot.prompt])

    def _said_in(
        self, name: str, turns: tuple[Prompt, ...], repeat: int
    ) -> tuple[str | None, tuple[str, ...]]:
        """Return what a contestant said to the last of several turns, and to those before it."""
        said = [self._said(name, turn, repeat) for turn in turns]
        before = tuple([text for text in said[:-1] if text is not None])
        return (said[-1] if said else None), before

    def _said(self, name: str, prompt: Prompt, repeat: int) -> str | None:
        answered = self._ledger.answers.get(AnswerSlot(name, prompt.id, repeat))
        return None if answered is None else answered.answer.text

    def _finding(self, where: str, found: str) -> Finding:
        run = self._ledger.run.id
        return Finding(
            kind="key",
            where=f"{where} in the run {run[:8]}",
            found=found,
            expected="what the plan asks there",
            remedy=RESTORE.format(run=run[:8]),
        )
