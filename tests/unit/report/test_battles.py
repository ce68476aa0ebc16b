from dataclasses import replace

import pytest

from arenatest.model.finish import Finishes
from arenatest.model.record import AnswerSlot
from arenatest.report.battles import battles
from arenatest.report.breakdown import count
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


class MadeAnew(dict):
    """Answers as a record in columns gives them: a value of its own each time."""

    def get(self, slot, default=None):
        found = super().get(slot, default)
        return found and replace(found)


def test_all_candidates_fight_one_object_so_that_a_page_can_hold_it_once():
    names = ("gpt-5-mini", "gpt-5-nano")
    builder = LedgerBuilder(plan(ONE, candidates=names)).answer("gpt-4o", "p", "a")
    for name in names:
        builder.answer(name, "p", "b")
    builder.ledger.answers = MadeAnew(builder.ledger.answers)

    first, second = fought(builder)

    assert first.baseline is second.baseline


def test_the_id_of_a_battle_depends_on_content_only():
    first, second = one_battle(("win", "win")), one_battle(("loss", "loss"))
    assert first.id == second.id


def test_without_a_judge_nothing_is_judged_and_nothing_is_void():
    builder = LedgerBuilder(plan(ONE, judges=()))
    builder.answer("gpt-4o", "p", "a").answer("gpt-5-mini", "p", "b")
    assert fought(builder)[0].outcome == "unplayed"


def ended(finishes, *, ours="stop", theirs="stop"):
    builder = LedgerBuilder(plan(ONE, finishes=finishes))
    for who, finish in (("gpt-4o", theirs), ("gpt-5-mini", ours)):
        builder.answer(who, "p", f"{who} says")
        slot = AnswerSlot(who, "p")
        placed = builder.ledger.answers[slot]
        answer = replace(placed.answer, finish=finish)
        builder.ledger.answers[slot] = replace(placed, answer=finishes.taken(answer))
    return fought(builder)[0]


@pytest.mark.parametrize(
    ("ends", "outcome", "why"),
    [
        ({"ours": "refusal"}, "loss", "candidate's answer is a refusal"),
        ({"theirs": "length"}, "win", "baseline's answer was cut off at the token limit"),
        (
            {"ours": "refusal", "theirs": "length"},
            "tie",
            "candidate's answer is a refusal, baseline's answer was cut off at the token limit",
        ),
    ],
)
def test_a_battle_lost_by_its_end_says_why_no_judge_was_asked(ends, outcome, why):
    battle = ended(Finishes(refusal="loss", truncation="loss"), **ends)
    assert (battle.outcome, battle.forfeit, battle.cause) == (outcome, why, None)


def test_a_battle_void_by_its_end_has_a_cause_of_its_own():
    battle = ended(Finishes(filter="void"), theirs="content_filter")
    assert (battle.outcome, battle.cause) == ("void", "baseline's answer was filtered")
    assert battle.forfeit is None


def test_an_end_that_counts_as_failed_is_a_failed_call():
    battle = ended(Finishes(filter="failure"), theirs="content_filter")
    assert (battle.outcome, battle.cause) == ("void", "baseline's call failed")


def test_the_counts_tell_who_lost_without_a_judge():
    counts = count([ended(Finishes(refusal="loss"), ours="refusal")])
    assert counts.forfeits == (("candidate's answer is a refusal", 1),)
