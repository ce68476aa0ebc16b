import pytest

from arenatest.gates.decide import decide
from arenatest.model.health import GOLDEN, GoldenBattle, HumanLabel
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.record import GameSlot
from arenatest.report.aa import aa_lines
from arenatest.report.conduct import conducts
from arenatest.report.html import html_page
from arenatest.report.markdown import step_summary
from arenatest.report.people import corrected_win_rate
from arenatest.report.results import results
from arenatest.report.suite_run import SuiteRun
from arenatest.report.terminal import terminal_lines
from arenatest.report.view import view
from unit.gates.scenes import Scene, plan, prompt, rule


def scene_of(words, **options):
    return Scene(plan(len(words), candidates=("new",), **options)).battles(words)


def only(scene):
    (conduct,) = conducts(scene.ledger)
    return conduct


def labelled(scores):
    return tuple(
        HumanLabel(prompt=f"p{i}", candidate="new", score=score) for i, score in enumerate(scores)
    )


def test_what_a_judge_did_is_told_as_parts_of_a_whole():
    scene = scene_of(["win", "tie", "flip", "half"])
    failed = GameSlot("new", "p0", 0, "judge", 0, Order.BASELINE_FIRST)
    scene.ledger.judgments[failed] = Judgment(void="call")
    conduct = only(scene)
    assert conduct.errors == (1, 8)
    assert conduct.ties == (3, 7)
    assert conduct.first == (4, 4)


def test_the_seats_are_tested_by_prompts_not_by_games():
    conduct = only(scene_of(["flip"] * 6 + ["win"] * 30))
    assert conduct.first_prompts == (6, 0)
    assert conduct.first_p == 2 / 2**6  # a sign test of six against none
    assert only(scene_of(["win"] * 8)).first_p == 1.0
    assert only(scene_of(["tie"] * 8)).first_p is None


def test_agreement_with_people_comes_with_kappa():
    conduct = only(scene_of(["win", "win", "loss", "loss"], labels=labelled([1, 1, 0, 1])))
    assert conduct.human == (3, 4)
    assert conduct.kappa.value == pytest.approx(0.5)


def test_without_labels_or_variety_there_is_no_kappa():
    assert only(scene_of(["win", "loss"])).kappa is None
    assert only(scene_of(["win", "win"], labels=labelled([1, 1]))).kappa is None


def test_a_win_rate_is_corrected_by_what_people_said_of_some_prompts():
    words = ["win", "win", "loss", "win"] * 20
    said = labelled([1, 0, 0, 0] * 10)
    mean = corrected_win_rate(scene_of(words, labels=said).ledger, "new")
    assert (mean.judge, mean.human) == (0.75, 0.25)
    assert mean.value == pytest.approx(0.25)
    assert (mean.labelled, mean.unlabelled) == (40, 40)


def test_voids_and_others_labels_do_not_enter_the_correction():
    words = ["win", "loss", "void", "win", "loss", "unread"]
    labels = (*labelled([1, 0, 1]), HumanLabel(prompt="p3", candidate="other", score=1.0))
    mean = corrected_win_rate(scene_of(words, labels=labels).ledger, "new")
    assert (mean.labelled, mean.unlabelled) == (2, 2)


@pytest.mark.parametrize("scores", [[], [1.0], [1.0] * 6])
def test_too_few_labels_of_a_kind_correct_nothing(scores):
    words = ["win", "loss"] * 3
    assert corrected_win_rate(scene_of(words, labels=labelled(scores)).ledger, "new") is None


def test_an_aa_run_is_told_in_lines():
    scene = scene_of(["flip", "win", "loss", "equal"], rules=(rule(),), aa=True)
    assert aa_lines(scene.ledger, ()) == [
        "A/A: mean score 0.500 [0.150, 0.850] where 0.5 is the truth "
        "(n=4, 1 of them between equal answers)",
        "A/A: judge names the first answer in 66.7 % of 6 decided games, p = 1 by prompts",
    ]


def test_any_other_run_has_none():
    assert aa_lines(scene_of(["win"]).ledger, ()) == []


def shown(scene):
    decisions = tuple(decide(gate, scene.ledger) for gate in scene.plan.rules)
    run = SuiteRun(ledger=scene.ledger, decisions=decisions)
    return view([run], finished=1.0, command="pytest --arena --arena-aa")


def test_the_results_hold_what_judges_did_and_what_people_make_of_it():
    words = ["win", "loss", "tie", "win"] * 10
    golden = GoldenBattle(prompt=prompt(0), text_a="a", text_b="b", expected=(Verdict.B_BETTER,))
    scene = scene_of(
        words, labels=labelled([1, 0] * 10), golden=(golden,), rules=(rule(),), early_stop=False
    )
    for order in Order:
        slot = GameSlot(GOLDEN, "p0", 0, "judge", 0, order)
        scene.ledger.judgments[slot] = Judgment(verdict=Verdict.B_BETTER)
    found = results(shown(scene))
    (judge,) = found.judges
    assert (judge.tie_rate, judge.error_rate, judge.first_seat_p) == (0.25, 0.0, 1.0)
    assert (judge.golden_games, judge.golden_agreement) == (2, 0.5)
    assert (judge.human_battles, judge.human_agreement) == (20, 0.5)
    (corrected,) = found.corrected
    assert (corrected.candidate, corrected.labelled, corrected.judge) == ("new", 20, 0.625)
    assert found.aa == []


def test_every_report_tells_of_an_aa_run():
    scene = scene_of(["win", "loss"] * 10, rules=(rule(limit=0.3),), aa=True, early_stop=False)
    report = shown(scene)
    (alarm,) = results(report).aa
    assert (alarm.gate, alarm.draws, alarm.clusters) == ("win_rate", 1000, 20)
    page = html_page(report).decode()
    assert "A/A run</h2>" in page
    assert "old met a second set of its own answers" in page
    assert "A/A: win\\_rate fails" in step_summary(report)
    lines = [line for _, line in terminal_lines(report)]
    assert "  A/A: mean score 0.500 [0.299, 0.701] where 0.5 is the truth (n=20)" in lines


def test_the_page_shows_what_is_known_of_a_judge():
    said = labelled([1, 0] * 10)
    page = html_page(
        shown(scene_of(["win", "loss"] * 20, labels=said, rules=(rule(),), early_stop=False))
    ).decode()
    for words in ("Ties", "Agrees with people", "Cohen's kappa", "Corrected by people: 0.500"):
        assert words in page
    assert "A/A run" not in page


def test_prompts_that_belong_together_and_battles_of_one_prompt_lean_once():
    asked = [prompt(i, family="one") for i in range(4)] + [prompt(4), prompt(5)]
    scene = Scene(plan(asked))
    for i in range(6):
        scene.battle(i, "flip").battle(i, "flip", candidate="other")
    assert only(scene).first_prompts == (3, 0)
