import random
from dataclasses import replace

import pytest

from arenatest.report.battles import battles
from arenatest.report.controlled import controlled_rates, controlled_warnings
from arenatest.report.html import html_page
from arenatest.report.results import results
from arenatest.report.style import style_of
from arenatest.report.suite_run import SuiteRun
from arenatest.report.terminal import terminal_lines
from arenatest.report.view import view
from fakes.ledgers import LedgerBuilder, decision, plan, prompt, rule
from fakes.reports import seen


def built(prompts=150, *, favours_length=True, longer=0.8, seed=3, **labels):
    """Battles that the longer answer wins, or that length has nothing to do with."""
    chance = random.Random(seed)
    names = [f"p{i}" for i in range(prompts)]
    asked = [prompt(name, **{key: value(i) for key, value in labels.items()})
             for i, name in enumerate(names)]  # fmt: skip
    made = LedgerBuilder(plan(asked, rules=[rule("win_rate")]))
    for name in names:
        long = chance.random() < longer
        made.answer("gpt-4o", name, "word " * 40)
        made.answer("gpt-5-mini", name, "word " * (60 if long else 30) + name)
        wins = chance.random() < (0.9 if long else 0.1) if favours_length else chance.random() < 0.7
        made.judge(name, ("win", "win") if wins else ("loss", "loss"))
    return made


def length_of(ledger):
    return next(rate for rate in controlled_rates(battles(ledger)) if rate.control == "length")


def test_a_win_rate_that_rests_on_length_falls_when_length_is_held_equal():
    rate = length_of(built().ledger)
    assert rate.raw > 0.65
    assert rate.value < 0.55
    assert rate.low <= rate.value <= rate.high < rate.raw
    assert rate.effects["length"] > 3.0
    assert (rate.n, rate.level, rate.why) == (150, 0.95, "")
    assert rate.notable


def test_a_win_rate_that_does_not_rest_on_length_stays():
    rate = length_of(built(favours_length=False).ledger)
    assert abs(rate.value - rate.raw) < 0.05
    assert not rate.notable


def test_fewer_than_a_hundred_prompts_say_why_not():
    rate = length_of(built(99).ledger)
    assert rate.value is None
    assert rate.why == "it takes 100 prompts with a result, and there are 99"
    assert not rate.notable


def test_prompts_of_one_family_are_one_piece_of_evidence():
    rate = length_of(built(150, family=lambda i: str(i // 2)).ledger)
    assert (rate.n, rate.value) == (75, None)


def test_the_raw_rate_is_that_of_the_slice_of_all():
    made = built(200, family=lambda i: str(min(i, 150)))
    report = view([SuiteRun(ledger=made.ledger, decisions=())], finished=1.79e9, command="x")
    (suite,) = report.suites
    assert suite.controlled[0].raw == pytest.approx(suite.candidates[0].whole.value)


def test_where_every_battle_went_the_same_way_it_says_so():
    made = built(120)
    for asked in made.ledger.plan.prompts:
        made.judge(asked.id, ("win", "win"))
    assert "every battle went the same way" in length_of(made.ledger).why


def test_style_holds_headings_lists_and_bold_equal_too():
    made = built(150, longer=0.5)
    for asked in made.ledger.plan.prompts[::2]:
        made.answer("gpt-5-mini", asked.id, "# Title\n- **a**\n- b\n" + "word " * 30)
    rates = {rate.control: rate for rate in controlled_rates(battles(made.ledger))}
    assert set(rates["length"].effects) == {"length"}
    assert set(rates["style"].effects) == {"length", "headings", "lists", "bold"}


def test_what_differs_alike_in_every_battle_is_not_held_equal():
    made = built(150)
    for asked in made.ledger.plan.prompts:
        text = made.ledger.answers["gpt-5-mini", asked.id, 0].answer.text
        made.answer("gpt-5-mini", asked.id, f"# Title\n{text}")
    rates = {rate.control: rate for rate in controlled_rates(battles(made.ledger))}
    assert set(rates["style"].effects) == {"length"}
    assert rates["style"].constant == ("headings",)
    assert rates["length"].constant == ()
    run = SuiteRun(ledger=made.ledger, decisions=())
    text = html_page(view([run], finished=1.79e9, command="x")).decode()
    assert "not held equal, for it differs alike in every battle: headings" in text


def test_another_contestant_changes_nothing():
    alone = built(120).ledger
    more = built(120)
    joined = replace(
        more.ledger.plan, candidates=plan([], candidates=("gpt-5-mini", "x")).candidates
    )
    more.ledger.plan = joined
    for asked in joined.prompts:
        more.answer("x", asked.id, "- long\n" * 500)
        more.judge(asked.id, ("win", "loss"), candidate="x")
    rates = controlled_rates(battles(more.ledger))
    mine = [rate for rate in rates if rate.candidate == "gpt-5-mini"]
    assert tuple(mine) == controlled_rates(battles(alone))


def test_code_is_no_style_and_no_text_has_none():
    assert style_of("```\n# no heading\n- no item\n**x**\n```").headings == 0.0
    assert style_of("```\n# never closed\n- no item").lists == 0.0
    assert style_of("") == (0.0, 0.0, 0.0, 0.0)
    assert style_of("2 * 3 * 4 and snake__case__name __x").bold == pytest.approx(1 / 36)


def test_a_suite_without_judges_has_none():
    made = LedgerBuilder(plan([prompt("a")], judges=()))
    made.answer("gpt-4o", "a").answer("gpt-5-mini", "a", "b")
    assert controlled_rates(battles(made.ledger)) == ()


def test_only_what_departs_is_a_warning():
    assert controlled_warnings(controlled_rates(battles(built(favours_length=False).ledger))) == []
    (line,) = controlled_warnings(controlled_rates(battles(built().ledger)))
    rate = length_of(built().ledger)
    assert line == (
        f"gpt-5-mini: were both answers alike in length, its win rate would be {rate.value:.3f} "
        f"[{rate.low:.3f}, {rate.high:.3f}], not {rate.raw:.3f}"
    )


def test_it_stands_in_the_page_the_results_and_where_it_departs_in_the_terminal():
    run = SuiteRun(ledger=built().ledger, decisions=(decision(),))
    report = view([run], finished=1.79e9, command="pytest --arena")
    text = html_page(report).decode()
    assert "alike in length, its win rate would be" in text
    assert '<th scope="row">in length, headings, lists and bold</th>' in text
    first, second = results(report).controlled
    assert (first.control, second.control) == ("length", "style")
    assert first.value == report.suites[0].controlled[0].value
    lines = [line for _, line in terminal_lines(seen(run))]
    assert any("alike in length" in line for line in lines)


def test_a_page_without_enough_prompts_says_how_many_it_takes():
    run = SuiteRun(ledger=built(40).ledger, decisions=(decision(),))
    text = html_page(view([run], finished=1.79e9, command="x")).decode()
    assert "not told: it takes 100 prompts with a result, and there are 40" in text
    assert not any("alike" in line for _, line in terminal_lines(seen(run)))
