import dataclasses

import pytest

from arenatest.gates.conduct import MEASURES
from arenatest.gates.decide import decide
from arenatest.gates.foresight import foresee
from arenatest.model.health import GOLDEN, GoldenBattle, HumanLabel
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.metric import BUILT_IN
from arenatest.model.plan import JudgeSeat
from arenatest.model.record import AnswerSlot, GameSlot
from unit.gates.scenes import Scene, answered, contestant, plan, prompt, rule

SEAT = JudgeSeat(name="judge", kind="python", fingerprint="j", family="gpt", settings={})


def of_family(name, family):
    return dataclasses.replace(contestant(name), family=family)


def measured(scene, metric, **options):
    """Decide on so few prompts that all of them are looked at."""
    return decide(rule(metric, limit=0.5, **options), scene.ledger)


def scene_of(words, **options):
    return Scene(plan(len(words), **options)).battles(words)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("parse_rate", (1 + 1 + 1 + 0.5) / 4),
        ("judge_error_rate", 0.0),
        ("tie_rate", (0 + 1 + 0 + 0) / 4),
        ("first_share", (0.5 + 1 + 1) / 3),
    ],
)
def test_what_a_judge_does_is_a_share_of_each_prompt(metric, value):
    # win: one seat each; tie: no seat; flip: the first seat twice; void: the candidate, first
    decision = measured(scene_of(["win", "tie", "flip", "void"]), metric)
    assert decision.value == pytest.approx(value)


def test_every_metric_of_judges_is_built_in_and_a_share():
    assert set(MEASURES) < set(BUILT_IN)
    assert all(BUILT_IN[name].rate and BUILT_IN[name].unit == "fraction" for name in MEASURES)


def test_failures_of_the_judge_are_told_from_what_could_not_be_read():
    scene = scene_of(["unread"] * 4, max_void=1.0)
    for slot in [slot for slot in scene.ledger.judgments if slot.prompt in {"p0", "p1"}]:
        scene.ledger.judgments[slot] = Judgment(void="call")
    assert measured(scene, "judge_error_rate").value == 0.5
    assert measured(scene, "parse_rate").value == 0.0


def test_a_judge_that_abstains_is_no_unreadable_one():
    scene = scene_of(["win"] * 3)
    for order in Order:
        slot = GameSlot("new", "p0", 0, "judge", 0, order)
        scene.ledger.judgments[slot] = Judgment(void="abstained")
    decision = measured(scene, "parse_rate")
    assert (decision.value, decision.n) == (1.0, 2)


@pytest.mark.parametrize("word", ["equal", "failed", "excused", "lost", "tie"])
def test_a_prompt_without_a_decided_game_says_nothing_of_seats_and_is_no_void(word):
    decision = measured(scene_of([word] * 4), "first_share")
    assert (decision.n, decision.voids, decision.cause) == (0, 0, "evidence")


def test_a_prompt_that_no_judge_could_read_is_a_void_of_conditional_shares():
    decision = measured(scene_of(["unread"] * 4), "first_share")
    assert decision.cause == "void"


def test_nothing_is_known_while_a_game_is_missing():
    scene = scene_of(["win"] * 3)
    del scene.ledger.judgments[GameSlot("new", "p1", 0, "judge", 0, Order.CANDIDATE_FIRST)]
    assert measured(scene, "first_share").cause == "plan"


@pytest.mark.parametrize(
    ("ours", "theirs", "word", "value"),
    [
        ("long answer", "short", "win", 1.0),
        ("long answer", "short", "loss", 0.0),
        ("short", "long answer", "loss", 1.0),
        ("long answer", "short", "half", 1.0),
        ("long answer", "short", "flip", None),
        ("long answer", "short", "tie", None),
        ("same size", "equal siz", "win", None),
    ],
)
def test_length_preference_is_about_decided_battles_of_unequal_lengths(ours, theirs, word, value):
    scene = scene_of([word])
    scene.ledger.answers[AnswerSlot("new", "p0")] = answered(ours)
    scene.ledger.answers[AnswerSlot("old", "p0")] = answered(theirs)
    assert measured(scene, "length_preference").value == value


@pytest.mark.parametrize(
    ("new", "old", "value"),
    [
        ("gpt", "claude", 1.0),
        ("claude", "GPT", 0.0),
        ("gpt", "gpt", None),
        ("claude", None, None),
        (None, None, None),
    ],
)
def test_family_preference_is_about_battles_with_one_answer_of_the_judges_family(new, old, value):
    scene = scene_of(
        ["win"],
        judges=(SEAT,),
        candidates=(),
        baseline=of_family("old", old),
    )
    seen = dataclasses.replace(scene.plan, candidates=(of_family("new", new),))
    scene.ledger.plan = seen
    assert measured(scene, "family_preference").value == value


@pytest.mark.parametrize(
    ("word", "scores", "value"),
    [
        ("win", (1.0,), 1.0),
        ("half", (1.0,), 1.0),
        ("win", (0.0,), 0.0),
        ("flip", (0.5,), 1.0),
        ("win", (1.0, 1.0, 0.0), 1.0),
        ("win", (1.0, 0.0), 0.0),
        ("win", (), None),
    ],
)
def test_human_agreement_is_about_the_winner_that_most_people_name(word, scores, value):
    labels = tuple(
        HumanLabel(prompt="p0", candidate="new", score=score, annotator=str(number))
        for number, score in enumerate(scores)
    )
    assert measured(scene_of([word, "win"], labels=labels), "human_agreement").value == value


def golden_scene(said, expected=("A>B",)):
    """A golden set on which the judge prefers text A, text B, or the first seat."""
    golden = tuple(
        GoldenBattle(
            prompt=prompt(i),
            text_a="a",
            text_b="b",
            expected=tuple(map(Verdict, expected)),
        )
        for i in range(len(said))
    )
    scene = Scene(plan(3, golden=golden))
    shown = {
        "a": ("A>>B", "B>A"),
        "b": ("B>A", "A>B"),
        "first": ("A>B", "A>B"),
        "tie": ("A=B",) * 2,
    }
    for i, word in enumerate(said):
        for order, verdict in zip(Order, shown[word], strict=True):
            slot = GameSlot(GOLDEN, f"p{i}", 0, "judge", 0, order)
            scene.ledger.judgments[slot] = Judgment(verdict=Verdict(verdict))
    return scene


def test_golden_agreement_is_the_share_of_golden_games_with_the_known_winner():
    decision = measured(golden_scene(["a", "b", "first", "a"]), "golden_agreement")
    assert (decision.value, decision.n, decision.planned) == (0.625, 4, 4)


def test_a_golden_battle_may_have_several_right_verdicts():
    assert measured(golden_scene(["a", "tie"], ("A>B", "A=B")), "golden_agreement").value == 1.0


def test_a_golden_gate_needs_no_answer_of_a_contestant():
    scene = golden_scene(["a"] * 30)
    decision = decide(rule("golden_agreement", limit=0.8), scene.ledger)
    assert (decision.decision, scene.ledger.answers) == ("pass", {})


def test_a_golden_gate_on_a_record_without_golden_games_says_so():
    scene = golden_scene(["a"] * 4)
    scene.ledger.judgments.clear()
    scene.ledger.run = dataclasses.replace(scene.ledger.run, finished=1.0)
    decision = decide(rule("golden_agreement", limit=0.8), scene.ledger)
    assert (decision.cause, decision.planned) == ("plan", 4)


def test_what_a_golden_gate_can_come_to_depends_on_the_golden_set():
    scene = golden_scene(["a"] * 4)
    assert foresee(rule("golden_agreement", limit=0.8), scene.plan).clusters == 4
