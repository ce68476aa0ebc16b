"""What refusals, filtered and truncated answers do to gates, as the suite treats them."""

from dataclasses import replace

import pytest

from arenatest.gates.battles import read_battle
from arenatest.gates.decide import decide
from arenatest.gates.readers import reader_of
from arenatest.model.answer import Answer, Failure
from arenatest.model.finish import Finishes
from arenatest.model.plan import JudgeSeat
from arenatest.model.record import AnswerSlot
from unit.gates.scenes import Scene, answered, plan, rule

LOSS, VOID = Finishes(refusal="loss"), Finishes(refusal="void", truncation="loss")


def ended(scene, i, *, new="stop", old="stop", repeat=0):
    """Fill the answers of one battle by how they ended; `failed` is a call that failed."""
    for who, finish in (("new", new), ("old", old)):
        slot = AnswerSlot(who, f"p{i}", repeat)
        failure = Failure(kind="server", message="away") if finish == "failed" else None
        scene.ledger.answers[slot] = answered(f"{who} {i}", finish=finish, failure=failure)
    return scene


def one(finishes, **ends):
    scene = ended(Scene(plan(1, finishes=finishes)), 0, **ends)
    return read_battle(scene.ledger, "new", "p0", 0, plan=scene.plan)


@pytest.mark.parametrize(
    ("ends", "score"),
    [
        ({"new": "refusal"}, 0.0),
        ({"old": "refusal"}, 1.0),
        ({"new": "refusal", "old": "refusal"}, 0.5),
    ],
)
def test_whoever_refuses_loses_without_a_judge_and_two_refusals_tie(ends, score):
    battle = one(LOSS, **ends)
    assert (battle.score, battle.forfeit, battle.games) == (score, True, ())


@pytest.mark.parametrize("finish", ["length", "content_filter", "tool_calls", "pause_turn"])
def test_an_end_that_the_suite_does_not_treat_is_judged(finish):
    assert one(LOSS, new=finish) is None  # it waits for its judges


def test_each_end_has_a_treatment_of_its_own():
    finishes = Finishes(refusal="judge", filter="loss", truncation="void")
    assert one(finishes, new="refusal") is None
    assert one(finishes, new="content_filter").score == 0.0
    assert one(finishes, new="length").score is None


@pytest.mark.parametrize(
    ("ends", "candidate", "baseline"),
    [
        ({"new": "refusal"}, True, False),
        ({"old": "refusal"}, False, True),
        ({"new": "refusal", "old": "refusal"}, True, True),
        ({"new": "length", "old": "failed"}, True, True),
        ({"new": "failed", "old": "length"}, True, True),
        ({"new": "length", "old": "refusal"}, True, True),
    ],
)
def test_a_void_is_whose_answer_is_missing_and_nobody_wins_by_it(ends, candidate, baseline):
    battle = one(VOID, **ends)
    assert battle.score is None
    assert (battle.candidate_failed, battle.baseline_failed) == (candidate, baseline)


def evidence(**ends):
    scene = ended(Scene(plan(1, finishes=VOID)), 0, **ends)
    return reader_of(rule(), scene.plan)(scene.ledger, scene.plan.prompts[0])


def test_a_void_of_the_candidates_own_counts_nothing_on_the_passing_side_only():
    found = evidence(new="refusal")
    assert (found.passing, found.failing, found.values, found.void) == ((0.0,), (), (), True)


def test_a_void_of_the_baselines_own_is_the_mirror_image():
    found = evidence(old="refusal")
    assert (found.passing, found.failing, found.values, found.void) == ((), (1.0,), (), True)


def test_a_candidate_that_refuses_what_it_would_lose_does_not_pass_by_it():
    kept = Scene(plan(60, finishes=Finishes(refusal="void"), max_void=1.0))
    for i in range(60):
        kept.battle(i, "win") if i % 5 < 3 else ended(kept, i, new="refusal")
    decision = decide(rule(limit=0.7), kept.ledger)
    assert decision.value == 1.0  # of what it answered
    assert decision.decision == "inconclusive"


