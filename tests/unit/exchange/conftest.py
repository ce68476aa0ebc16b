from __future__ import annotations

from dataclasses import replace

import pytest

from arenatest.exchange.export import export
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.prompt import Message
from arenatest.model.record import AnswerSlot, GameSlot
from arenatest.store import open_store
from unit.exchange.evidence import evidence, whole_plan, whole_run
from unit.store.records import answer, generation, judged, placed


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "store") as opened:
        opened.begin(whole_plan(), whole_run(), fresh=True, expire=0.0)
        opened.write(evidence())
        opened.finish("run-1", 1010.0)
        yield opened


@pytest.fixture
def exported(store, tmp_path):
    """Export the run in a format; return the folder and the manifest."""

    def exported_as(form, **options):
        folder = tmp_path / f"as-{form}"
        manifest = export(store, store.runs(), folder, form=form, now=2000.0, **options)
        return folder, manifest

    return exported_as


@pytest.fixture
def judged_store(tmp_path):
    """Two judges, two repeats of battles and of one judge, verdicts of all kinds; two are void."""
    prompts = tuple(
        replace(
            whole_plan().prompts[1], id=f"q{n}", messages=(Message(role="user", content=f"{n}?"),)
        )
        for n in range(12)
    )
    seat = whole_plan().judges[0]
    judges = (replace(seat, repeats=2), replace(seat, name="second"))
    plan = replace(whole_plan(), prompts=prompts, judges=judges, repeats=2, golden=(), rules=())
    plan = replace(plan, candidates=plan.candidates[:1])
    places = [(prompt.id, repeat) for prompt in prompts for repeat in range(2)]
    made = []
    for number, (prompt, repeat) in enumerate(places):
        for owner in ("old", "new"):
            chat = f"{owner}-{prompt}-{repeat}"
            said = answer(owner if number % 5 else "same")
            made.append(generation(chat, owner=owner, prompt=prompt, repeat=repeat, answer=said))
            made.append(placed(chat, slot=AnswerSlot(owner, prompt, repeat)))
        for judge, again in (("jury", 0), ("jury", 1), ("second", 0)):
            for turn, order in enumerate(Order):
                verdict = [*Verdict][(3 * number + 2 * again + turn + len(judge)) % 5]
                void = number % 7 == 3 and turn == 1 and judge == "second"
                judgment = Judgment(void="unparsed") if void else Judgment(verdict=verdict)
                slot = GameSlot("new", prompt, repeat, judge, again, order)
                made.append(judged(slot=slot, key=str(slot), judgment=judgment))
    with open_store(tmp_path / "judged") as opened:
        opened.begin(plan, whole_run(), fresh=True, expire=0.0)
        opened.write(made)
        yield opened
