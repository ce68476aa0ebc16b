import random

import pytest

from arenatest.gates.decide import decide
from arenatest.gates.watch import Watch
from arenatest.model.health import JudgeLimits
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.plan import JudgeSeat
from arenatest.model.record import GameSlot
from unit.gates.scenes import Scene, plan, prompt, rule


def decided(words, gate=None, **options):
    scene = Scene(plan(len(words), **options)).battles(words)
    return decide(gate or rule(), scene.ledger)


def test_a_sweep_passes_early_with_a_bound_below_one():
    decision = decided(["win"] * 60)
    assert decision.decision == "pass"
    assert decision.passed
    assert decision.value == 1.0
    assert decision.low >= 0.45
    assert decision.low < 1.0
    assert decision.n < 20
    assert decision.planned == 60
    assert decision.level == 0.90
    assert decision.reason == (
        f"win rate 1.000 [{decision.low:.3f}, {decision.high:.3f}], needs >= 0.45 "
        f"(n={decision.n} of 60 prompts): pass"
    )


def test_a_rout_fails():
    decision = decided(["loss"] * 60)
    assert decision.decision == "fail"
    assert not decision.passed
    assert decision.high <= 0.45


def test_on_the_limit_it_says_so():
    decision = decided(["win", "loss"] * 30, rule(limit=0.5))
    assert (decision.decision, decision.cause) == ("inconclusive", "evidence")
    assert not decision.passed
    assert decision.low <= 0.5 <= decision.high
    assert decision.needed is None
    assert decision.reason.endswith("inconclusive; it lies too near the limit to be decided")


def test_lack_of_evidence_says_how_many_prompts_would_do():
    decision = decided([*["win", "loss", "tie", "tie"] * 10, "win", "win"])
    assert decision.cause == "evidence"
    assert decision.needed > 42
    assert f"about {decision.needed} prompts would decide it" in decision.reason


@pytest.mark.parametrize("limit", [0.40, 0.45])
def test_the_number_that_would_decide_is_that_of_what_may_count_for_it(limit):
    words = ["win"] * 40 + ["loss"] * 40 + ["failed"] * 20
    random.Random(2).shuffle(words)
    decision = decided(words, rule(limit=limit), max_void=1.0)
    assert decision.value == 0.5
    # With failures as losses the candidate is at 0.40: no number of prompts would pass it.
    assert (decision.cause, decision.needed) == ("evidence", None)
    assert decision.reason.endswith(
        "too near the limit to be decided while 20 prompts lack a value"
    )


def test_one_prompt_is_not_called_prompts():
    reason = decided(["win"]).reason
    assert "(n=1 prompt): inconclusive; 1 prompt cannot pass or fail" in reason
    reason = decided(["void"]).reason
    assert "(n=0 of 1 prompt): inconclusive; 1 prompt has no value, more than 0.05" in reason


def test_a_value_on_the_limit_up_to_rounding_is_not_spelled_out():
    words = ["win"] * 160 + ["loss"] * 240
    random.Random(4).shuffle(words)
    decision = decided(words, rule(limit=0.4))
    assert decision.cause == "evidence"
    assert decision.reason.startswith("win rate 0.400 [")


def test_too_small_a_plan_says_that_no_record_could_decide():
    decision = decided(["win"] * 3)
    assert decision.cause == "evidence"
    assert "3 prompts cannot pass or fail this gate at any record; it needs " in decision.reason


def test_no_regression_passes_lack_of_evidence_with_a_warning():
    decision = decided(["win", "loss"] * 20, rule(policy="no-regression"))
    assert (decision.decision, decision.cause) == ("inconclusive", "evidence")
    assert decision.passed
    assert decision.warnings == (
        "not proven; it passes for lack of evidence of a regression (policy no-regression)",
    )


@pytest.mark.parametrize("policy", ["non-inferior", "no-regression"])
def test_voids_make_it_inconclusive_under_every_policy(policy):
    decision = decided(["win"] * 3 + ["void"] * 4 + ["win"] * 53, rule(policy=policy))
    assert (decision.decision, decision.cause, decision.passed) == ("inconclusive", "void", False)
    assert "4 prompts have no value, more than 0.05 of the 60 planned" in decision.reason
    assert decision.low <= 0.45


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("failed", "60 planned; new alone failed on 4"),
        ("excused", "60 planned; old alone failed on 4"),
        ("lost", "4 prompts have no value, more than 0.05 of the 60 planned"),
    ],
)
def test_too_many_voids_say_who_failed(word, why):
    assert decided([word] * 60).reason.endswith(why)


def test_a_few_voids_are_borne():
    decision = decided(["win"] * 20 + ["unread"] + ["win"] * 39)
    assert decision.decision == "pass"


def test_an_early_void_delays_the_decision_until_voids_are_rare_again():
    assert decided(["void"] + ["win"] * 59).n == 19  # 1 of 20 prompts is 0.05


def test_a_candidates_failure_counts_for_passing_only():
    lucky = decided(["tie"] * 60, max_void=1.0)
    failing = decided(["tie", "failed"] * 30, rule(), max_void=1.0)
    assert lucky.value == failing.value == 0.5
    assert failing.n == 30
    assert failing.voids == 30
    assert failing.low < lucky.low
    assert failing.decision != "fail"  # failing to answer proves nothing about quality


