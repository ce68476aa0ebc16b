"""Why a candidate is slow, as each report tells it."""

import json
from dataclasses import replace

import pytest

from arenatest.model.answer import Timing, Usage
from arenatest.model.metric import BUILT_IN
from arenatest.model.record import AnswerSlot
from arenatest.report.causes import HELP, cause_words, told_cause
from arenatest.report.html import html_page
from arenatest.report.markdown import step_summary
from arenatest.report.results import results_json
from arenatest.report.suite_run import SuiteRun
from arenatest.report.terminal import terminal_lines
from arenatest.report.view import view
from arenatest.signs.slowness.advice import Finding
from arenatest.signs.slowness.suspects import CAUSES
from fakes.ledgers import LedgerBuilder, decision, plan, prompt, rule

E2E = {"metric": "e2e", "unit": "ratio", "side": "max", "stat": "ratio", "threshold": 1.1}
FAILED = {"decision": "fail", "passed": False, "value": 1.8, "low": 1.7, "high": 1.9}
LINE = (
    "likely cause: answers are 1.8x as long (212 tokens against 118) while time per token is the "
    "same; all of the difference"
)


def record(*, tokens=212, rules=()):
    made = LedgerBuilder(plan([prompt(f"p{i}") for i in range(20)], rules=rules, judges=()))
    for i in range(20):
        for who, count in (("gpt-4o", 118), ("gpt-5-mini", tokens)):
            made.answer(who, f"p{i}")
            slot = AnswerSlot(who, f"p{i}")
            found = made.ledger.timings[slot]
            answer = replace(
                found.answer,
                usage=Usage(input_tokens=20, output_tokens=count),
                timing=Timing(ttft=0.2, ttfat=0.2, e2e=0.2 + count / 50, reads=count),
            )
            made.ledger.timings[slot] = replace(found, answer=answer)
    return made.ledger


def report(ledger, *gates):
    return view([SuiteRun(ledger=ledger, decisions=gates)], finished=1.79e9, command="pytest")


@pytest.fixture
def failed():
    return report(record(), decision("e2e-ratio", **E2E, **FAILED, reason="e2e ratio 1.80x"))


def test_the_terminal_names_the_cause_under_the_gate(failed):
    lines = [line.strip() for _, line in terminal_lines(failed)]
    assert lines[lines.index("e2e ratio 1.80x") + 1] == LINE


def test_the_page_names_it_with_the_gate_and_beside_latency_with_what_helps(failed):
    page = html_page(failed).decode()
    assert page.count("answers are 1.8x as long (212 tokens against 118)") == 2
    section = page.split('id="latency-0"')[1].split("</section>")[0]
    assert "What slows gpt-5-mini down" in section
    assert "E2E: all of the difference" in section
    assert HELP["answers"] in section


def test_the_summary_and_the_results_name_it(failed):
    assert "likely cause: answers are 1.8x as long" in step_summary(failed)
    (advice,) = json.loads(results_json(failed))["advice"]
    assert (advice["suite"], advice["candidate"], advice["against"], advice["cause"]) == (
        "support",
        "gpt-5-mini",
        "gpt-4o",
        "answers",
    )
    assert advice["shares"] == {"e2e": pytest.approx(1.0)}
    assert advice["figures"]["tokens"] == 212.0
    assert LINE.startswith(f"likely cause: {advice['line']}")


def test_without_any_gate_a_marked_difference_is_told_beside_latency_alone():
    found = report(record(), decision("win_rate"))
    assert "What slows gpt-5-mini down" in html_page(found).decode()
    assert not any("cause" in line for _, line in terminal_lines(found))


def test_nothing_is_said_of_contestants_that_are_alike():
    found = report(record(tokens=118), decision("win_rate"))
    assert found.suites[0].advice == ()
    assert "down <span" not in html_page(found).decode()


def test_where_a_gate_asks_and_nothing_explains_it_the_page_says_so():
    found = report(record(tokens=118), decision("e2e-ratio", **E2E, **FAILED))
    assert "Nothing that was recorded of its calls explains it" in html_page(found).decode()
    assert not any("cause" in line for _, line in terminal_lines(found))


def test_a_gate_that_was_not_measured_whole_does_not_ask():
    open_ = decision("e2e-ratio", **E2E, decision="inconclusive", cause="budget", passed=False)
    assert report(record(tokens=118), open_).suites[0].advice == ()


def test_a_gate_at_a_level_of_load_looks_at_other_calls():
    loaded = rule("e2e-p95", metric=BUILT_IN["e2e"], stat="p95", side="max", at=8.0)
    asked = decision("e2e-p95", **(E2E | {"stat": "p95"}), **FAILED)
    assert report(record(tokens=118, rules=[loaded]), asked).suites[0].advice == ()


def test_a_gate_against_another_contestant_is_explained_by_that_one():
    other = rule(
        "e2e-ratio", metric=BUILT_IN["e2e"], stat="ratio", side="max", against="gpt-5-mini"
    )
    gate = replace(other, candidate="gpt-4o")
    ledger = record(tokens=60)
    ledger.plan = replace(
        ledger.plan,
        baseline=ledger.plan.candidates[0],
        candidates=(ledger.plan.baseline,),
        rules=(gate,),
    )
    asked = decision("e2e-ratio", **E2E, **FAILED, candidate="gpt-4o")
    (advice,) = report(ledger, asked).suites[0].advice
    assert (advice.candidate, advice.against) == ("gpt-4o", "gpt-5-mini")
    assert advice.findings[0].cause == "answers"


