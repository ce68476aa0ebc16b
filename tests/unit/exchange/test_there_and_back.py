"""What leaves in the shape of another program comes in again from that shape."""

from __future__ import annotations

from collections import Counter

import pytest

from arenatest.exchange.export import export
from arenatest.imports.bringing import Wanted, bring
from arenatest.imports.losses import Losses
from arenatest.imports.taking import Moment
from arenatest.model.judgment import Order, Verdict
from arenatest.model.record import AnswerSlot
from arenatest.store import open_store

NOW = Moment(now=2000.0, session="s-9", versions={})


def pairs(ledger):
    """How often each pair of verdicts was given, baseline first and candidate first.

    Equal answers tie; a pair with a void is none.
    """
    found = {}
    for slot, judgment in ledger.judgments.items():
        places = [AnswerSlot(who, *slot[1:3]) for who in ("old", "new")]
        equal = len({ledger.answers[place].answer.text for place in places}) == 1
        verdict = Verdict.TIE if equal else judgment.verdict
        found.setdefault(slot._replace(order=None), {})[slot.order] = verdict
    return Counter(
        (both[Order.BASELINE_FIRST], both[Order.CANDIDATE_FIRST])
        for both in found.values()
        if None not in both.values()
    )


@pytest.mark.parametrize(("form", "part"), [("arena-hard", "data/support"), ("evalscope", "")])
def test_the_verdicts_of_all_battles_come_back(judged_store, tmp_path, form, part):
    export(judged_store, judged_store.runs(), tmp_path / "out", form=form, now=1.0)
    wanted = Wanted(source=form, paths=[tmp_path / "out" / part], baseline="old")
    with open_store(tmp_path / "other") as other:
        taken = next(iter(bring(other, wanted, NOW, Losses())))
        back = other.load(taken.run.id)
    assert pairs(back) == pairs(judged_store.load("run-1"))
    assert pairs(back).total() == 24 * 3 - 2