def test_skewed_failures_do_not_pass():
    words = ["tie"] * 200 + ["win"] * 100 + ["failed"] * 100  # 0.5 with the failures as losses
    random.Random(1).shuffle(words)
    honest = decided(words, rule(limit=0.55), max_void=1.0)
    dropped = decided([word for word in words if word != "failed"], rule(limit=0.55))
    assert dropped.decision == "pass"
    assert honest.decision != "pass"
    assert honest.value == pytest.approx(2 / 3, abs=0.05)


def test_a_baselines_failure_counts_for_failing_only():
    excused = decided(["loss", "excused"] * 30, max_void=1.0)
    assert excused.value == 0.0
    assert excused.n == 30
    assert excused.decision == "inconclusive"  # its losses and its walk-overs balance


@pytest.mark.parametrize("metric", ["win_rate", "flip_rate"])
def test_two_empty_answers_are_void_and_no_tie(metric):
    decision = decided(["blank"] * 100, rule(metric, limit=0.3))
    assert (decision.decision, decision.cause, decision.value) == ("inconclusive", "void", None)


def test_two_empty_answers_count_as_voids():
    decision = decided(["blank"] * 100, rule("void_rate", side="max", limit=0.3))
    assert (decision.decision, decision.value) == ("fail", 1.0)


def test_failures_of_both_sides_count_nowhere():
    assert decided(["lost"] * 10 + ["win"] * 50, max_void=1.0).voids == 10


def test_identical_answers_tie_and_pass_a_limit_below_one_half():
    decision = decided(["equal"] * 200)
    assert decision.decision == "pass"
    assert decision.value == 0.5


def test_a_win_and_a_tie_is_three_quarters_and_a_flip_one_half():
    assert decided(["half"] * 2).value == 0.75
    assert decided(["flip"] * 2).value == 0.5


def test_the_jury_is_averaged_and_a_void_judge_left_out():
    scene = Scene(plan(4, judges=("one", "two", "three")))
    for i in range(4):
        scene.battle(i, "", judges=["win", "loss", "win"])
    scene.battle(0, "", judges=["win", "void", "win"])
    assert decide(rule(), scene.ledger).value == pytest.approx((1 + 3 * 2 / 3) / 4)


def test_judge_repeats_are_averaged_within_the_judge():
    seat = JudgeSeat(name="judge", kind="python", fingerprint="f", repeats=2, settings={})
    other = JudgeSeat(name="other", kind="python", fingerprint="g", settings={})
    scene = Scene(plan(1, judges=(seat, other))).battle(0, "", judges=["win", "loss"])
    slot = GameSlot("new", "p0", 0, "judge", 1, Order.BASELINE_FIRST)
    scene.ledger.judgments[slot] = Judgment(verdict=Verdict.TIE)
    assert decide(rule(), scene.ledger).value == pytest.approx((0.875 + 0.0) / 2)


def test_strength_enters_the_value():
    scene = Scene(plan(1, strength=True)).battle(0, "win")
    assert decide(rule(), scene.ledger).value == 0.75
    scene.battle(0, "flip")
    assert decide(rule(), scene.ledger).value == 0.5


def test_repeats_of_a_prompt_are_one_unit():
    scene = Scene(plan(10, repeats=3))
    for repeat, word in enumerate(("win", "win", "loss")):
        scene.battles([word] * 10, repeat=repeat)
    decision = decide(rule(limit=0.6), scene.ledger)
    assert decision.n == decision.planned == 10
    assert decision.value == pytest.approx(2 / 3)


def test_prompts_of_a_cluster_are_one_unit():
    asked = [prompt(i, family=f"f{i // 3}") for i in range(12)]
    scene = Scene(plan(asked)).battles(["win", "loss", "loss"] * 4)
    decision = decide(rule(), scene.ledger)
    assert decision.n == decision.planned == 4
    assert decision.value == pytest.approx(1 / 3)
    assert "4 clusters" in decision.reason


def test_a_slice_has_its_own_horizon_and_looks_at_nothing_else():
    asked = [prompt(i, category="kids" if i % 2 else "adults") for i in range(60)]
    scene = Scene(plan(asked)).battles(["loss", "win"] * 30)
    kids = decide(rule(where=(("category", ("kids",)),)), scene.ledger)
    adults = decide(rule(where=(("category", ("adults",)),)), scene.ledger)
    assert (kids.decision, kids.planned) == ("pass", 30)
    assert (adults.decision, adults.planned) == ("fail", 30)


def test_slices_of_one_by_fail_at_a_share_of_alpha():
    words = ["loss"] * 60
    one, many = decided(words), decided(words, rule(slices=10))
    assert many.decision == "fail"
    assert many.n > one.n
    assert many.level == pytest.approx(1 - 0.05 - 0.005)
    assert decided(["win"] * 60, rule(slices=10)).n == decided(["win"] * 60).n


