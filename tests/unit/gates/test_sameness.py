import re

import pytest

from arenatest.gates.decide import decide
from arenatest.gates.sameness import bare
from arenatest.gates.watch import Watch
from unit.gates.scenes import Scene, answered, plan, prompt, rule

SAME = "As asked, here it is: the best answer."


def scene_of(words, ours, theirs=lambda i: f"old {i}", *, asked=None):
    """Battles with these results; texts are functions of the prompt's number."""
    scene = Scene(plan(asked or len(words))).battles(words)
    for slot in scene.ledger.answers:
        said = ours if slot.contestant == "new" else theirs
        scene.ledger.answers[slot] = answered(said(int(slot.prompt[1:])))
    return scene


def decided(*scene, gate=None, **options):
    return decide(gate or rule(), scene_of(*scene, **options).ledger)


def test_a_candidate_that_says_the_same_whatever_it_is_asked_does_not_pass():
    decision = decided(["win"] * 60, lambda _: SAME)
    assert (decision.decision, decision.cause, decision.passed) == ("inconclusive", "judge", False)
    assert decision.reason.endswith(
        "new gave one and the same answer to 60 of 60 different prompts"
    )
    assert (decision.value, decision.n) == (1.0, 60)


def test_the_policy_no_regression_lets_it_pass_no_more():
    assert not decided(["win"] * 60, lambda _: SAME, gate=rule(policy="no-regression")).passed


def test_it_fails_as_soon_as_it_is_proven_worse():
    assert decided(["loss"] * 60, lambda _: SAME).decision == "fail"


@pytest.mark.parametrize("limit", [0.2, 0.3, 0.45])
def test_it_does_not_slip_through_before_ten_prompts_are_seen(limit):
    decision = decided(["win"] * 40, lambda _: SAME, gate=rule(limit=limit))
    assert (decision.decision, decision.n) == ("inconclusive", 40)


def test_a_candidate_that_begins_with_equal_answers_only_waits():
    decision = decided(["win"] * 60, lambda i: SAME if i < 12 else f"new {i}")
    honest = decided(["win"] * 60, lambda i: f"new {i}")
    assert honest.decision == decision.decision == "pass"
    assert 12 < decision.n <= 14
    assert honest.n < decision.n


def test_marks_and_case_make_no_different_answer():
    said = ["the best answer!", "The best answer.", "THE BEST ANSWER"]
    assert decided(["win"] * 30, lambda i: said[i % 3]).cause == "judge"


def test_fewer_than_ten_different_prompts_prove_nothing():
    assert decided(["win"] * 9, lambda _: SAME).decision == "pass"
    asked = [prompt(i) for i in range(40)]
    asked = [type(one)(id=one.id, messages=asked[i % 3].messages) for i, one in enumerate(asked)]
    assert decided(["win"] * 40, lambda _: SAME, asked=asked).decision == "pass"


def test_where_the_baseline_says_the_same_the_prompts_ask_for_it():
    words = ["win"] * 30 + ["equal"] * 10
    decision = decided(words, lambda _: "yes", lambda i: "yes" if i % 10 else "no")
    assert decision.decision == "pass"


def test_where_the_references_say_the_same_the_prompts_ask_for_it():
    asked = [prompt(i, reference="BLOCK") for i in range(40)]
    assert decided(["win"] * 40, lambda _: "block", asked=asked).decision == "pass"


def test_a_constant_model_against_itself_ties():
    decision = decided(["equal"] * 60, lambda _: SAME, lambda _: SAME)
    assert (decision.decision, decision.value) == ("pass", 0.5)


def test_a_decision_does_not_depend_on_how_the_record_came_in():
    scene = scene_of(["win"] * 60, lambda i: SAME if i < 12 else f"new {i}")
    watch = Watch(rule(), scene.plan)
    whole, scene.ledger.judgments = scene.ledger.judgments, {}
    for slot, judgment in whole.items():
        scene.ledger.judgments[slot] = judgment
        watch.advance(scene.ledger)
    assert watch.conclude(scene.ledger) == decide(rule(), scene.ledger)


def test_new_against_old_on_a_shared_baseline_compares_these_two():
    scene = Scene(plan(40))
    for i in range(40):
        scene.battle(i, "win").battle(i, "loss", candidate="other")
    for slot in scene.ledger.answers:
        if slot.contestant == "new":
            scene.ledger.answers[slot] = answered(SAME)
    decision = decide(rule(against="other"), scene.ledger)
    assert decision.cause == "judge"


@pytest.mark.parametrize("other", ["", "é"])
def test_a_text_is_bared_alike_whatever_letters_it_has(other):
    ascii_ = "".join(map(chr, range(128)))
    assert bare(f"{ascii_}{other}") == re.sub(r"[\W_]+", "", ascii_.casefold()) + other
