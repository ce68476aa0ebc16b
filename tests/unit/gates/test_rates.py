import pytest

from arenatest.gates.decide import decide
from unit.gates.scenes import STARS, Scene, plan, rule


def decided(words, metric, limit, **options):
    scene = Scene(plan(len(words), **options)).battles(words)
    return decide(rule(metric, side="max", limit=limit), scene.ledger)


def test_the_flip_rate_is_the_share_of_pairs_with_two_winners():
    decision = decided(["flip", "win", "half", "tie"] * 30, "flip_rate", 0.5)
    assert decision.decision == "pass"
    assert decision.value == pytest.approx(0.25, abs=0.1)
    assert decision.high <= 0.5


def test_equal_answers_have_no_flip_rate_and_are_no_voids():
    decision = decided(["equal"] * 20, "flip_rate", 0.5)
    assert (decision.n, decision.voids, decision.cause) == (0, 0, "evidence")
    assert decision.reason.endswith("inconclusive; no prompt says anything about it")
    assert not decision.passed


def test_the_void_rate_counts_battles_without_a_verdict():
    decision = decided(["win", "void", "failed", "lost", "equal"] * 30, "void_rate", 0.3)
    assert decision.decision == "fail"
    assert decision.voids == 0
    assert decision.low >= 0.3


def test_a_void_rate_near_zero_passes():
    assert decided(["win"] * 100, "void_rate", 0.1).decision == "pass"


def test_an_error_rate_needs_only_the_candidates_answers():
    scene = Scene(plan(200, judges=()))
    for i in range(200):
        (scene.failure if i % 50 == 0 else scene.answer)(i)
    decision = decide(rule("error_rate", side="max", limit=0.1), scene.ledger)
    assert decision.decision == "pass"
    assert decision.voids == 0
    assert decision.value > 0


def test_one_error_breaks_a_limit_of_zero():
    scene = Scene(plan(20))
    for i in range(20):
        (scene.failure if i == 3 else scene.answer)(i)
    decision = decide(rule("error_rate", side="max", limit=0.0), scene.ledger)
    assert (decision.decision, decision.n) == ("fail", 4)


def test_no_record_can_prove_a_limit_of_zero():
    scene = Scene(plan(20))
    for i in range(20):
        scene.answer(i)
    decision = decide(rule("error_rate", side="max", limit=0.0), scene.ledger)
    assert decision.cause == "evidence"
    assert decision.reason.endswith(
        "20 prompts cannot pass this gate at any record, nor could more; "
        'target = "suite" asks about these alone'
    )


def test_a_limit_that_takes_more_prompts_than_anybody_has_says_so():
    scene = Scene(plan(20))
    for i in range(20):
        scene.answer(i)
    decision = decide(rule("error_rate", side="max", limit=0.0001), scene.ledger)
    assert decision.reason.endswith(
        "20 prompts cannot pass this gate at any record; it needs far more"
    )
    decision = decide(rule("error_rate", side="max", limit=0.001), scene.ledger)
    assert decision.reason.endswith("cannot pass this gate at any record; it needs 3,246")


def test_the_suite_itself_can_be_without_errors():
    scene = Scene(plan(20))
    for i in range(20):
        scene.answer(i)
    gate = rule("error_rate", side="max", limit=0.0, target="suite")
    assert decide(gate, scene.ledger).decision == "pass"


def test_a_truncated_answer_ends_for_its_length():
    scene = Scene(plan(60))
    for i in range(60):
        scene.answer(i, finish="length" if i % 2 else "stop")
    decision = decide(rule("truncated_rate", side="max", limit=0.1), scene.ledger)
    assert decision.decision == "fail"


def test_min_works_on_a_rate_where_lower_is_better():
    scene = Scene(plan(60))
    for i in range(60):
        scene.failure(i)
    decision = decide(rule("error_rate", side="min", limit=0.5), scene.ledger)
    assert decision.decision == "pass"


def polite(values, **changes):
    scene = Scene(plan(len(values)))
    for i, value in enumerate(values):
        scene.measured(i, value)
    metric = next(one for one in scene.plan.metrics if one.name == "polite")
    return decide(rule(metric, "mean", **({"limit": 0.8} | changes)), scene.ledger)


def test_a_scorer_is_gated_by_its_mean():
    decision = polite([0.9, 1.0, 0.95] * 30)
    assert decision.decision == "pass"
    assert decision.reason.startswith("polite 0.9")
    assert polite([0.5, 0.6] * 40).decision == "fail"


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), 1.5, -0.2])
def test_a_value_that_is_none_or_breaks_its_promise_is_void(value):
    decision = polite([0.9] * 50 + [value] * 10)
    assert decision.voids > 0 or decision.decision == "pass"
    early = polite([value] * 10 + [0.9] * 50)
    assert early.cause == "void"
    assert early.value is None


def test_a_hair_outside_the_range_is_rounding():
    assert polite([1.0 + 1e-12] * 60).decision == "pass"


def test_a_failed_answer_counts_as_the_worst_for_passing():
    scene = Scene(plan(100, max_void=1.0))
    for i in range(100):
        if i % 4:
            scene.measured(i, 5.0, metric="stars")
        else:
            scene.failure(i)
    decision = decide(rule(STARS, "mean", limit=4.5), scene.ledger)
    assert decision.value == 5.0
    assert decision.decision == "inconclusive"
    assert decision.low < 4.5
    assert decision.high == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("broken", "outcome"),
    [({"value": None}, "pass"), ({"value": None, "error": "no JSON"}, "other")],
)
def test_what_a_scorer_breaks_on_is_not_left_out_of_the_score(broken, outcome):
    scene = Scene(plan(300, max_void=0.1))
    for i in range(300):
        if i % 16:
            scene.measured(i, 0.96)
        else:
            scene.measured(i, **broken)
    metric = next(one for one in scene.plan.metrics if one.name == "polite")
    decision = decide(rule(metric, "mean", limit=0.93), scene.ledger)
    assert decision.value == pytest.approx(0.96)
    assert (decision.decision == "pass") == (outcome == "pass")
    assert decision.decision != "fail"  # nobody knows that they were bad


def test_the_reason_names_what_a_scorer_breaks_on():
    scene = Scene(plan(60))
    for i in range(60):
        scene.measured(i, None if i % 2 else 1.0, error="no JSON" if i % 2 else "")
    metric = next(one for one in scene.plan.metrics if one.name == "polite")
    decision = decide(rule(metric, "mean", limit=0.5), scene.ledger)
    assert decision.cause == "void"
    assert "new alone failed, or gave what the metric's code could not score, on" in decision.reason


def test_a_range_is_used_on_its_own_scale():
    scene = Scene(plan(80))
    for i in range(80):
        scene.measured(i, 4.0 + (i % 2), metric="stars")
    decision = decide(rule(STARS, "mean", limit=3.0), scene.ledger)
    assert decision.decision == "pass"
    assert decision.value == pytest.approx(4.5, abs=0.2)
    assert 3.0 <= decision.low <= decision.value <= decision.high <= 5.0


def test_an_unmeasured_answer_is_not_settled():
    scene = Scene(plan(3)).measured(0, 0.9).measured(1, 0.9).answer(2)
    metric = next(one for one in scene.plan.metrics if one.name == "polite")
    decision = decide(rule(metric, "mean", limit=0.5), scene.ledger)
    assert (decision.cause, decision.n) == ("plan", 2)
