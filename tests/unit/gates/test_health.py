import pytest

from arenatest.gates.decide import decide
from arenatest.model.health import GOLDEN, GoldenBattle, HumanLabel, JudgeLimits
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.record import AnswerSlot, GameSlot
from unit.gates.scenes import Scene, answered, plan, prompt, rule


def decided(words, gate=None, **options):
    scene = Scene(plan(len(words), **options)).battles(words)
    return decide(gate or rule(), scene.ledger)


def test_a_judge_that_always_ties_decides_nothing():
    decision = decided(["tie"] * 60)
    assert (decision.decision, decision.cause, decision.passed) == ("inconclusive", "judge", False)
    assert "the judge preferred an answer on only 0 of 60 prompts" in decision.reason
    assert decision.low <= 0.45 <= decision.high


def test_fewer_than_twenty_ties_may_be_ties():
    assert decided(["tie"] * 19).cause == "evidence"


@pytest.mark.parametrize("prompts", [20, 25, 40, 200])
@pytest.mark.parametrize("limit", [0.2, 0.3, 0.4])
def test_a_judge_that_always_ties_passes_nothing_before_it_can_be_told(prompts, limit):
    decision = decided(["tie"] * prompts, rule(limit=limit))
    assert decision.decision == "inconclusive"
    assert decision.n == prompts


def test_in_a_plan_of_fewer_than_twenty_prompts_ties_are_ties():
    assert decided(["tie"] * 19, rule(limit=0.3)).decision == "pass"


def test_a_plan_of_twenty_prompts_asks_for_a_preference_however_few_its_clusters():
    scene = Scene(plan([prompt(i, family=f"f{i // 2}") for i in range(20)])).battles(["tie"] * 20)
    assert decide(rule(limit=0.3), scene.ledger).cause == "judge"


def test_ties_pass_once_the_judge_has_shown_that_it_can_prefer():
    decision = decided(["tie"] * 12 + ["win"] + ["tie"] * 27, rule(limit=0.2))
    assert (decision.decision, decision.n) == ("pass", 13)


def test_identical_answers_pass_without_any_preference():
    assert decided(["equal"] * 40, rule(limit=0.3)).decision == "pass"


@pytest.mark.parametrize(
    ("useless", "why"),
    [
        ("tie", "the judge two preferred an answer on only 0 of 100 prompts"),
        ("flip", "the judge two named another winner after the answers changed places in 100 of"),
    ],
)
def test_a_useless_judge_on_a_jury_does_not_hide_what_the_other_sees(useless, why):
    scene = Scene(plan(100, judges=("one", "two")))
    for i in range(100):
        scene.battle(i, "", judges=["win" if i % 5 < 2 else "loss", useless])  # 0.40, seen as 0.45
    decision = decide(rule(limit=0.3), scene.ledger)
    assert (decision.decision, decision.cause) == ("inconclusive", "judge")
    assert why in decision.reason


def test_a_judge_that_names_the_first_answer_every_time_decides_nothing():
    decision = decided(["flip"] * 60, rule(limit=0.4))
    assert decision.cause == "judge"
    assert "changed places in 60 of 60 pairs of games" in decision.reason


def test_a_judge_that_cannot_be_read_decides_nothing():
    scene = Scene(plan(60, judges=("one", "two"), max_void=1.0))
    for i in range(60):
        scene.battle(i, "", judges=["win", "unread"])
    decision = decide(rule(policy="no-regression"), scene.ledger)
    assert (decision.cause, decision.passed) == ("judge", False)
    assert "the judge two gave a verdict in only 0 of 120 games" in decision.reason


def test_voids_that_come_from_the_judge_say_so():
    decision = decided(["unread"] * 60)
    assert decision.cause == "void"
    assert decision.reason.endswith("60 planned; the judge gave a verdict in only 0 of 8 games")
    assert decided(["lost"] * 60).reason.endswith("60 planned")


def test_a_flip_at_the_start_only_delays():
    decision = decided(["flip"] + ["win"] * 59)
    assert decision.decision == "pass"
    assert decision.n > 2


def test_health_is_that_of_the_prefix_not_of_what_comes_later():
    early = decided(["win"] * 20 + ["flip"] * 40)
    assert early.decision == "pass"
    late = decided(["flip"] * 40 + ["win"] * 20)
    assert late.cause == "judge"


def test_identical_answers_do_not_count():
    assert decided(["equal"] * 100 + ["flip"] * 3 + ["win"] * 4).decision == "pass"


def test_failed_prompts_do_not_count():
    decision = decided(["failed"] * 30 + ["win"] * 70, max_void=1.0)
    assert decision.cause != "judge"


def test_a_loss_of_the_candidate_is_decisive():
    assert decided(["loss"] * 60).decision == "fail"


@pytest.mark.parametrize("metric", ["flip_rate", "void_rate"])
def test_the_judges_own_rates_are_not_withheld_for_bad_health(metric):
    decision = decided(["flip"] * 60, rule(metric, side="max", limit=0.3), max_void=1.0)
    assert decision.cause is None


def limited(words, prompts=60, **limits):
    return Scene(plan(prompts, limits=JudgeLimits(**limits), max_void=1.0)).battles(words)


def test_a_limit_of_the_suite_replaces_the_usual_one():
    words = ["flip", "win", "win"] * 20
    assert decide(rule(), limited(words).ledger).decision == "pass"
    decision = decide(rule(), limited(words, flip_rate=0.3).ledger)
    assert (decision.cause, decision.n) == ("judge", 60)
    assert "changed places in 20 of 60 pairs of games" in decision.reason


