from dataclasses import replace

import pytest

from arenatest.lock.flips import earlier_of
from arenatest.lock.standing import Standing
from arenatest.report.html import html_page
from arenatest.report.markdown import step_summary
from arenatest.report.phrases import flips_words
from arenatest.report.results import results
from arenatest.report.suite_run import SuiteRun
from arenatest.report.terminal import terminal_lines
from arenatest.report.view import headline, view, warnings
from fakes.ledgers import LedgerBuilder, decision, plan, prompt, rule
from fakes.reports import seen

PROMPTS = [prompt(f"p{n}", category="<kids>") for n in range(60)]


def played(result):
    built = LedgerBuilder(plan(PROMPTS, rules=[rule("win_rate")]))
    for asked in PROMPTS:
        built.answer("gpt-4o", asked.id, "old").answer("gpt-5-mini", asked.id, "new")
        built.judge(asked.id, (result, result))
    return built.ledger


def run(before="win", after="loss", **standing):
    earlier = earlier_of(played(before), "gpt-5-mini", accepted=False)
    return SuiteRun(
        ledger=played(after),
        decisions=(decision(),),
        standing=Standing(earlier={"gpt-5-mini": earlier}, **standing),
    )


def shown(one):
    return view([one], finished=1.79e9, command="pytest --arena")


def test_the_page_lists_as_many_flips_as_one_reads_and_says_where_the_others_are():
    page = html_page(shown(run())).decode()
    assert page.count("<code>arenatest rerun suites/support.arena.toml p") == 50
    assert "10 more flipped prompts" in page
    assert "<kids>" not in page


def test_the_results_hold_every_flip_with_both_calls():
    (found,) = results(shown(run())).flips
    assert (found.compared, found.worse, found.better, len(found.prompts)) == (60, 60, 0, 60)
    assert found.accepted is False
    first = found.prompts[0]
    assert (first.before.outcome, first.after.outcome) == ("win", "loss")


def test_the_summary_lists_the_first_few():
    text = step_summary(shown(run()))
    assert text.count("won, now lost") == 5
    assert "60 of 60 prompts flipped since the run run-1" in text


def test_the_terminal_has_one_line_and_none_where_nothing_flipped():
    (line,) = [text for _, text in terminal_lines(seen(run())) if "flipped" in text]
    assert "60 worse, 0 better (sign test p = 1.7e-18)" in line
    assert line.endswith("arenatest flips suites/support.arena.toml")
    assert not [text for _, text in terminal_lines(seen(run(after="win"))) if "flipped" in text]


def test_what_has_no_earlier_run_says_nothing_of_flips():
    page = html_page(shown(replace(run(), standing=Standing()))).decode()
    assert "Flipped prompts" not in page


def test_flips_are_told_in_words():
    (none,) = shown(run(after="win")).suites[0].flips
    assert flips_words(none).startswith("0 of 60 prompts flipped since the run run-1 of ")


def test_drift_and_other_models_are_warnings():
    found = warnings(run(drift=("seed: locked 0, found 1",), models=("gpt-4o: the server ...",)))
    assert found == ("lock: seed: locked 0, found 1", "gpt-4o: the server ...")


@pytest.mark.parametrize(("made", "word"), [("pass", "INCONCLUSIVE"), ("fail", "FAILED")])
def test_a_refused_suite_never_passes(made, word):
    found = headline([decision(decision=made, passed=made == "pass")], refused=["support"])
    assert found.word == word
    assert not found.passed