def test_an_empty_slice_is_never_passed():
    gate = rule(where=(("category", ("none",)),), policy="no-regression")
    decision = decided(["win"] * 5, gate)
    assert (decision.cause, decision.passed, decision.n) == ("plan", False, 0)
    assert decision.reason.startswith("win rate not measured, needs >= 0.45 (n=0 prompts)")


def test_an_unfinished_plan_is_inconclusive():
    scene = Scene(plan(60)).battles(["tie"] * 10)
    decision = decide(rule(policy="no-regression"), scene.ledger)
    assert (decision.decision, decision.cause, decision.passed) == ("inconclusive", "plan", False)
    assert decision.n == 10
    assert decision.reason.endswith("inconclusive; the plan was not completed")


def test_a_spent_budget_is_named():
    scene = Scene(plan(60), stopped=("budget", "max_calls = 20 is used up")).battles(["tie"] * 10)
    decision = decide(rule(), scene.ledger)
    assert decision.cause == "budget"
    assert decision.reason.endswith("; max_calls = 20 is used up")


def test_a_gate_decided_before_the_stop_stands():
    scene = Scene(plan(60), stopped=("budget", "spent")).battles(["win"] * 30)
    assert decide(rule(), scene.ledger).decision == "pass"


def test_a_gap_in_the_record_holds_up_what_comes_behind_it():
    scene = Scene(plan(60))
    for i in [*range(2), *range(3, 60)]:
        scene.battle(i, "win")
    watch = Watch(rule(), scene.plan)
    assert not watch.advance(scene.ledger)
    scene.battle(2, "win")
    assert watch.advance(scene.ledger)


@pytest.mark.parametrize("missing", ["answer", "baseline", "one order"])
def test_a_battle_is_settled_only_when_all_of_it_is_there(missing):
    scene = Scene(plan(1)).battle(0, "win")
    answers, judgments = scene.ledger.answers, scene.ledger.judgments
    key = {"answer": ("new", "p0", 0), "baseline": ("old", "p0", 0)}.get(missing)
    if key is None:
        judgments.pop(GameSlot("new", "p0", 0, "judge", 0, Order.BASELINE_FIRST))
    else:
        answers.pop(key)
    assert decide(rule(), scene.ledger).cause == "plan"


def test_max_works_on_a_win_rate():
    gate = rule(side="max", limit=0.6)
    assert decided(["loss"] * 60, gate).decision == "pass"
    lost = decided(["win"] * 60, gate)
    assert lost.decision == "fail"
    assert lost.low >= 0.6
    assert "needs <= 0.6 " in lost.reason


def test_a_suite_target_always_decides_on_the_whole_suite():
    words = ["win", "loss", "tie", "win", "loss", "loss", "tie", "win", "win"]
    gate = rule(target="suite", limit=0.55)
    assert decided(words, gate).decision == "pass"  # 5 of 9
    assert decided([*words, "loss"], gate).decision == "fail"  # 5 of 10


def test_a_suite_target_is_not_passed_by_losses_that_are_void():
    gate = rule(target="suite", limit=0.455)
    words = ["win"] * 90 + ["loss"] * 100 + ["unread"] * 10  # 0.45 if all could be read
    passed = 0
    for seed in range(60):
        random.Random(seed).shuffle(words)
        passed += decided(words, gate).passed
    assert passed <= 60 * 0.05 + 3 * 1.7  # stopping early takes its 5 %


def test_a_suite_target_with_a_void_that_could_tip_it_is_void():
    gate = rule(target="suite", limit=0.5)
    decision = decided(["win", "loss"] * 20 + ["void"], gate)
    assert (decision.decision, decision.cause) == ("inconclusive", "void")


def test_more_confidence_takes_more_prompts():
    chance = random.Random(1)
    words = [chance.choice(["win", "loss", "tie"]) for _ in range(120)]
    scene = Scene(plan(120)).battles(words)
    found = [decide(rule(limit=0.4, confidence=c), scene.ledger) for c in (0.8, 0.95, 0.99)]
    assert [decision.decision for decision in found] == ["pass"] * 3
    assert found[0].n < found[1].n < found[2].n
    assert [decision.level for decision in found] == [0.6, 0.9, 0.98]


def test_without_a_judge_every_battle_is_void():
    assert decided(["win"] * 10, judges=()).cause == "void"


def test_a_smaller_difference_than_is_shown_gets_more_digits():
    scene = Scene(plan(1)).battle(0, "half")
    assert "win rate 0.750 [" in decide(rule(limit=0.75), scene.ledger).reason
    assert "win rate 0.75000 [" in decide(rule(limit=0.74999), scene.ledger).reason


def test_a_proof_that_had_to_wait_is_no_verdict_against_the_value_by_then():
    words = ["tie"] * 93 + ["win"] * 7  # 0.53 is refuted before the judge prefers anything
    planned = plan(100, limits=JudgeLimits(decisive_rate=0.07))
    decision = decide(rule(limit=0.53), Scene(planned).battles(words).ledger)
    assert (decision.decision, decision.n) == ("inconclusive", 100)
    assert decision.low <= decision.threshold < decision.value <= decision.high
