import math
import random

import pytest

from arenatest.gates.decide import decide
from arenatest.model.answer import Timing
from arenatest.model.record import AnswerSlot
from unit.gates.scenes import Scene, answered, plan, prompt, rule

INF = float("inf")


def p95(seconds, limit=0.8, **changes):
    scene = Scene(plan(len(seconds))).clocks(seconds)
    return decide(rule("ttft", "p95", side="max", limit=limit, **changes), scene.ledger)


def test_fifty_nine_fast_calls_pass_and_fifty_eight_cannot():
    decision = p95([0.1 + i / 1000 for i in range(59)])
    assert decision.decision == "pass"
    assert decision.high == pytest.approx(0.158)
    assert decision.reason.startswith("ttft p95 156 ms [152, 158], needs <= 800 ms (n=59 prompts)")
    short = p95([0.1] * 58)
    assert (short.cause, short.needed) == ("evidence", 59)
    assert short.reason.endswith("58 prompts cannot pass this gate at any record; p95 needs 59")


def test_one_slow_call_in_fifty_nine_is_no_proof():
    assert p95([0.1] * 58 + [0.9]).cause == "evidence"


def test_many_slow_calls_fail():
    decision = p95([0.1] * 40 + [0.9] * 20)
    assert decision.decision == "fail"
    assert decision.low > 0.8


def test_failed_calls_are_slower_than_every_limit():
    assert p95([0.1] * 58 + [INF]).cause == "evidence"
    decision = p95([0.1] * 40 + [INF] * 20)
    assert decision.decision == "fail"
    assert decision.value is None
    assert decision.high is None
    assert decision.n == 60
    assert "ttft p95 beyond measure" in decision.reason


def test_when_all_calls_failed_the_bound_is_the_limit_itself():
    decision = p95([INF] * 60)
    assert (decision.decision, decision.low, decision.high) == ("fail", 0.8, None)


def test_an_empty_answer_is_slower_than_every_limit():
    scene = Scene(plan(60)).clocks([0.1] * 40)
    for i in range(40, 60):
        scene.clock(i, None, text="")
    decision = decide(rule("ttft", "p95", side="max", limit=0.8), scene.ledger)
    assert decision.decision == "fail"


@pytest.mark.parametrize(
    "changes",
    [{"attempts": 2}, {"reused": True}, {"source": "unfit"}],
)
def test_retried_stored_and_unfit_clocks_are_invalid(changes):
    scene = Scene(plan(100)).clocks([0.1] * 100)
    for i in range(5):
        scene.clock(i, 0.1, **changes)
    gate = rule("ttft", "p50", side="max", limit=0.8)
    borne = decide(gate, scene.ledger)
    assert (borne.decision, borne.n, borne.voids) == ("pass", 95, 5)
    scene.clock(5, 0.1, **changes)
    decision = decide(gate, scene.ledger)
    assert (decision.decision, decision.cause, decision.passed) == (
        "inconclusive",
        "latency",
        False,
    )
    assert "6 prompts have no clock that may be used" in decision.reason


def retried(n, again, stat, **changes):
    scene = Scene(plan(n, **changes)).clocks([0.1] * n).clocks([0.1] * n, who="old")
    for i in range(again):
        scene.clock(i, 0.1, attempts=2)
    limit = 1.1 if stat == "ratio" else 0.8
    return decide(rule("ttft", stat, side="max", limit=limit), scene.ledger)


def test_calls_that_failed_at_first_do_not_vanish_from_a_percentile():
    assert retried(100, 1, "p95").decision == "pass"
    decision = retried(100, 5, "p95")  # a share of 0.05 took longer than their last attempt tells
    assert (decision.decision, decision.cause) == ("inconclusive", "evidence")
    assert (decision.value, decision.n, decision.voids) == (pytest.approx(0.1), 95, 5)


@pytest.mark.parametrize("stat", ["p95", "mean", "ratio"])
def test_calls_that_failed_at_first_hinder_passing_only(stat):
    assert retried(60, 30, stat, max_void=1.0).decision == "inconclusive"


def test_a_baselines_call_that_failed_at_first_hinders_failing_only():
    scene = Scene(plan(60, max_void=1.0)).clocks([0.2] * 60).clocks([0.1] * 60, who="old")
    gate = rule("ttft", "ratio", side="max", limit=1.1)
    assert decide(gate, scene.ledger).decision == "fail"
    for i in range(30):
        scene.clock(i, 0.1, who="old", attempts=2)
    assert decide(gate, scene.ledger).decision == "inconclusive"


def test_a_text_without_that_clock_is_invalid():
    assert p95([None] * 10 + [0.1] * 60).cause == "latency"


def whole(i, scene, who="new"):
    timing = Timing(source="measured", ttft=None, e2e=0.3)
    scene.ledger.timings[AnswerSlot(who, f"p{i}", 0)] = answered(timing=timing)


