from __future__ import annotations

import tracemalloc
from collections import deque
from dataclasses import replace

import pytest

from arenatest.exchange.battles import battle_rows
from arenatest.exchange.rows import BattleRow, CallRow, JudgmentRow
from arenatest.exchange.source import Source
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.prompt import Message, Prompt
from arenatest.model.record import AnswerSlot, GameSlot
from arenatest.store import open_store
from unit.store.records import answer, generation, judged, placed, plan, run

FEW, MANY = 400, 2400  # calls for answers: a few pages, and many
LONG = 4_000  # characters of a text


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """A run of a few battles and one of many, by how many calls for answers it made."""
    made = {calls: tmp_path_factory.mktemp("store") for calls in (FEW, MANY)}
    for calls, folder in made.items():
        asked = (Message(role="user", content="?"),)
        prompts = tuple(Prompt(id=f"p{n}", messages=asked) for n in range(calls // 2))
        small = replace(plan(), prompts=prompts, candidates=plan().candidates[:1])
        with open_store(folder) as store:
            store.begin(small, run(), fresh=True, expire=0.0)
            for start in range(0, len(prompts), 100):
                store.write([one for p in prompts[start : start + 100] for one in battle(p.id)])
    return made


def battle(prompt):
    for owner in ("old", "new"):
        chat = f"{owner}-{prompt}"
        said = answer(f"{chat} ".ljust(LONG, "x"))
        yield generation(chat, owner=owner, prompt=prompt, answer=said)
        yield placed(chat, slot=AnswerSlot(owner, prompt))
    for order in Order:
        slot = GameSlot("new", prompt, 0, "jury", 0, order)
        said = Judgment(verdict=Verdict.TIE, explanation=f"{slot}".ljust(LONG, "y"))
        yield judged(slot=slot, key=str(slot), judgment=said)


def peak(folder, kind):
    with open_store(folder) as store, store.reading() as connection:
        source = Source(connection, store.runs())
        source.plan(source.runs[0])  # held whole, and no matter here
        tracemalloc.start()
        try:
            deque(source.rows(kind), maxlen=0)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("kind", [CallRow, JudgmentRow, BattleRow])
def test_no_more_than_some_pages_are_in_memory(stores, kind):
    peak(stores[FEW], kind)  # what is loaded once
    assert peak(stores[MANY], kind) < MANY * LONG / 3  # of twice that, or as much, on disk


def test_pages_together_are_the_whole_run(stores):
    with open_store(stores[FEW]) as store, store.reading() as connection:
        source = Source(connection, store.runs())
        pages = list(source.pages(source.runs[0]))
        whole = store.load("run-1")
    assert len(pages) > 1
    assert [prompt for page in pages for prompt in page.plan.prompts] == [*whole.plan.prompts]
    assert {slot: one for page in pages for slot, one in page.answers.items()} == whole.answers
    assert {slot: one for page in pages for slot, one in page.judgments.items()} == whole.judgments
    rows = [row for page in pages for row in battle_rows(page)]
    assert rows == list(battle_rows(whole))
