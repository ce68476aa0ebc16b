import random
import statistics

import pytest

from arenatest.gates.decide import decide
from arenatest.gates.readers import reader_of
from arenatest.model.record import AnswerSlot
from unit.gates.scenes import Scene, plan, rule


def test_against_another_candidate_is_paired_on_the_baseline():
    scene = Scene(plan(60)).battles(["tie"] * 60).battles(["loss"] * 60, candidate="other")
    decision = decide(rule(against="other", limit=0.5), scene.ledger)
    assert decision.value == 0.75
    assert decision.decision == "pass"
    mirrored = decide(rule(against="new", candidate="other", limit=0.5), scene.ledger)
    assert mirrored.value == 0.25
    assert mirrored.decision == "fail"


def test_what_two_candidates_find_alike_is_no_noise_between_them():
    chance = random.Random(1)
    words = [chance.choice(["win", "loss", "tie"]) for _ in range(120)]
    scene = Scene(plan(120)).battles(words).battles(words, candidate="other")
    paired = decide(rule(against="other"), scene.ledger)
    alone = decide(rule(), scene.ledger)
    assert (paired.decision, paired.value) == ("pass", 0.5)
    assert (alone.decision, alone.n) == ("inconclusive", 120)
    assert paired.n <= 60


def test_the_pairing_takes_about_half_off_the_standard_error():
    chance = random.Random(5)
    pairs = []
    for _ in range(4_000):  # latent quality: a prompt that is hard for one is hard for the other
        hard, calls = chance.gauss(0, 1), [chance.gauss(0, 0.6) for _ in range(2)]
        pairs.append([0.5 * ((hard + c > -0.3) + (hard + c > 0.3)) for c in calls])
    ours, theirs = zip(*pairs, strict=True)
    apart = (statistics.variance(ours) + statistics.variance(theirs)) ** 0.5
    paired = statistics.stdev(a - b for a, b in pairs)
    assert 0.45 < paired / apart < 0.66


@pytest.mark.parametrize(
    ("ours", "theirs", "decision"),
    [("failed", "tie", "inconclusive"), ("tie", "failed", "inconclusive")],
)
def test_failures_against_another_candidate_prove_nothing_by_themselves(ours, theirs, decision):
    scene = Scene(plan(60, max_void=1.0)).battles([ours] * 60)
    scene.battles([theirs] * 60, candidate="other")
    found = decide(rule(against="other", limit=0.5), scene.ledger)
    assert found.decision == decision
    assert found.value is None


@pytest.mark.parametrize(
    ("new", "other", "evidence"),
    [
        ("win", "loss", ((1.0,), (1.0,), (1.0,))),
        ("tie", "win", ((0.25,), (0.25,), (0.25,))),
        ("failed", "tie", ((0.25,), (), ())),
        ("tie", "failed", ((), (0.75,), ())),
        ("failed", "failed", ((), (), ())),
        ("excused", "excused", ((), (), ())),
    ],
)
def test_against_another_candidate_each_failure_counts_on_one_side_only(new, other, evidence):
    scene = Scene(plan(1))
    scene.battle(0, other, candidate="other")
    theirs = scene.ledger.answers[AnswerSlot("old", "p0")]
    scene.battle(0, new)
    scene.ledger.answers[AnswerSlot("old", "p0")] = theirs
    found = reader_of(rule(against="other"), scene.plan)(scene.ledger, scene.plan.prompts[0])
    assert (found.passing, found.failing, found.values) == evidence
    assert found.void == (not evidence[2])