def test_answers_in_one_piece_have_no_first_token_and_say_how_to_stream():
    scene = Scene(plan(60))
    for i in range(60):
        whole(i, scene)
    decision = decide(rule("ttft", "p95", side="max", limit=1.0), scene.ledger)
    assert (decision.decision, decision.cause) == ("inconclusive", "latency")
    assert decision.reason.endswith(
        "; answers of new came in one piece, which has no ttft: let them stream (a python function "
        "yields its text in pieces), or gate e2e"
    )
    assert decide(rule("e2e", "p95", side="max", limit=1.0), scene.ledger).decision == "pass"


def test_a_ratio_says_which_side_does_not_stream():
    scene = Scene(plan(60)).clocks([0.2] * 60)
    for i in range(60):
        whole(i, scene, who="old")
    decision = decide(rule("ttft", "ratio", side="max", limit=1.1), scene.ledger)
    assert "; answers of old came in one piece, which has no ttft" in decision.reason


@pytest.mark.parametrize("clock", ["ttft", "e2e"])
def test_clocks_of_somebody_elses_code_are_refused_in_plain_words(clock):
    scene = Scene(plan(60)).clocks([0.2] * 60, source="unfit")
    decision = decide(rule(clock, "p95", side="max", limit=1.0), scene.ledger)
    assert (decision.decision, decision.cause) == ("inconclusive", "latency")
    assert decision.reason.endswith(
        "; the clocks of new are unfit for gates: other people's code stands between them and the "
        "server; use a provider of arenatest's own, or gate no latency"
    )


def test_recorded_clocks_may_be_gated():
    scene = Scene(plan(60)).clocks([0.1] * 60, source="recorded", reused=True)
    assert decide(rule("ttft", "p95", side="max", limit=0.8), scene.ledger).decision == "pass"


def test_a_percentile_waits_for_the_whole_plan():
    scene = Scene(plan(100)).clocks([0.1] * 99)
    decision = decide(rule("ttft", "p95", side="max", limit=0.8), scene.ledger)
    assert (decision.cause, decision.n) == ("plan", 99)
    assert decision.value == pytest.approx(0.1)
    assert decision.low is None
    assert decision.high is None


def test_min_works_on_a_percentile():
    scene = Scene(plan(60)).clocks([0.5] * 60)
    assert decide(rule("ttft", "p50", side="min", limit=0.2), scene.ledger).decision == "pass"
    assert decide(rule("ttft", "p50", side="min", limit=0.7), scene.ledger).decision == "fail"


def test_one_call_stands_for_a_cluster():
    asked = [prompt(i, family=f"f{i // 2}") for i in range(116)]
    scene = Scene(plan(asked)).clocks([0.1] * 116)
    decision = decide(rule("ttft", "p95", side="max", limit=0.8), scene.ledger)
    assert (decision.n, decision.cause) == (58, "evidence")
    assert "58 clusters cannot pass" in decision.reason


def test_repeats_of_a_prompt_do_not_count_as_prompts():
    scene = Scene(plan(30, repeats=2)).clocks([0.1] * 30).clocks([0.2] * 30, repeat=1)
    decision = decide(rule("ttft", "p95", side="max", limit=0.8), scene.ledger)
    assert decision.n == 30
    assert decision.cause == "evidence"


def test_the_suite_itself_is_decided_by_its_own_percentile():
    decision = p95([0.1] * 19 + [0.9], target="suite")
    assert decision.decision == "pass"
    assert decision.low == decision.high == decision.value == pytest.approx(0.1)
    assert decision.level == 1.0
    assert p95([0.1] * 18 + [0.9] * 2, target="suite").decision == "fail"


def test_a_clock_that_is_unknown_may_be_any_in_the_percentile_of_the_suite():
    clocks = [None] * 5 + [0.1] * 95
    assert p95(clocks, target="suite").decision == "pass"
    decision = p95([*clocks[:-1], 0.9], target="suite")
    assert (decision.decision, decision.cause) == ("inconclusive", "void")
    assert (decision.low, decision.high) == (pytest.approx(0.1), pytest.approx(0.9))
    assert decision.reason.endswith("the prompts without a value could tip the balance")


@pytest.mark.parametrize("stat", ["mean", "ratio"])
def test_a_clock_that_is_unknown_leaves_the_mean_of_the_suite_open(stat):
    scene = Scene(plan(40)).clocks([None] + [0.1] * 39).clocks([0.1] * 40, who="old")
    gate = rule("ttft", stat, side="max", limit=1.5, target="suite")
    assert decide(gate, scene.ledger).cause == "void"
    assert decide(gate, scene.clock(0, 0.1).ledger).decision == "pass"


def ratio(ours, theirs, limit=1.1, **changes):
    planned = changes.pop("plan", None) or plan(len(ours), max_void=changes.pop("max_void", 0.05))
    scene = Scene(planned).clocks(ours).clocks(theirs, who="old")
    return decide(rule("ttft", "ratio", side="max", limit=limit, **changes), scene.ledger)


