import json
from dataclasses import replace

import pytest

from arenatest.lock.standing import Standing
from arenatest.model.attempts import Attempts, false_pass
from arenatest.model.metric import BUILT_IN
from arenatest.model.record import AskedAgain, Before
from arenatest.report.attempts import asked_again_lines, attempt_lines, mended_lines
from arenatest.report.markdown import step_summary
from arenatest.report.results import results_json
from arenatest.report.suite_run import SuiteRun
from arenatest.report.terminal import terminal_lines
from arenatest.report.view import view
from fakes.ledgers import LedgerBuilder, decision, plan, prompt, rule

COMMIT = "c0ffee1234567890"
AT = 1_772_442_847.0
CLOCK = rule("ttft-p95", metric=BUILT_IN["ttft"], stat="p95", side="max", limit=0.8)
RULES = [rule("win_rate"), CLOCK]


def suite_run(attempts, *gates, rules=RULES, **ledger):
    made = LedgerBuilder(plan([prompt("p")], rules=rules)).answer("gpt-4o", "p").ledger
    return SuiteRun(
        ledger=replace(made, **ledger),
        decisions=tuple(decision(gate) for gate in gates),
        standing=Standing(attempts=attempts),
    )


def lines(attempts, *gates):
    return [*attempt_lines(suite_run(attempts, *gates))]


def test_the_first_attempt_is_no_news():
    assert lines(Attempts(commit=COMMIT, timed=1), "win_rate", "ttft-p95") == []
    assert lines(None, "win_rate") == []


def test_runs_that_bought_nothing_anew_are_no_news_however_many_there_are():
    assert lines(Attempts(commit=COMMIT, runs=7), "win_rate") == []


def test_a_further_attempt_says_what_it_does_to_the_stated_error():
    assert lines(Attempts(commit=COMMIT, runs=4, judged=3), "win_rate") == [
        "attempt 3 of this plan under the commit c0ffee123456: its answers, verdicts or order "
        "were drawn anew each time, and a gate that passes wrongly with at most 5.0 % in one "
        "attempt does so with up to 14.3 % in 3"
    ]


def test_clocks_are_counted_apart_because_every_run_takes_them():
    assert lines(Attempts(commit=COMMIT, runs=2, timed=2), "win_rate", "ttft-p95") == [
        "the clocks of this plan were taken in 2 runs under the commit c0ffee123456: every run "
        "takes them afresh, and a gate that passes wrongly with at most 5.0 % in one attempt does "
        "so with up to 9.8 % in 2"
    ]


def test_clocks_of_every_night_are_no_news_where_the_commit_is_unknown():
    assert lines(Attempts(runs=90, timed=90), "win_rate", "ttft-p95") == []


def test_gates_about_failing_are_told_where_what_failed_was_tried_again():
    rules = [rule("error_rate", metric=BUILT_IN["error_rate"], side="max", limit=0.1)]
    run = suite_run(Attempts(commit=COMMIT, runs=2, mended=1), rules=rules)
    errors = replace(run, decisions=(decision("error_rate", metric="error_rate"),))
    assert [*mended_lines(errors)] == [
        "what failed in an earlier run of this plan under the commit c0ffee123456 was tried again, "
        "and what succeeded was kept: error_rate looks better than in one run; --arena-fresh "
        "measures it anew"
    ]
    assert [*mended_lines(replace(run, decisions=(decision("win_rate"),)))] == []
    once = replace(errors, standing=Standing(attempts=Attempts()))
    assert [*mended_lines(once)] == []


def test_clocks_that_no_decided_gate_looks_at_are_no_news():
    assert lines(Attempts(commit=COMMIT, runs=2, timed=2), "win_rate") == []


def test_the_gate_with_the_largest_risk_is_spoken_of():
    rules = [rule("win_rate"), rule("lax", confidence=0.8)]
    run = suite_run(Attempts(judged=2), "win_rate", "lax", rules=rules)
    assert "with at most 20.0 % in one attempt does so with up to 36.0 % in 2" in next(
        attempt_lines(run)
    )


@pytest.mark.parametrize(
    ("again", "told"),
    [
        (AskedAgain(at=AT, what="failed", answers=1), "1 failed answer was asked again"),
        (
            AskedAgain(at=AT, what="void", answers=2, judgments=1),
            "2 failed answers and 1 void judgment were asked again",
        ),
        (
            AskedAgain(at=AT, what="void", answers=2, judgments=3, values=1),
            "2 failed answers, 3 void judgments and 1 missing value were asked again",
        ),
    ],
)
def test_what_was_asked_again_is_told_with_the_time(again, told):
    run = suite_run(None, asked_again=(again,))
    assert [*asked_again_lines(run.ledger)] == [f"{told} (2026-03-02 09:14:07 UTC)"]


def test_a_rerun_that_no_gate_needed_is_no_news():
    run = suite_run(None, asked_again=(AskedAgain(at=AT, what="void"),))
    assert [*asked_again_lines(run.ledger)] == []


def test_decisions_that_had_fallen_before_are_named():
    again = AskedAgain(at=AT, what="void", answers=1)
    before = Before(decisions={("gpt-5-mini", "win_rate"): decision()})
    run = suite_run(None, asked_again=(again,), before=before)
    assert [*asked_again_lines(run.ledger)][1] == (
        "decided before that, and not decided again: gpt-5-mini win_rate"
    )


def test_terminal_summary_and_results_say_both():
    again = (AskedAgain(at=AT, what="void", answers=1, judgments=2),)
    run = suite_run(Attempts(commit=COMMIT, judged=2), "win_rate", asked_again=again)
    report = view([run], finished=AT, command="pytest --arena")
    terminal = "\n".join(line for _, line in terminal_lines(report))
    for text in (terminal, step_summary(report)):
        assert "1 failed answer and 2 void judgments were asked again" in text
        assert "attempt 2 of this plan" in text
    (suite,) = json.loads(results_json(report))["suites"]
    assert suite["attempts"] == {
        "runs": 1,
        "judged": 2,
        "timed": 0,
        "mended": 0,
        "false_pass": pytest.approx(0.0975),
    }
    assert suite["asked_again"] == [
        {"at": AT, "what": "void", "answers": 1, "judgments": 2, "values": 0}
    ]


def test_one_attempt_has_the_stated_error():
    assert false_pass(0.05, 1) == pytest.approx(0.05)
