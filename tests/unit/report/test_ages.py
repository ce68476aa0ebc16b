from __future__ import annotations

import json

import pytest

from arenatest.report.ages import Age, age_lines, ages, expiry_lines
from arenatest.report.results import results_json
from arenatest.report.suite_run import SuiteRun
from arenatest.report.terminal import terminal_lines
from fakes.ledgers import STARTED, LedgerBuilder, decision, plan, prompt
from fakes.reports import seen

DAY = 86400.0


def ledger(days, *, reuse_days=None, baseline="gpt-4o"):
    """A run that reuses answers of its baseline that are so many days old, and buys the others."""
    prompts = [prompt(f"p{number}") for number in range(len(days) + 1)]
    since = None if reuse_days is None else STARTED - reuse_days * DAY
    made = LedgerBuilder(plan(prompts), reuses_from=since)
    for number, age in enumerate(days):
        made.answer(baseline, f"p{number}", reused=True, started=STARTED - age * DAY)
    made.answer(baseline, f"p{len(days)}", started=STARTED)
    return made.ledger


def test_the_ages_of_reused_answers_are_told_by_contestant():
    found = ages(ledger([9, 2, 3]))

    assert found == {"gpt-4o": Age(reused=3, youngest=2 * DAY, median=3 * DAY, oldest=9 * DAY)}
    assert [*age_lines(ledger([9, 2, 3]))] == [
        "baseline answers: 3 reused, 2 to 9 days old (median 3)"
    ]


def test_a_candidate_is_called_by_its_name():
    assert [*age_lines(ledger([1], baseline="gpt-5-mini"))] == [
        "gpt-5-mini answers: 1 reused, 1 day old"
    ]


def test_a_run_that_bought_all_itself_has_no_ages():
    assert ages(ledger([])) == {}
    assert [*age_lines(ledger([]))] == []


def test_a_call_of_a_clock_that_is_ahead_is_new_not_younger_than_nothing():
    assert ages(ledger([-1]))["gpt-4o"].oldest == 0.0


@pytest.mark.parametrize(("days", "expiring"), [(14, 0), (9.5, 1), (8, 1), (3.5, 2), (None, 0)])
def test_answers_that_later_runs_buy_again_are_told_a_day_ahead(days, expiring):
    lines = [*expiry_lines(ledger([9, 2.6], reuse_days=days))]

    words = f"gpt-4o: {expiring} of 2 reused answers are used for less than another day"
    assert [line.startswith(words) for line in lines] == [True] * bool(expiring)


def test_the_results_and_the_terminal_hold_the_ages():
    made = seen(SuiteRun(ledger=ledger([9, 2, 3]), decisions=(decision(),)))

    first, second = json.loads(results_json(made))["contestants"]
    assert first["reused_age"] == {"youngest": 2 * DAY, "median": 3 * DAY, "oldest": 9 * DAY}
    assert second["reused_age"] is None
    shown = [line for _, line in terminal_lines(made)]
    assert "  baseline answers: 3 reused, 2 to 9 days old (median 3)" in shown
