"""What gates make of a record whose failures and voids were asked again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from arenatest.gates.decide import decide
from arenatest.gates.needs import Needs
from arenatest.gates.referee import Referee
from arenatest.gates.reliance import relied_on
from arenatest.model.judgment import Order
from arenatest.model.record import AnswerSlot, Before, GameSlot
from unit.gates.scenes import Scene, answered, plan, rule, verdict

ERRORS = rule("error_rate", side="max", limit=0.3)
WIN = rule(limit=0.45)


def take(scene, kept, *, battles=(), answers=()):
    """Take voids and failures from their places, as --arena-rerun does."""
    before = kept or Before()
    for i in battles:
        for order in Order:
            slot = GameSlot("new", f"p{i}", 0, "judge", 0, order)
            before.judgments[slot] = scene.ledger.judgments.pop(slot)
    for i in answers:
        slot = AnswerSlot("new", f"p{i}")
        before.answers[slot] = scene.ledger.answers.pop(slot)
    scene.ledger.before = before
    return before


def fill(scene, i, word):
    """Buy a battle anew."""
    scene.ledger.answers[AnswerSlot("new", f"p{i}")] = answered(f"new {i}")
    for order in Order:
        slot = GameSlot("new", f"p{i}", 0, "judge", 0, order)
        scene.ledger.judgments[slot] = verdict(word, order)


def scene_of(words, *rules, **changes):
    scene = Scene(plan(len(words), rules=rules, **changes))
    for i, word in enumerate(words):
        scene.battle(i, word)
    return scene


def test_voids_that_came_to_verdicts_decide_a_gate_that_they_had_left_open():
    scene = scene_of(["unread"] * 8 + ["win"] * 12, WIN)
    assert decide(WIN, scene.ledger).cause == "void"
    take(scene, None, battles=range(8))
    assert decide(WIN, scene.ledger).cause == "plan"
    for i in range(8):
        fill(scene, i, "win")
    assert decide(WIN, scene.ledger).decision == "pass"


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        (ERRORS, ["win", "win", "failed", "win"] * 5),
        (rule("void_rate", side="max", limit=0.3), ["win", "win", "unread", "win"] * 5),
        (rule("parse_rate", limit=0.7), ["win", "win", "unread", "win"] * 5),
    ],
)
def test_a_gate_about_failing_counts_what_failed_at_first(gate, words):
    scene = scene_of(words, gate)
    then = decide(gate, scene.ledger)
    assert then.value in (0.25, 0.75)
    bad = range(2, 20, 4)
    if "failed" in words:
        take(scene, None, answers=bad)
    else:
        take(scene, None, battles=bad)
    assert decide(gate, scene.ledger) == then  # the places are empty
    for i in bad:
        fill(scene, i, "win")
    assert decide(gate, scene.ledger) == then


def test_a_decision_that_had_fallen_stands_and_its_gate_needs_nothing_more():
    scene = scene_of(["unread"] + ["win"] * 59, WIN)
    passed = decide(WIN, scene.ledger)
    assert passed.decision == "pass"
    before = take(scene, None, battles=[0])
    before.decisions["new", "win_rate"] = passed

    referee = Referee(scene.plan, [WIN])

    assert referee.settle(scene.ledger) == [passed]
    assert referee.wanted() == Needs()
    assert referee.conclude(scene.ledger, ("plan", "interrupted")) == (passed,)


def test_without_early_stopping_a_gate_whose_decision_stands_needs_nothing_more_either():
    scene = scene_of(["unread"] + ["win"] * 59, WIN, early_stop=False)
    before = take(scene, None, battles=[0])
    before.decisions["new", "win_rate"] = decide(WIN, scene_of(["win"] * 60, WIN).ledger)

    referee = Referee(scene.plan, [WIN])
    referee.settle(scene.ledger)

    assert referee.wanted() == Needs()


def test_an_open_gate_beside_one_that_stands_is_followed():
    stricter = replace(WIN, id="higher", limit=0.55)
    scene = scene_of(["unread"] + ["win"] * 59, WIN, stricter)
    before = take(scene, None, battles=[0])
    before.decisions["new", "win_rate"] = decide(WIN, scene_of(["win"] * 60, WIN).ledger)

    referee = Referee(scene.plan, [WIN, stricter])
    assert [decision.gate for decision in referee.settle(scene.ledger)] == ["win_rate"]
    fill(scene, 0, "loss")
    assert [decision.gate for decision in referee.settle(scene.ledger)] == ["higher"]


def test_a_report_shows_of_a_standing_decision_what_it_looked_at():
    scene = scene_of(["unread"] + ["win"] * 59, WIN)
    passed = decide(WIN, scene.ledger)
    looked_at = len(relied_on(scene.ledger, [WIN]).judgments)
    assert looked_at < 120
    before = take(scene, None, battles=[0])
    before.decisions["new", "win_rate"] = passed

    assert len(relied_on(scene.ledger, [WIN]).judgments) == looked_at - 2