def test_more_voids_than_the_suite_bears_are_inconclusive():
    scene = Scene(plan(20, finishes=VOID)).battles(["win"] * 20)
    for i in range(3):
        ended(scene, i, new="refusal")
    decision = decide(rule(limit=0.9), scene.ledger)
    assert (decision.decision, decision.cause) == ("inconclusive", "void")
    assert "new alone failed, or ended as is not judged, on 2" in decision.reason


def test_losses_by_refusal_are_no_concern_of_the_judges_health():
    scene = Scene(plan(40, finishes=LOSS))
    for i in range(40):
        ended(scene, i, new="refusal")
    assert decide(rule(), scene.ledger).decision == "fail"


def test_a_forfeit_has_no_pair_of_games_that_could_flip():
    scene = ended(Scene(plan(1, finishes=LOSS)), 0, new="refusal")
    flips = rule("flip_rate", side="max", limit=0.3)
    found = reader_of(flips, scene.plan)(scene.ledger, scene.plan.prompts[0])
    assert (found.values, found.void) == ((), False)


@pytest.mark.parametrize(
    ("ends", "lost"), [({"new": "refusal"}, True), ({"old": "refusal"}, False)]
)
def test_a_pinned_prompt_is_lost_by_a_refusal_that_loses(ends, lost):
    pinned = rule("win_rate", "losses", side="max", limit=0.0)
    scene = ended(Scene(plan(1, finishes=LOSS)), 0, **ends)
    (fate,) = reader_of(pinned, scene.plan)(scene.ledger, scene.plan.prompts[0]).values
    assert fate.lost is lost


def test_one_refusal_among_repeats_weighs_as_much_as_games_that_all_judges_lose():
    pinned = rule("win_rate", "losses", side="max", limit=0.0)
    seats = [JudgeSeat(name=name, kind="x", fingerprint=name, settings={}) for name in "ab"]
    scene = Scene(plan(1, finishes=LOSS, judges=seats, repeats=3))
    scene.battle(0, "loss", repeat=0).battle(0, "win", repeat=1)
    read = reader_of(pinned, scene.plan)
    ended(scene, 0, new="refusal", repeat=2)
    assert read(scene.ledger, scene.plan.prompts[0]).values[0].lost
    ended(scene, 0, old="refusal", repeat=2)
    assert not read(scene.ledger, scene.plan.prompts[0]).values[0].lost


def test_a_failure_counts_into_the_error_rate_and_slower_than_any_limit():
    finishes = Finishes(truncation="failure")
    cut = answered("Once upon a", finish="length")
    scene = Scene(plan(1, finishes=finishes))
    slot = AnswerSlot("new", "p0")
    taken = replace(cut, answer=finishes.taken(cut.answer))
    scene.ledger.answers[slot] = scene.ledger.timings[slot] = taken
    prompt = scene.plan.prompts[0]
    errors = reader_of(rule("error_rate", side="max", limit=0.1), scene.plan)
    slow = reader_of(rule("ttft", "p95", side="max", limit=1.0), scene.plan)
    assert errors(scene.ledger, prompt).values == (1.0,)
    assert slow(scene.ledger, prompt).values == (float("inf"),)


def test_an_answer_that_is_called_a_failure_keeps_its_text_and_says_why():
    taken = Finishes(filter="failure").taken(Answer(text="Well,", finish="content_filter"))
    assert (taken.ok, taken.text, taken.failure.kind) == (False, "Well,", "filtered")
    assert not taken.failure.retryable


def test_an_answer_that_failed_already_stays_the_failure_that_it_is():
    failed = Answer(finish="length", failure=Failure(kind="cut", message="cut off"))
    assert Finishes(truncation="failure").taken(failed) is failed
    assert Finishes(truncation="loss").of(failed) == "judge"
