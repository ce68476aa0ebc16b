"""A suite that was decided again says so in every report, and bought nothing."""

from __future__ import annotations

import json

from arenatest.report.html import html_page
from arenatest.report.markdown import step_summary
from arenatest.report.results import results_json
from arenatest.report.suite_run import Again, SuiteRun
from arenatest.report.terminal import terminal_lines
from arenatest.report.view import view
from fakes.ledgers import STARTED, LedgerBuilder, decision, plan, prompt, rule

WEEK = 7 * 86400.0


def decided_again(**said):
    made = LedgerBuilder(plan([prompt("p1")], rules=[rule("win_rate")]))
    made.answer("gpt-4o", "p1").answer("gpt-5-mini", "p1").judge("p1", ("win", "win"))
    again = Again(decided=STARTED + WEEK, **said)
    return SuiteRun(ledger=made.ledger, decisions=(decision(),), again=again)


def report_of(run):
    return view([run], finished=STARTED + WEEK + 2.0, command="arenatest gate")


def lines(run):
    return [line for kind, line in terminal_lines(report_of(run)) if kind == "warning"]


def test_the_run_and_its_date_stand_in_every_report():
    run = decided_again()
    said = "decided again from run run-1 of 2026"
    assert any(said in line for line in lines(run))
    report = report_of(run)
    assert said in step_summary(report)
    page = html_page(report).decode()
    assert said in page
    assert "decided again from the run of 2026" in page
    assert any(said in w["line"] for w in json.loads(results_json(report))["warnings"])


def test_the_session_made_no_call_and_took_its_own_time():
    results = json.loads(results_json(report_of(decided_again())))
    assert results["run"]["calls"] == 0
    assert results["run"]["cost"] == 0.0
    assert results["run"]["duration"] == 2.0
    (suite,) = results["suites"]
    assert suite["started"] == STARTED
    assert suite["decided_again"] == {
        "decided": STARTED + WEEK,
        "others": [],
        "replies": None,
        "reread": 0,
    }


def test_limits_that_the_run_did_not_have_are_named_with_what_they_are_worth():
    (_, line) = lines(decided_again(others=("new win_rate",)))
    assert "not gates of that run: new win_rate" in line
    assert "wrong more often than its confidence says" in line


def test_replies_that_were_read_again_are_counted():
    (_, line) = lines(decided_again(replies=1200, reread=3))
    assert "3 of 1,200 games came to another verdict than then" in line


def test_a_run_of_this_session_is_not_marked():
    run = SuiteRun(ledger=decided_again().ledger, decisions=(decision(),))
    assert lines(run) == []
    results = json.loads(results_json(view([run], finished=STARTED + 2.0, command="")))
    assert results["suites"][0]["decided_again"] is None
    assert results["run"]["calls"] > 0
