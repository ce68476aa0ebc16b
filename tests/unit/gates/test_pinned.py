import pytest

from arenatest.gates.decide import decide
from arenatest.gates.referee import Referee
from arenatest.gates.watch import Watch
from unit.gates.scenes import Scene, plan, prompt, rule

PINNED = rule(
    stat="losses", side="max", limit=0.0, id="win_rate-losses[pinned]", target="suite",
    where=(("tag", ("pinned",)),),
)  # fmt: skip


def pinned(n, **options):
    return plan([prompt(i, tags=("pinned",)) for i in range(n)], **options)


def decided(words, **options):
    return decide(PINNED, Scene(pinned(len(words), **options)).battles(words).ledger)


@pytest.mark.parametrize("word", ["win", "tie", "half", "equal"])
def test_prompts_that_are_not_lost_pass_once_all_are_in(word):
    decision = decided([word] * 4)
    assert (decision.decision, decision.passed, decision.cause) == ("pass", True, None)
    assert (decision.value, decision.low, decision.high, decision.n) == (0.0, 0.0, 0.0, 4)
    assert decision.reason == (
        "never regress 0 lost [0, 0], needs <= 0 lost (n=4 prompts): pass; "
        "a statement about exactly these prompts"
    )


def test_a_flip_is_no_loss():
    assert decided(["win", "flip", "win"]).decision == "pass"


def test_a_loss_and_a_tie_is_no_clear_loss():
    scene = Scene(pinned(1)).battle(0, "loss")
    scene.ledger.judgments.update(
        {slot: said for slot, said in Scene(pinned(1)).battle(0, "half").ledger.judgments.items()
         if said.verdict == "A=B"}
    )  # fmt: skip
    decision = decide(PINNED, scene.ledger)
    assert (decision.decision, decision.value) == ("pass", 0.0)


def test_one_clear_loss_is_enough_and_named():
    decision = decided(["win", "loss", "win", "loss"])
    assert (decision.decision, decision.passed) == ("fail", False)
    assert (decision.value, decision.low, decision.high, decision.n) == (1.0, 1.0, 3.0, 2)
    assert decision.level == 1.0
    assert decision.reason == (
        "never regress 1 lost [1, 3], needs <= 0 lost (n=2 of 4 prompts): fail; lost to old in "
        "both orders: p1 (in the report under Battles, verdict lost); a statement about exactly "
        "these prompts"
    )


def test_the_first_few_of_a_cluster_are_named():
    asked = [prompt(i, tags=("pinned",), family="all") for i in range(5)]
    decision = decide(PINNED, Scene(plan(asked)).battles(["loss"] * 5).ledger)
    assert "lost to old in both orders: p0, p1, p2 and 2 more (in the" in decision.reason
    assert (decision.n, decision.value, decision.counted) == (1, 5.0, "clusters")


def test_it_waits_for_all_and_for_nothing_after_a_loss():
    scene = Scene(pinned(3))
    watch = Watch(PINNED, scene.plan)
    scene.battle(0, "win")
    assert not watch.advance(scene.ledger)
    assert watch.running is None
    scene.battle(1, "loss")
    assert watch.advance(scene.ledger)


def test_other_prompts_do_not_enter():
    asked = [prompt(0, tags=("pinned",)), prompt(1), prompt(2)]
    decision = decide(PINNED, Scene(plan(asked)).battles(["win", "loss", "loss"]).ledger)
    assert (decision.decision, decision.planned) == ("pass", 1)


@pytest.mark.parametrize("word", ["void", "unread", "blank", "failed", "excused", "lost"])
def test_a_void_makes_it_inconclusive(word):
    decision = decided(["win", word, "win"])
    assert (decision.decision, decision.cause, decision.passed) == ("inconclusive", "void", False)
    decision = decided(["win"] * 39 + [word])  # one in forty is within max_void
    assert (decision.decision, decision.cause, decision.passed) == ("inconclusive", "void", False)
    assert (decision.low, decision.high) == (0.0, 1.0)
    assert "the prompts without a value could tip the balance" in decision.reason


@pytest.mark.parametrize("word", ["failed", "excused", "blank"])
def test_no_void_hides_a_loss_wherever_it_stands(word):
    for words in (["loss", word, "win"], [word, "win", "loss"], [word, word, "loss", "win"]):
        decision = decided(words)
        assert (decision.decision, decision.value) == ("fail", 1.0)
        assert "lost to old in both orders: " in decision.reason


def test_a_void_says_who_failed():
    assert "new alone failed on 1" in decided(["win", "failed"]).reason
    assert "old alone failed on 1" in decided(["win", "excused"]).reason


def test_nothing_recorded_is_no_pass():
    decision = decide(PINNED, Scene(pinned(2)).ledger)
    assert (decision.decision, decision.cause, decision.value) == ("inconclusive", "plan", None)


@pytest.mark.parametrize(
    ("judges", "voting", "decision"),
    [
        (("loss", "loss", "win"), "mean", "fail"),
        (("loss", "tie", "win"), "mean", "pass"),
        (("loss", "loss", "tie"), "unanimous", "pass"),
        (("loss", "loss", "loss"), "unanimous", "fail"),
    ],
)
def test_a_jury_loses_a_prompt_by_most_of_its_judges(judges, voting, decision):
    scene = Scene(pinned(1, judges=("a", "b", "c"), voting=voting))
    scene.battle(0, "-", judges=judges)
    assert decide(PINNED, scene.ledger).decision == decision


def test_repeats_are_one_prompt():
    scene = Scene(pinned(1, repeats=3))
    for repeat, word in enumerate(["loss", "win", "loss"]):
        scene.battle(0, word, repeat=repeat)
    decision = decide(PINNED, scene.ledger)
    assert (decision.decision, decision.value, decision.n) == ("fail", 1.0, 1)


def test_a_judge_that_cannot_be_read_fails_nobody():
    decision = decided(["loss", *["flip"] * 3])
    assert decision.decision == "fail"  # the prefix of one prompt has a healthy judge
    decision = decided([*["flip"] * 3, "loss"])
    assert (decision.decision, decision.cause) == ("inconclusive", "judge")


def test_a_count_of_losses_is_not_the_running_win_rate():
    scene = Scene(pinned(2)).battle(0, "loss")
    referee = Referee(scene.plan, [PINNED])
    referee.settle(scene.ledger)
    assert referee.running("new") is None
