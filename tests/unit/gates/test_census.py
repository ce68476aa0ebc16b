"""Gates on exactly these prompts, where some have nothing to say."""

import pytest

from arenatest.gates.decide import decide
from arenatest.gates.foresight import foresee
from unit.gates.scenes import Scene, plan, prompt, rule


def decided(words, metric="flip_rate", planned=None, **changes):
    scene = Scene(planned or plan(len(words), max_void=0.5)).battles(words)
    options = {"side": "max", "limit": 0.1, "target": "suite"} | changes
    return decide(rule(metric, **options), scene.ledger)


@pytest.mark.parametrize("metric", ["flip_rate", "tie_rate"])
def test_equal_answers_are_no_part_of_what_a_share_is_about(metric):
    decision = decided(["equal"] * 60 + ["win"] * 40, metric)
    assert (decision.decision, decision.value, decision.n) == ("pass", 0.0, 36)
    assert (decision.low, decision.level) == (0.0, 1.0)


def test_ties_are_no_part_of_a_preference():
    decision = decided(["tie"] * 8 + ["win"] * 2, "first_share", limit=0.5)
    assert (decision.decision, decision.value) == ("pass", 0.5)


@pytest.mark.parametrize(("flips", "verdict"), [(4, "pass"), (5, "fail")])
def test_the_verdict_is_the_plain_comparison(flips, verdict):
    words = ["equal"] * 60 + ["win"] * (40 - flips) + ["flip"] * flips
    assert decided(words).decision == verdict
    assert decided(words[::-1]).decision == verdict


def test_it_is_decided_as_soon_as_the_rest_cannot_tip_it():
    assert decided(["flip"] * 11 + ["win"] * 89).n == 11
    assert decided(["win"] * 100, limit=0.8).n == 20


def test_what_has_no_value_may_tip_it():
    words = ["win"] * 36 + ["flip"] * 3 + ["unread"] * 2
    assert decided(words).cause == "void"
    assert decided(words, limit=0.2).decision == "pass"


def test_a_failure_of_the_candidate_does_not_flatter_the_judge():
    assert decided(["win"] * 9 + ["failed"]).decision == "pass"
    assert decided(["win"] * 8 + ["failed"]).cause == "void"


def test_nothing_to_say_at_all_is_no_verdict():
    decision = decided(["equal"] * 10)
    assert (decision.decision, decision.cause, decision.value) == ("inconclusive", "evidence", None)
    assert "no prompt says anything about it" in decision.reason


def test_prompts_of_a_cluster_count_once():
    asked = [prompt(i, family=f"f{i // 2}") for i in range(8)]
    words = ["flip", "equal", "win", "win", "win", "win", "equal", "equal"]
    decision = decided(words, planned=plan(asked), limit=0.4)
    assert (decision.decision, decision.value) == ("pass", pytest.approx(1 / 3))


def test_a_gate_on_the_suite_is_foreseen_to_be_certain():
    gate = rule("flip_rate", side="max", limit=0.1, target="suite")
    assert foresee(gate, plan(20)).line == (
        "20 prompts: it is about these alone, and certain once all are there"
    )
