import random

import pytest

from arenatest.gates.decide import decide
from unit.gates.scenes import WORDS, Scene, plan, prompt, rule


def costing(costs, stat, limit, **changes):
    scene = Scene(plan(len(costs)))
    for i, cost in enumerate(costs):
        scene.answer(i, cost=cost)
    return decide(rule("cost", stat, side="max", limit=limit, **changes), scene.ledger)


def test_a_total_is_a_fact_of_the_suite():
    decision = costing([0.25] * 8, "total", 2.0)
    assert decision.decision == "pass"
    assert decision.value == decision.low == decision.high == 2.0
    assert decision.level == 1.0
    assert "cost total $2.00 [2.00, 2.00], needs <= $2.00" in decision.reason
    assert costing([0.25] * 9, "total", 2.0).decision == "fail"


def test_what_a_total_does_not_know_stays_open():
    costs = [0.01, 0.03] * 20 + [None, None]
    assert costing(costs, "total", 0.87).decision == "pass"
    undecided = costing(costs, "total", 0.84)
    assert undecided.cause == "void"
    assert undecided.reason.endswith("the prompts without a value could tip the balance")
    decision = costing(costs, "total", 0.79)
    assert decision.decision == "fail"
    assert decision.low == pytest.approx(0.80)
    assert decision.high == pytest.approx(0.86)


def test_too_many_unknown_costs_are_void():
    decision = costing([None] * 6 + [0.01] * 54, "mean", 0.02)
    assert (decision.decision, decision.cause) == ("inconclusive", "void")


def test_a_mean_cost_is_approximate():
    decision = costing([0.001 * (1 + i % 5) for i in range(60)], "mean", 0.004)
    assert decision.decision == "pass"
    assert decision.low < decision.value < decision.high <= 0.004
    assert "approximate" in decision.reason
    assert costing([0.001 * (1 + i % 5) for i in range(60)], "mean", 0.002).decision == "fail"


def test_ten_clusters_are_the_least_for_a_mean():
    decision = costing([0.001, 0.002] * 4, "mean", 0.1)
    assert decision.cause == "evidence"
    assert "8 prompts cannot pass or fail this gate at any record; it needs 10" in decision.reason


def test_equal_costs_need_more_than_a_few():
    assert costing([0.0] * 30, "mean", 0.1).cause == "evidence"
    assert costing([0.0] * 59, "mean", 0.1).decision == "pass"


def test_a_percentile_of_tokens_needs_no_shape():
    scene = Scene(plan(59))
    for i in range(59):
        scene.answer(i, tokens=100 + i)
    decision = decide(rule("output_tokens", "p95", side="max", limit=200), scene.ledger)
    assert decision.decision == "pass"
    assert decision.reason.startswith(
        "output tokens p95 156 tokens [152, 158], needs <= 200 tokens"
    )


def test_failed_answers_are_exceedances_for_passing_only():
    scene = Scene(plan(60))
    for i in range(60):
        scene.answer(i, tokens=100)
    scene.failure(0).failure(1)
    decision = decide(rule("output_tokens", "p95", side="max", limit=200), scene.ledger)
    assert decision.cause == "evidence"
    assert decision.value == 100
    assert decision.high is None


def compared(ours, theirs, metric="output_tokens", limit=1.2, side="max", **changes):
    scene = Scene(plan(len(ours), **changes))
    for i, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        if one is None:
            scene.failure(i)
        else:
            scene.answer(i, tokens=one)
        if other is None:
            scene.failure(i, who="old")
        else:
            scene.answer(i, who="old", tokens=other)
    return decide(rule(metric, "ratio", side=side, limit=limit), scene.ledger)


def amounts(n, factor, seed=2):
    rng = random.Random(seed)
    theirs = [rng.randint(50, 500) for _ in range(n)]
    return [round(factor * t * rng.uniform(0.8, 1.2)) for t in theirs], theirs


def test_a_ratio_of_tokens_is_one_of_totals():
    ours, theirs = amounts(80, 1.5)
    decision = compared(ours, theirs)
    assert decision.decision == "fail"
    assert decision.value == pytest.approx(sum(ours) / sum(theirs))
    assert decision.low > 1.2
    assert "approximate" in decision.reason
    assert compared(*amounts(80, 1.0)).decision == "pass"
    assert compared(*amounts(80, 1.0), side="min", limit=0.8).decision == "pass"


def test_failures_of_either_side_count_on_one_side_of_a_ratio():
    ours, theirs = amounts(80, 1.0)
    whole = compared(ours, theirs)
    failing = compared([None, None, None, None, *ours[4:]], theirs)
    assert failing.n == 76
    assert failing.high > whole.high
    excused = compared(ours, [None, None, None, None, *theirs[4:]])
    assert excused.low < whole.low


def test_a_baseline_without_any_has_no_ratio():
    decision = compared([10] * 20, [0] * 20)
    assert decision.value is None
    assert decision.cause == "evidence"


@pytest.mark.parametrize(
    ("ours", "theirs", "why"),
    [
        ([10] * 20, [0] * 20, "the total of old is 0: nothing can be measured against it"),
        ([0] * 20, [10] * 20, "the total of new is 0: its ratio has no spread to go by"),
        ([-4, 5] * 10, [10] * 20, "amounts below 0 have no ratio of totals"),
    ],
)
def test_a_ratio_that_cannot_be_says_why(ours, theirs, why):
    decision = compared(ours, theirs)
    assert (decision.decision, decision.cause) == ("inconclusive", "evidence")
    assert decision.reason.endswith(why)


def test_rare_amounts_do_not_break_a_ratio():
    decision = compared([5, *[0] * 19], [*[0] * 19, 1])
    assert decision.decision == "inconclusive"
    assert (decision.low, decision.high) == (0.0, None)


def test_ratios_are_the_same_for_the_same_seed():
    assert compared(*amounts(40, 1.1)) == compared(*amounts(40, 1.1))
    assert compared(*amounts(40, 1.1)) != compared(*amounts(40, 1.1), seed=5)


def test_the_length_of_answers_is_in_characters():
    scene = Scene(plan(60))
    for i in range(60):
        scene.answer(i, text="x" * (i % 5 + 1))
    decision = decide(rule("answer_length", "mean", side="max", limit=4), scene.ledger)
    assert decision.decision == "pass"
    assert "characters" in decision.reason


def test_a_plugins_metric_without_a_range_is_gated_by_its_mean():
    scene = Scene(plan(60))
    for i in range(60):
        scene.measured(i, 10.0 + i % 3, metric="words")
    decision = decide(rule(WORDS, "mean", side="max", limit=12.0), scene.ledger)
    assert decision.decision == "pass"
    assert decision.unit == "words"


def test_clusters_of_prompts_are_the_units_of_a_mean():
    asked = [prompt(i, conversation=f"c{i // 2}", turn=i % 2) for i in range(40)]
    scene = Scene(plan(asked))
    for i in range(40):
        scene.answer(i, tokens=100 + i)
    decision = decide(rule("output_tokens", "mean", side="max", limit=130), scene.ledger)
    assert decision.n == 20
    assert decision.value == pytest.approx(119.5)
