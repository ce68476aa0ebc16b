"""The golden set takes the way of all battles through the engine, and comes first."""

import asyncio

import pytest

from arenatest.gates.needs import Needs
from arenatest.model.health import GOLDEN, GoldenBattle
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.record import GameSlot, Generation, JudgmentPlaced
from fakes.models import ScriptedProvider, said
from fakes.plans import ledger_of, prompt_of
from fakes.runs import FakeWatcher, Stage, naming


def ledger_with(golden, prompts=("p0", "p1")):
    battles = tuple(
        GoldenBattle(
            prompt=prompt_of(f"g{i}"), text_a="old", text_b="right", expected=(Verdict.B_BETTER,)
        )
        for i in range(golden)
    )
    return ledger_of(prompts, golden=battles)


def play(ledger, *, names=("old", "new"), judged=(GOLDEN, "new"), **parts):
    wants = Needs(answers=frozenset(names), judgments=frozenset(judged))
    order = []

    def model(name):
        def answer(call):
            order.append(call.prompt.id)
            return said(f"{name} says {call.prompt.id}")

        return ScriptedProvider(answer)

    async def run():
        watcher = FakeWatcher(ledger.plan, wants=wants)
        providers = {name: model(name) for name in ("old", "new")}
        stage = Stage(ledger, providers, watcher=watcher, **parts)
        stage.stopped = await stage.engine.run()
        return stage

    stage = asyncio.run(run())
    stage.order = order
    return stage


def golden_games(ledger):
    return {slot for slot in ledger.judgments if slot.candidate == GOLDEN}


def test_every_golden_battle_is_judged_once_in_both_orders():
    ledger = ledger_with(3)
    stage = play(ledger)
    assert golden_games(ledger) == {
        GameSlot(GOLDEN, f"g{i}", 0, "judge", 0, order) for i in range(3) for order in Order
    }
    seats = [game.text_a for game in stage.judge.games if game.prompt.id == "g0"]
    assert sorted(seats) == ["old", "right"]
    keys = [r.key for r in stage.journal.records if isinstance(r, JudgmentPlaced)]
    assert len(keys) == len(set(keys)) == 10


def test_the_golden_set_is_judged_before_a_contestant_is_asked():
    order = []

    class Noting:
        async def judge(self, game, ask):
            order.append(game.prompt.id)
            return Judgment(verdict=Verdict.TIE)

    ledger = ledger_with(3)
    stage = play(ledger, judge=Noting())
    assert set(order[:6]) == {"g0", "g1", "g2"}
    assert set(order[6:]) == set(stage.order) == {"p0", "p1"}


def test_a_golden_gate_alone_asks_no_contestant():
    ledger = ledger_with(3)
    stage = play(ledger, names=(), judged=(GOLDEN,))
    assert (stage.order, len(ledger.judgments)) == ([], 6)


def test_nobody_judges_a_golden_set_that_no_gate_needs():
    ledger = ledger_with(3)
    play(ledger, judged=("new",))
    assert golden_games(ledger) == set()


def test_what_a_killed_process_left_is_not_judged_again():
    ledger = ledger_with(2)
    left = GameSlot(GOLDEN, "g0", 0, "judge", 0, Order.BASELINE_FIRST)
    ledger.judgments[left] = Judgment(verdict=Verdict.TIE)
    stage = play(ledger)
    assert sum(game.prompt.id.startswith("g") for game in stage.judge.games) == 3
    assert ledger.judgments[left].verdict is Verdict.TIE


@pytest.mark.parametrize("calls", [1, 5])
def test_a_used_up_budget_ends_the_golden_set_and_all_that_follows(calls):
    ledger = ledger_with(10)
    stage = play(ledger, judge_model=naming("judge"), max_calls=calls)
    made = [r for r in stage.journal.records if isinstance(r, Generation)]
    assert (len(made), stage.stopped[0], stage.order) == (calls, "budget", [])
