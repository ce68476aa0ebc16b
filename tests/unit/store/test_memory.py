from __future__ import annotations

import gc
import tracemalloc

from arenatest.model.answer import Usage
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.record import AnswerSlot, GameSlot
from arenatest.store import ledger as ledger_module
from unit.store.records import answer, generation, judged, placed, plan, run

BATTLES = 5_000


def test_a_ledger_of_thousands_of_battles_stays_small(store, monkeypatch):
    monkeypatch.setattr(ledger_module, "MANY", 0)
    whole = plan(prompts=BATTLES)
    store.begin(whole, run(), fresh=False, expire=0.0)
    for start in range(0, BATTLES, 500):
        store.write([record for i in range(start, start + 500) for record in battle(i)])
    store.load("run-1").answers.clear()  # statements are compiled and cached

    size, ledger = traced(lambda: store.load("run-1"))  # beside the plan, which is there already

    assert len(ledger.answers) == len(ledger.judgments) == 2 * BATTLES
    assert size / BATTLES < 800  # all ids, counts and clocks; texts stay in the store


def traced(work):
    gc.collect()
    tracemalloc.start()
    try:
        result = work()
        gc.collect()
        return tracemalloc.get_traced_memory()[0], result
    finally:
        tracemalloc.stop()


def battle(i):
    prompt = f"p{i}"
    for owner in ("old", "new"):
        chat_id = f"{i:031x}{owner == 'new':d}"
        yield generation(
            chat_id,
            owner=owner,
            prompt=prompt,
            answer=answer(
                f"Answer {i % 7}",
                usage=Usage(input_tokens=1000 + i % 50, output_tokens=300 + i),
                request_id=f"req_{i:024d}",
                response_id=f"chatcmpl-{i:020d}",
            ),
        )
        yield placed(chat_id, slot=AnswerSlot(owner, prompt))
    for order in Order:
        slot = GameSlot("new", prompt, 0, "jury", 0, order)
        judgment = Judgment(
            verdict=Verdict.TIE,
            explanation="Alike.",
            chat_id=f"{i:031x}{order == Order.CANDIDATE_FIRST:d}",
        )
        yield judged(order, slot=slot, key=f"g-{i}-{order}", judgment=judgment)
