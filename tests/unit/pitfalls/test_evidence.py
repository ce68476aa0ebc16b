"""What counts as evidence: prompts, once each, none lost and none moved (docs/peers.md)."""

import random
from dataclasses import replace

import numpy as np
import pytest

from arenatest.arena.keys import answer_key, game_key
from arenatest.gates.battles import read_battle
from arenatest.gates.decide import decide
from arenatest.model.judgment import Game
from arenatest.model.metric import BUILT_IN
from arenatest.model.plan import JudgeSeat
from arenatest.model.record import AnswerSlot
from arenatest.report.battles import battles
from arenatest.report.results import results
from arenatest.report.suite_run import SuiteRun
from arenatest.report.view import view
from arenatest.stats.means import clustered_mean
from unit.gates.scenes import Scene, contestant, plan, prompt, rule


def seats(repeats=1, **changes):
    seat = {"name": "judge", "kind": "python", "fingerprint": "judge", "settings": {}}
    return (JudgeSeat(**(seat | changes), repeats=repeats),)


def of_new(scene):
    return [battle for battle in battles(scene.ledger) if battle.candidate == "new"]


def report_of(scene, *decisions):
    run = SuiteRun(ledger=scene.ledger, decisions=decisions)
    return view([run], finished=1.0, command="pytest --arena")


def test_forty_games_on_each_prompt_are_no_more_evidence_than_two():
    words = ["win", "loss", "tie", "win", "flip", "win", "half", "loss"] * 5
    two, forty = (
        decide(rule(limit=0.6), Scene(plan(40, judges=seats(repeats))).battles(words).ledger)
        for repeats in (1, 20)
    )
    assert (two.value, two.low, two.high, two.n) == (forty.value, forty.low, forty.high, forty.n)
    assert two.n == 40


def test_an_interval_by_prompt_covers_where_one_by_game_does_not():
    chance = np.random.default_rng(3)
    covered = {"prompts": 0, "games": 0}
    prompts = np.repeat(np.arange(40), 5).tolist()
    for _ in range(200):
        hard = np.repeat(chance.beta(1.0, 1.0, 40), 5)  # what a prompt's games have in common
        scores = (chance.random(200) < hard).astype(float)
        by_prompt, by_game = clustered_mean(scores, prompts), clustered_mean(scores)
        covered["prompts"] += by_prompt.low <= 0.5 <= by_prompt.high
        covered["games"] += by_game.low <= 0.5 <= by_game.high
    assert 0.92 <= covered["prompts"] / 200 <= 0.98  # 0.95, and chance
    assert covered["games"] / 200 < 0.88


def test_strength_moves_the_value_and_never_the_number_of_prompts():
    words = ["win", "win", "tie", "loss"] * 10
    plain, strong = (
        decide(
            rule(limit=0.5), Scene(plan(40, judges=seats(strength=strength))).battles(words).ledger
        )
        for strength in (False, True)
    )
    assert (plain.value, strong.value) == (0.625, 0.5625)  # nobody was much better: half as far
    assert plain.n == strong.n == 40
    assert strong.high - strong.low >= 0.5 * (plain.high - plain.low)


def test_a_missing_answer_moves_no_other_pair_and_is_told():
    scene = Scene(plan(12)).battles(["win"] * 12)
    del scene.ledger.answers[AnswerSlot("new", "p3")]
    fought = {battle.prompt.id: battle for battle in of_new(scene)}
    assert fought["p3"].outcome == "unplayed"
    for name, battle in fought.items():
        if name != "p3":
            texts = (battle.baseline.answer.text, battle.answered.answer.text)
            assert texts == (f"old {name[1:]}", f"new {name[1:]}")
    decision = decide(rule(), scene.ledger)
    assert (decision.decision, decision.cause) == ("inconclusive", "plan")


def test_the_number_that_is_shown_is_of_prompts_that_count():
    words = ["win", "loss"] * 19 + ["unread", "void"]
    scene = Scene(plan(40)).battles(words)
    decision = decide(rule(limit=0.5), scene.ledger)
    assert (decision.n, decision.planned, decision.voids) == (38, 40, 2)
    (part,) = [p for p in results(report_of(scene, decision)).battles if p.candidate == "new"]
    assert (part.win, part.loss, part.void) == (19, 19, 2)
    assert "void_rate" in BUILT_IN, "coverage has a gate of its own"