def test_a_judge_exactly_at_its_limit_is_fit():
    words = ["tie"] * 93 + ["win"] * 7  # 0.07 * 100 is 7.000000000000001
    gate = rule(limit=0.53)
    assert decide(gate, limited(words, 100, decisive_rate=0.07).ledger).cause == "evidence"
    assert decide(gate, limited(words, 100, decisive_rate=0.08).ledger).cause == "judge"


def test_a_seat_that_wins_too_often_makes_a_judge_unfit():
    words = ["flip", "win", "win"] * 20
    assert decide(rule(), limited(words, first_share=0.7).ledger).decision == "pass"
    decision = decide(rule(), limited(words, first_share=0.6).ledger)
    assert decision.cause == "judge"
    assert "the judge named the first answer in 80 of 120 decided games" in decision.reason


def test_the_second_seat_may_win_too_often_as_well():
    scene = limited(["win"] * 60, first_share=0.8)
    for slot in scene.ledger.judgments:
        scene.ledger.judgments[slot] = Judgment(verdict=Verdict.B_BETTER)
    decision = decide(rule(limit=0.3), scene.ledger)
    assert decision.cause == "judge"


def test_a_limit_that_is_set_is_looked_at_before_anything_passes():
    free = decide(rule(limit=0.2), limited(["win"] * 60).ledger)
    held = decide(rule(limit=0.2), limited(["win"] * 60, first_share=0.9).ledger)
    assert (free.decision, held.decision) == ("pass", "pass")
    assert free.n < held.n == 20


def test_a_plan_too_short_for_a_limit_is_decided_without_it():
    scene = limited(["win"] * 8 + ["flip"] * 4, 12, first_share=0.5)
    assert decide(rule(limit=0.2), scene.ledger).decision == "pass"
    assert decide(rule(limit=0.2), scene.ledger).n == 12


def test_a_judge_that_fails_too_often_says_so():
    scene = limited(["win"] * 60, judge_error_rate=0.01)
    slot = GameSlot("new", "p3", 0, "judge", 0, Order.BASELINE_FIRST)
    scene.ledger.judgments[slot] = Judgment(void="call")
    assert decide(rule(limit=0.6), scene.ledger).decision == "pass"  # 1 of 120 in the end
    scene.ledger.judgments[slot._replace(prompt="p4")] = Judgment(void="judge")
    decision = decide(rule(limit=0.6), scene.ledger)
    assert "the judge failed in 2 of 120 games" in decision.reason


def test_a_love_of_length_makes_a_judge_unfit():
    scene = limited(["win"] * 60, length_preference=0.9)
    for i in range(60):
        scene.ledger.answers[AnswerSlot("new", f"p{i}")] = answered("a much longer answer")
    decision = decide(rule(), scene.ledger)
    assert "preferred the longer answer in 60 of 60 decided battles" in decision.reason


def test_disagreement_with_people_makes_a_judge_unfit_however_few_labels_there_are():
    labels = tuple(HumanLabel(prompt=f"p{i}", candidate="new", score=0.0) for i in (3, 50))
    limits = JudgeLimits(human_agreement=0.5)
    scene = Scene(plan(60, limits=limits, labels=labels)).battles(["win"] * 60)
    decision = decide(rule(limit=0.2), scene.ledger)
    assert "people name in only 0 of 2 labelled battles" in decision.reason


def test_agreement_with_people_is_looked_at_before_anything_passes():
    labels = tuple(HumanLabel(prompt=f"p{i}", candidate="new", score=1.0) for i in (3, 50))
    limits = JudgeLimits(human_agreement=0.5)
    scene = Scene(plan(60, limits=limits, labels=labels)).battles(["win"] * 60)
    decision = decide(rule(limit=0.2), scene.ledger)
    assert (decision.decision, decision.n) == ("pass", 51)


def test_battles_of_two_candidates_on_one_prompt_are_one_prompt():
    gate = rule(limit=0.2, against="other")
    scene = limited(["win"] * 60, first_share=0.9).battles(["loss"] * 60, candidate="other")
    assert decide(gate, scene.ledger).n == 20


def golden(verdicts):
    battle = GoldenBattle(prompt=prompt(0), text_a="a", text_b="b", expected=(Verdict.A_BETTER,))
    limits = JudgeLimits(golden_agreement=0.9)
    scene = Scene(plan(60, limits=limits, golden=(battle,))).battles(["win"] * 60)
    for order, verdict in zip(Order, verdicts, strict=False):
        slot = GameSlot(GOLDEN, "p0", 0, "judge", 0, order)
        scene.ledger.judgments[slot] = Judgment(verdict=verdict)
    return decide(rule(), scene.ledger)


def test_nothing_is_decided_before_the_golden_set_is_judged():
    assert golden([Verdict.A_BETTER]).cause == "plan"
    assert golden([Verdict.A_BETTER, Verdict.B_BETTER]).decision == "pass"


def test_a_judge_that_is_wrong_on_the_golden_set_is_unfit():
    decision = golden([Verdict.A_BETTER, Verdict.A_BETTER])
    assert (decision.cause, decision.n) == ("judge", 0)
    assert "the judge was right in only 1 of 2 golden games" in decision.reason


def test_where_no_aa_run_counts_nothing_is_decided_and_nothing_is_bought():
    scene = Scene(plan(60))
    scene.ledger.unfit = "no A/A run"
    decision = decide(rule(policy="no-regression"), scene.ledger)
    assert (decision.cause, decision.passed, decision.n) == ("judge", False, 0)
    assert decision.reason.endswith("no A/A run")
    assert decide(rule("flip_rate", side="max", limit=0.3), scene.ledger).cause == "plan"
