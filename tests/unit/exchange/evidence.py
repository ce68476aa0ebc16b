"""A run with everything that a store can hold, hostile texts included."""

from __future__ import annotations

from dataclasses import replace

from arenatest.model.health import GoldenBattle
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.load import LoadSlot
from arenatest.model.prompt import Message, Prompt
from arenatest.model.record import (
    AnswerSlot,
    Event,
    GameSlot,
    LoadPlaced,
    Measured,
    MetricSlot,
    Record,
)
from unit.store.records import (
    answer,
    decided,
    failed,
    generation,
    judged,
    measured,
    placed,
    plan,
    run,
)

HOSTILE = 'a\0b\ud800c\u2028d\x85e\r\nf"g'
"""What no database, no UTF-8 or no reader of lines takes."""
FORMULA = "=HYPERLINK(1)"


def whole_plan():
    """Two prompts, one of them hostile, and a golden battle."""
    prompts = (
        Prompt(
            id="p0",
            messages=(
                Message(role="system", content="Be brief."),
                Message(role="user", content=HOSTILE),
            ),
            reference="Paris",
            dataset="faq",
            subset="geo",
            category="kids",
            tags=("a", "b"),
        ),
        Prompt(id="p1", messages=(Message(role="user", content="What is 1?"),)),
    )
    golden = GoldenBattle(prompt=prompts[1], text_a="1", text_b="2", expected=(Verdict.A_BETTER,))
    return replace(plan(), prompts=prompts, golden=(golden,))


def whole_run():
    """A run with every field filled."""
    return replace(run(), commit="c0ffee", source="elsewhere", reuses_from=5.0)


def evidence() -> list[Record]:
    """Answers of all to both prompts; `new` wins one battle and flips, `cheap` ties and fails."""
    first, second = Order.BASELINE_FIRST, Order.CANDIDATE_FIRST
    said = {
        ("old", "p0"): answer(FORMULA),
        ("new", "p0"): answer(HOSTILE, reasoning="thought", finish="length"),
        ("cheap", "p0"): answer(FORMULA),
        ("old", "p1"): answer("One.", usage=None, timing=None),
        ("new", "p1"): answer("1", model=None),
        ("cheap", "p1"): failed(),
    }
    records: list[Record] = []
    for number, ((owner, prompt), one) in enumerate(said.items()):
        chat = f"c-{number}"
        made = {"owner": owner, "prompt": prompt, "started": 1001.0 + number, "answer": one}
        records += [generation(chat, **made), placed(chat, slot=AnswerSlot(owner, prompt))]
    verdicts = {
        ("p0", first): Verdict.B_BETTER,
        ("p0", second): Verdict.A_MUCH_BETTER,
        ("p1", first): Verdict.A_BETTER,
        ("p1", second): Verdict.A_BETTER,
    }
    for (prompt, order), verdict in verdicts.items():
        chat = f"j-{prompt}-{order}"
        reply = answer(f"I say [[{verdict}]]", reasoning="")
        records.append(generation(chat, role="judge", owner="jury", prompt=prompt, answer=reply))
        judgment = Judgment(verdict=verdict, explanation=f"Clearer. {HOSTILE}", chat_id=chat)
        slot = GameSlot("new", prompt, 0, "jury", 0, order)
        records.append(judged(slot=slot, key=chat, judgment=judgment))
    records += [
        generation("elsewhere", run="run-0", owner="old", started=7.5, cost=None),
        placed("elsewhere", purpose="timing", reused=True, level="store"),
        generation("l-0", role="load", answer=answer("", finish=None)),
        LoadPlaced(run="run-1", slot=LoadSlot("new", 2.5), number=0, chat_id="l-0", due=0.1),
        measured(),
        measured(slot=MetricSlot("polite", "new", "p1"), measured=Measured(error=HOSTILE)),
        decided(),
        Event(id="e-1", run="run-1", at=1003.0, kind="finished", details={"why": HOSTILE, "n": 3}),
    ]
    return records