def test_a_limit_that_the_baseline_does_not_keep_either_is_told():
    limit = {"metric": "e2e", "unit": "s", "side": "max", "stat": "p50", "threshold": 2.0}
    gate = decision("e2e-p50", **limit, **FAILED, reason="too slow")
    lines = [line.strip() for _, line in terminal_lines(report(record(tokens=118), gate))]
    told = "gpt-4o does not keep this limit either: its p50 is 2.56 s"
    assert lines[lines.index("too slow") + 1] == told
    kept = decision("e2e-p50", **(limit | {"threshold": 2.6}), **FAILED, reason="too slow")
    assert not any("either" in line for _, line in terminal_lines(report(record(), kept)))
    near = limit | {"decision": "inconclusive", "cause": "evidence", "passed": False, "value": 1.9}
    unproven = decision("e2e-p50", **near, reason="too few")
    lines = terminal_lines(report(record(tokens=118), unproven))
    assert not any("either" in line for _, line in lines)


def test_a_gate_that_our_own_lag_left_open_blames_no_model():
    unfit = {"decision": "inconclusive", "cause": "latency", "passed": False}
    open_ = decision("e2e-ratio", **E2E, **unfit, reason="our own event loop lagged")
    found = report(record(tokens=350), open_)
    (advice,) = found.suites[0].advice
    assert [finding.cause for finding in advice.findings] == ["answers"]  # it is slower besides
    assert not any("cause" in line for _, line in terminal_lines(found))


FIGURES = {
    "answers": (
        {"ratio": 2.0, "characters": 900.0, "characters_other": 450.0, "pace_ratio": 1.3},
        "answers are 2.0x as long (900 characters against 450), time per token is 1.3x",
    ),
    "tokens": (
        {"ratio": 1.6, "pace": 0.031, "pace_other": 0.0194},
        "each token takes 1.6x the time (31 ms against 19 ms)",
    ),
    "reasoning": (
        {"tokens": 412.0, "hidden": 412.0, "held": 3.7, "aloud": 0.0, "tokens_other": 0.0},
        "412 tokens of thoughts come before an answer (old: 0), which are not streamed and hold "
        "back the first text by 3.70 s",
    ),
    "prompts": (
        {"ratio": 3.1, "tokens": 2412.0, "tokens_other": 778.0, "slope": 0.0004},
        "prompts are 3.1x as long (2,412 tokens against 778), and each token adds 0.40 ms to TTFT",
    ),
    "cache": (
        {"share": 0.0, "share_other": 0.78},
        "78 % of old's input tokens were cached, 0 % of its own",
    ),
    "queueing": (
        {"ttft_few": 0.31, "ttft_many": 1.2, "few": 1.6, "many": 7.9},
        "calls queue on its server: TTFT is 310 ms with 2 in flight and 1.20 s with 8",
    ),
    "cold_start": (
        {"calls": 8.0, "of": 60.0, "ttft": 10.2, "later": 0.31},
        "its first calls were cold (8 of 60 calls): TTFT 10.2 s, later 310 ms",
    ),
    "throttling": (
        {"refusals": 61.0, "calls": 31.0, "of": 200.0, "delay": 4.2},
        "31 of 200 calls were refused for their rate (429), and came 4.20 s later",
    ),
    "failures": (
        {"timeout": 7.0, "cut": 2.0, "calls": 9.0, "of": 60.0},
        "9 of 60 calls had no answer at the first attempt: 7 timed out, 2 were cut off",
    ),
    "lag": (
        {"calls": 14.0, "of": 200.0, "longest": 0.12},
        "this process was busy during 14 of 200 calls, by up to 120 ms",
    ),
    "own_queue": (
        {"wait": 3.1, "longest": 9.0},
        "calls waited 3.10 s for our own limits, at most 9.00 s",
    ),
    "connections": (
        {"calls": 43.0, "of": 60.0, "connect": 0.19, "calls_other": 2.0},
        "43 of 60 calls opened a connection (old: 2), which takes 190 ms each",
    ),
    "buffering": (
        {"calls": 48.0, "of": 50.0, "calls_other": 0.0},
        "48 of 50 calls came in one piece (old: 0): something holds answers back",
    ),
    "drift": (
        {"first": 0.31, "last": 0.69},
        "it became slower during the run: TTFT 310 ms in its first third, 690 ms in its last",
    ),
    "two_kinds": (
        {"low": 0.3, "high": 1.9, "share": 0.38},
        "its calls are of two kinds: 62 % take about 300 ms, 38 % about 1.90 s",
    ),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_has_words_with_its_figures_and_something_that_helps(cause):
    figures, words = FIGURES[cause]
    finding = Finding(
        contestant="new", against="old", cause=cause, shares={"ttft": 0.3}, figures=figures
    )
    assert cause_words(finding) == words
    much = "so there is no verdict" if cause == "lag" else "about 30 % of the difference"
    assert told_cause(finding, "ttft") == f"possible cause: {words}; {much}"
    assert HELP[cause]
