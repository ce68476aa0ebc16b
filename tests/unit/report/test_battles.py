import pytest

from arenatest.report.battles import battles
from fakes.ledgers import LedgerBuilder, plan, prompt

ONE = [prompt("p")]


def fought(builder):
    return list(battles(builder.ledger))


def one_battle(results, **changes):
    builder = LedgerBuilder(plan(ONE)).answer("gpt-4o", "p", "a").answer("gpt-5-mini", "p", "b")
    return fought(builder.judge("p", results, **changes))[0]


@pytest.mark.parametrize(
    ("results", "outcome", "score"),
    [
        (("win", "win"), "win", 1.0),
        (("win", "tie"), "win", 0.75),
        (("tie", "tie"), "tie", 0.5),
        (("loss", "tie"), "loss", 0.25),
        (("loss", "loss"), "loss", 0.0),
    ],
)
def test_both_orders_make_the_score(results, outcome, score):
    battle = one_battle(results)
    assert (battle.outcome, battle.score) == (outcome, score)


def test_a_flip_scores_one_half_and_is_marked():
    battle = one_battle(("win", "loss"))
    assert (battle.outcome, battle.score, battle.disagree, battle.flip) == ("tie", 0.5, True, True)


def test_a_win_and_a_tie_disagree_without_a_flip():
    battle = one_battle(("win", "tie"))
    assert (battle.disagree, battle.flip) == (True, False)


def test_one_void_order_makes_the_battle_void_with_its_cause():
    battle = one_battle(("win", "unparsed"))
    assert (battle.outcome, battle.score, battle.cause) == ("void", None, "judge unreadable")


def test_a_second_judge_decides_where_the_first_is_void():
    builder = LedgerBuilder(plan(ONE, judges=("x", "y")))
    builder.answer("gpt-4o", "p", "a").answer("gpt-5-mini", "p", "b")
    builder.judge("p", ("call", "win"), judge="x").judge("p", ("loss", "loss"), judge="y")
    assert fought(builder)[0].outcome == "loss"


def test_a_failed_call_is_void_and_says_whose():
    builder = LedgerBuilder(plan(ONE)).answer("gpt-4o", "p").failure("gpt-5-mini", "p")
    battle = fought(builder)[0]
    assert (battle.outcome, battle.cause) == ("void", "candidate's call failed")


def test_equal_texts_tie_without_a_judge():
    builder = LedgerBuilder(plan(ONE)).answer("gpt-4o", "p", "x").answer("gpt-5-mini", "p", "x")
    battle = fought(builder)[0]
    assert (battle.outcome, battle.identical) == ("tie", True)


def test_two_empty_texts_are_void_with_their_cause():
    builder = LedgerBuilder(plan(ONE)).answer("gpt-4o", "p", "").answer("gpt-5-mini", "p", "")
    battle = fought(builder)[0]
    assert (battle.outcome, battle.cause) == ("void", "both answers are empty")
    assert not battle.identical


def test_a_battle_that_lacks_a_judgment_is_not_judged_rather_than_void():
    builder = LedgerBuilder(plan(ONE)).answer("gpt-4o", "p", "a").answer("gpt-5-mini", "p", "b")
    builder.judge("p", ("win", "win"))
    builder.ledger.judgments.popitem()
    assert fought(builder)[0].outcome == "unplayed"


def test_a_prompt_without_any_answer_is_left_out():
    assert fought(LedgerBuilder(plan(ONE))) == []


def test_the_id_of_a_battle_depends_on_content_only():
    first, second = one_battle(("win", "win")), one_battle(("loss", "loss"))
    assert first.id == second.id


def test_without_a_judge_nothing_is_judged_and_nothing_is_void():
    builder = LedgerBuilder(plan(ONE, judges=()))
    builder.answer("gpt-4o", "p", "a").answer("gpt-5-mini", "p", "b")
    assert fought(builder)[0].outcome == "unplayed"