def pairs(n, factor, seed=1):
    rng = random.Random(seed)
    theirs = [rng.lognormvariate(-1, 0.5) for _ in range(n)]
    ours = [factor * t * rng.lognormvariate(0, 0.1) for t in theirs]
    return ours, theirs


def test_a_ratio_is_the_typical_slowdown():
    decision = ratio(*pairs(60, 1.3))
    assert decision.decision == "fail"
    assert decision.unit == "ratio"
    assert decision.value == pytest.approx(1.3, rel=0.05)
    assert decision.low > 1.1
    assert decision.reason.startswith("ttft ratio 1.2")
    assert "x [" in decision.reason
    assert "needs <= 1.10x (n=60 pairs): fail" in decision.reason


def test_an_equal_latency_passes():
    decision = ratio(*pairs(60, 1.0))
    assert decision.decision == "pass"
    assert decision.high <= 1.1


def test_min_ratio_is_the_mirror():
    ours, theirs = pairs(60, 1.3)
    mirrored = Scene(plan(60)).clocks(theirs).clocks(ours, who="old")
    decision = decide(rule("ttft", "ratio", side="min", limit=1 / 1.1), mirrored.ledger)
    assert decision.decision == "fail"
    assert decision.value == pytest.approx(1 / ratio(ours, theirs).value)
    assert decision.high == pytest.approx(1 / ratio(ours, theirs).low)


def test_six_pairs_are_the_least():
    short = ratio([0.1] * 5, [0.2] * 5)
    assert short.cause == "evidence"
    assert "5 pairs cannot pass or fail this gate at any record; it needs 6" in short.reason
    assert ratio([0.1] * 6, [0.2] * 6).decision == "pass"


def test_a_candidates_failures_hinder_passing_only():
    ours, theirs = pairs(40, 1.0)
    ours[:14] = [INF] * 14
    decision = ratio(ours, theirs, max_void=1.0)
    assert decision.n == 26
    assert decision.decision == "inconclusive"
    assert decision.high is None


def test_a_baselines_failures_hinder_failing_only():
    ours, theirs = pairs(40, 1.3)
    theirs[:14] = [INF] * 14
    decision = ratio(ours, theirs, max_void=1.0)
    assert decision.decision == "inconclusive"
    assert decision.low is None


def test_too_many_failed_pairs_are_void():
    ours, theirs = pairs(40, 1.0)
    ours[:3] = [INF] * 3
    assert ratio(ours, theirs).cause == "void"


def test_pairs_without_a_clock_are_invalid():
    ours, theirs = pairs(40, 1.0)
    ours[:2], theirs[2:4] = [None] * 2, [0.0] * 2
    assert ratio(ours, theirs).cause == "latency"


def test_a_ratio_needs_both_clocks():
    scene = Scene(plan(10)).clocks([0.1] * 10).clocks([0.1] * 9, who="old")
    decision = decide(rule("ttft", "ratio", side="max", limit=1.1), scene.ledger)
    assert (decision.cause, decision.n) == ("plan", 9)


def test_a_ratio_may_be_against_another_candidate():
    scene = Scene(plan(20)).clocks([0.1] * 20).clocks([0.2] * 20, who="other")
    gate = rule("ttft", "ratio", side="max", limit=1.0, against="other")
    assert decide(gate, scene.ledger).value == pytest.approx(0.5)


def test_a_mean_latency_is_labelled_approximate():
    scene = Scene(plan(60)).clocks([0.1 + (i % 7) / 100 for i in range(60)])
    decision = decide(rule("ttft", "mean", side="max", limit=0.2), scene.ledger)
    assert decision.decision == "pass"
    assert "ttft mean " in decision.reason
    assert "approximate" in decision.reason


def test_equal_clocks_say_how_many_would_show_that_all_are_equal():
    scene = Scene(plan(20)).clocks([0.1] * 20)
    decision = decide(rule("ttft", "mean", side="max", limit=0.2), scene.ledger)
    assert (decision.cause, decision.needed) == ("evidence", 59)


def test_calls_made_again_are_among_the_calls_that_would_decide():
    decision = retried(100, 5, "p95")
    assert decision.needed is None
    assert decision.reason.endswith("to be decided while 5 prompts lack a value")
    assert retried(200, 5, "p95").needed > 200


def test_a_failed_call_counts_as_its_timeout_for_a_mean_to_pass():
    seconds = [0.1 + (i % 7) / 100 for i in range(100)]
    seconds[3] = INF  # the contestant's timeout is 10 s
    scene = Scene(plan(100)).clocks(seconds)
    decision = decide(rule("ttft", "mean", side="max", limit=0.2), scene.ledger)
    assert decision.decision == "inconclusive"
    assert decision.value < 0.14
    assert math.isfinite(decision.high)