@pytest.mark.parametrize("orphan", [("win", "void"), ("void", "win")])
def test_a_game_without_its_other_order_is_void_and_not_played_twice(orphan, monkeypatch):
    from unit.gates import scenes

    monkeypatch.setitem(scenes.BATTLES, "orphan", orphan)
    scene = Scene(plan(1)).battle(0, "orphan")
    battle = read_battle(scene.ledger, "new", "p0", 0, plan=scene.plan)
    assert battle.score is None
    shown = next(battles(scene.ledger))
    assert (shown.outcome, shown.cause) == ("void", "judge unreadable")


def test_an_orphan_of_one_judge_leaves_the_others_verdict():
    scene = Scene(plan(1, judges=("one", "two"))).battle(0, "", judges=["win", "void"])
    assert read_battle(scene.ledger, "new", "p0", 0, plan=scene.plan).score == 1.0


def test_a_thousand_unreadable_verdicts_are_not_one_tie():
    scene = Scene(plan(500, max_void=1.0)).battles(["unread"] * 500)
    decision = decide(rule(limit=0.3), scene.ledger)
    assert (decision.decision, decision.value, decision.n) == ("inconclusive", None, 0)
    assert {battle.outcome for battle in of_new(scene)} == {"void"}


def test_prompts_that_were_dropped_count_as_lost_for_passing():
    words = ["win"] * 26 + ["loss"] * 14 + ["failed"] * 20
    random.Random(7).shuffle(words)
    gate = rule(limit=0.5, target="suite")
    honest = decide(gate, Scene(plan(60, max_void=1.0)).battles(words).ledger)
    dropped = [word for word in words if word != "failed"]
    flattering = decide(gate, Scene(plan(40)).battles(dropped).ledger)
    assert honest.value == 0.65
    assert flattering.decision == "pass"
    assert honest.decision == "inconclusive"
    assert honest.low <= 26 / 60 < 0.5, "the worst case: all that is missing was lost"


def test_ties_are_half_a_win_and_shown_apart():
    scene = Scene(plan(20)).battles(["tie"] * 12 + ["win"] * 6 + ["loss"] * 2)
    decision = decide(rule(limit=0.6), scene.ledger)
    (part,) = [p for p in results(report_of(scene, decision)).battles if p.candidate == "new"]
    assert (part.win, part.tie, part.loss) == (6, 12, 2)
    assert decision.value == 0.6


PROMPT = prompt(1)
GAME = Game(prompt=PROMPT, text_a="Paris.", text_b="Rome.")
OTHERS = {
    "the prompt": Game(prompt=prompt(2), text_a="Paris.", text_b="Rome."),
    "the reference": replace(GAME, prompt=replace(PROMPT, reference="Paris")),
    "the first answer": replace(GAME, text_a="Lyon."),
    "the second answer": replace(GAME, text_b="Milan."),
    "the order": replace(GAME, text_a="Rome.", text_b="Paris."),
    "the repeat": replace(GAME, repeat=1),
    "an earlier turn": replace(GAME, earlier_a=("Hello.",), earlier_b=("Hi.",)),
}


@pytest.mark.parametrize("changed", OTHERS.values(), ids=OTHERS)
def test_a_judgment_is_known_by_all_that_the_judge_sees(changed):
    (seat,) = seats()
    assert game_key(seat, changed, copy=0) != game_key(seat, GAME, copy=0)
    assert game_key(seat, replace(changed), copy=0) == game_key(seat, changed, copy=0)


def test_a_judgment_is_known_by_its_judge_and_not_by_a_name_or_a_place():
    (seat,) = seats()
    key = game_key(seat, GAME, copy=0)
    assert game_key(replace(seat, fingerprint="other prompt or parser"), GAME, copy=0) != key
    assert game_key(replace(seat, name="renamed"), GAME, copy=0) == key
    moved = replace(GAME, prompt=replace(PROMPT, id="line-7", category="moved"))
    assert game_key(seat, moved, copy=0) == key


def test_an_answer_is_known_by_what_was_asked_of_whom():
    key = answer_key(contestant("new"), PROMPT.messages, repeat=0, copy=0)
    renamed = replace(contestant("new"), name="renamed")
    assert answer_key(renamed, PROMPT.messages, repeat=0, copy=0) == key
    behind_the_same_name = replace(contestant("new"), fingerprint="another model")
    assert answer_key(behind_the_same_name, PROMPT.messages, repeat=0, copy=0) != key
    assert answer_key(contestant("new"), prompt(2).messages, repeat=0, copy=0) != key
