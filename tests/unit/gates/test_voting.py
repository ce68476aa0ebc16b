import pytest

from arenatest.gates.battles import read_battle
from arenatest.gates.decide import decide
from arenatest.gates.voting import jury_score
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.plan import JudgeSeat
from arenatest.model.record import GameSlot
from unit.gates.scenes import Scene, plan, rule

W, T, L = 1.0, 0.5, 0.0


@pytest.mark.parametrize(
    ("scores", "mean", "majority", "unanimous"),
    [
        ([W], 1.0, W, W),
        ([0.75], 0.75, W, W),
        ([0.25], 0.25, L, L),
        ([T], 0.5, T, T),
        ([W, L], 0.5, T, T),
        ([W, T], 0.75, T, T),  # one of two is no majority
        ([W, W, L], 2 / 3, W, T),
        ([W, T, T], 2 / 3, T, T),  # the ties have the majority
        ([W, T, L], 0.5, T, T),
        ([W, W, T, L], 0.625, T, T),  # two of four is no majority
        ([W, W, W, L, L], 0.6, W, T),
        ([L, 0.25, W], 1.25 / 3, L, T),
        ([W, 0.75, 0.625], 2.375 / 3, W, W),
        ([W, W, None], 1.0, W, W),  # a judge without a score has no vote
    ],
)
def test_a_jury_decides_by_its_rule(scores, mean, majority, unanimous):
    said = [
        jury_score(scores, voting=voting, quorum=1) for voting in ("mean", "majority", "unanimous")
    ]
    assert said == [pytest.approx(mean), majority, unanimous]


@pytest.mark.parametrize("voting", ["mean", "majority", "unanimous"])
def test_below_the_quorum_there_is_no_score(voting):
    assert jury_score([W, None, W], voting=voting, quorum=3) is None
    assert jury_score([W, None, W], voting=voting, quorum=2) == W
    assert jury_score([None, None], voting=voting, quorum=1) is None
    assert jury_score([], voting=voting, quorum=1) is None


def settled(*words, judges=None, **jury):
    judges = judges or tuple(f"judge {number}" for number in range(len(words)))
    scene = Scene(plan(1, judges=judges, **jury)).battle(0, "judged", judges=words)
    return read_battle(scene.ledger, "new", "p0", 0, plan=scene.plan)


def test_a_flip_is_a_tie_of_that_judge_in_every_vote():
    assert settled("win", "flip", "win", voting="majority").score == W
    assert settled("win", "flip", voting="majority").score == T
    assert settled("win", "flip", "win", voting="unanimous").score == T


def test_each_judge_keeps_its_own_score_beside_the_jurys():
    battle = settled("win", "flip", "unread", "half", voting="majority")
    assert battle.votes == (1.0, 0.5, None, 0.75)
    assert battle.score == W


def test_a_judge_asked_often_has_one_vote():
    often = JudgeSeat(name="often", kind="python", fingerprint="o", repeats=5, settings={})
    judges = (often, "second", "third")
    assert settled("win", "loss", "loss", judges=judges, voting="majority").score == L
    assert settled("win", "loss", "loss", judges=judges).score == pytest.approx(1 / 3)


def test_the_repeats_of_a_judge_are_reduced_before_it_votes():
    twice = JudgeSeat(name="twice", kind="python", fingerprint="t", repeats=2, settings={})
    scene = Scene(plan(1, judges=(twice,), voting="majority")).battle(0, "win")
    for order in Order:
        verdict = Verdict.A_BETTER if order is Order.BASELINE_FIRST else Verdict.B_BETTER
        slot = GameSlot("new", "p0", 0, "twice", 1, order)
        scene.ledger.judgments[slot] = Judgment(verdict=verdict)
    battle = read_battle(scene.ledger, "new", "p0", 0, plan=scene.plan)
    assert (battle.votes, battle.score) == ((0.5,), T)  # won once, lost once


def test_an_abstention_is_no_vote_and_counts_against_the_quorum():
    assert settled("win", "abstained").score == W
    assert settled("win", "half abstained").votes == (W, None)
    assert settled("win", "abstained", quorum=2).score is None


def test_an_abstention_is_no_game_that_could_not_be_read():
    _, abstained, half = settled("win", "abstained", "half abstained").games
    assert (abstained.played, abstained.read, abstained.prompts) == (0, 0, 0)
    assert (half.played, half.read, half.pairs) == (1, 1, 0)


def gate_of(words, **jury):
    names = tuple(f"judge {number}" for number in range(len(words[0])))
    scene = Scene(plan(len(words), judges=names, **jury))
    for number, said in enumerate(words):
        scene.battle(number, "judged", judges=said)
    return decide(rule(), scene.ledger)


def test_the_rule_decides_the_gate():
    words = [("win", "win", "loss"), ("win", "win", "tie")] * 40
    assert gate_of(words).value == pytest.approx(0.75)
    assert gate_of(words, voting="majority").value == 1.0
    words = [("win", "win", "win"), ("win", "win", "tie")] * 40
    assert gate_of(words, voting="unanimous").value == pytest.approx(0.75, abs=0.03)


def test_a_judge_that_abstains_half_of_the_time_is_not_sick():
    words = [("win", "abstained"), ("win", "win")] * 30
    decision = gate_of(words)
    assert (decision.decision, decision.voids) == ("pass", 0)


def test_battles_below_the_quorum_are_void():
    words = [("win", "abstained"), ("win", "win")] * 30
    decision = gate_of(words, quorum=2)
    assert (decision.decision, decision.cause, decision.value) == ("inconclusive", "void", 1.0)
    assert decision.reason.endswith(
        "4 prompts have no value, more than 0.05 of the 60 planned; "
        "fewer than 2 judges gave a verdict on 4"
    )


def test_a_battle_that_all_abstain_from_says_so():
    reason = gate_of([("abstained", "abstained")] * 20).reason
    assert reason.endswith("; no judge gave a verdict on 2")
    reason = gate_of([("abstained",)] * 20).reason
    assert reason.endswith("; the judge gave no verdict on 2")


def test_a_sick_judge_does_not_hide_that_the_quorum_was_missed():
    reason = gate_of([("flip", "abstained")] * 20, quorum=2).reason
    assert "; fewer than 2 judges gave a verdict on 2; the judge judge 0 named another" in reason


@pytest.mark.parametrize("voting", ["unanimous", "majority", "mean"])
def test_sound_judges_that_never_agree_decide_nothing(voting):
    decision = gate_of([("win", "loss"), ("loss", "win")] * 40, voting=voting)
    assert (decision.decision, decision.cause, decision.value) == ("inconclusive", "judge", 0.5)
    assert decision.reason.endswith("the jury preferred an answer on only 0 of 80 prompts")


def test_a_jury_that_seldom_agrees_decides_nothing():
    words = [("win", "loss")] * 97 + [("win", "win")] * 3
    decision = gate_of(words, voting="unanimous")
    assert (decision.decision, decision.cause) == ("inconclusive", "judge")
    assert "the jury preferred an answer on only 3 of 100 prompts" in decision.reason


def test_few_battles_that_a_jury_ties_are_ties():
    assert gate_of([("win", "loss")] * 19, voting="unanimous").cause == "evidence"
