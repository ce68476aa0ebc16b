"""The whole reports of one small session, compared with files that are read in the diff.

``ARENATEST_GOLDEN=1`` rewrites them.
"""

import base64
import gzip
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from arenatest.lock.flips import earlier_of
from arenatest.lock.standing import Standing
from arenatest.model.attempts import Attempts
from arenatest.model.metric import BUILT_IN
from arenatest.model.price import Price
from arenatest.model.record import AnswerSlot, AskedAgain, Bill, Event
from arenatest.report.html import html_page
from arenatest.report.markdown import step_summary
from arenatest.report.results import results_json, results_schema
from arenatest.report.suite_run import SuiteRun
from arenatest.report.terminal import terminal_lines
from arenatest.report.view import view
from fakes.ledgers import LedgerBuilder, decision, plan, prompt, rule

EXPECTED = Path(__file__).parent / "report"
FINISHED = 1_790_000_075.0
TTFT = {"metric": "ttft", "unit": "s", "side": "max"}
COMMIT = "c0ffee1234567890c0ffee1234567890c0ffee12"
AGAIN = 1_790_000_060.0


def life():
    happened = [
        (1_790_000_000.0, "begun", {}),
        (1_790_000_030.0, "stopped", {"cause": "plan", "why": "the session was interrupted"}),
        (1_790_000_040.0, "continued", {"after": "the session was interrupted"}),
        (1_790_000_050.0, "finished", {}),
        (AGAIN, "rerun", {"what": "void", "answers": 1, "judgments": 2, "values": 0}),
        (FINISHED, "finished", {}),
    ]
    return tuple(
        Event(id=f"e-{number}", run="run-1", at=at, kind=kind, details=details)
        for number, (at, kind, details) in enumerate(happened)
    )


def session():
    prompts = [
        prompt("capital", "What is the capital of France?", category="facts", reference="Paris"),
        prompt("sum", "What is 2 + 2?", category="facts"),
        prompt("polite", "Refuse politely.", category="style"),
        prompt("hard", "Prove it.", category="style"),
        prompt("same", "Say yes.", category="style"),
    ]
    rules = (
        rule("win_rate"),
        rule("ttft-p95", metric=BUILT_IN["ttft"], stat="p95", side="max", limit=0.8),
        rule("ttft-ratio", metric=BUILT_IN["ttft"], stat="ratio", side="max", limit=1.1),
    )
    planned = plan(prompts, rules=rules)
    listed = Price(input=3.0, output=15.0, cached_input=0.3, source="list 1.0 on 2026-09-21")
    seats = tuple(replace(seat, price=listed) for seat in planned.judges)
    baseline = replace(planned.baseline, price=Price(input=2.5, output=10.0))
    builder = LedgerBuilder(replace(planned, baseline=baseline, judges=seats))
    for place, asked in enumerate(prompts):
        builder.answer("gpt-4o", asked.id, "Yes." if asked.id == "same" else "Paris <b>it</b> is.",
                       ttft=0.15 + place / 100)  # fmt: skip
        if asked.id == "hard":
            builder.failure("gpt-5-mini", "hard")
        else:
            text = "Yes." if asked.id == "same" else "I shall not: ::error::\u202e"
            builder.answer("gpt-5-mini", asked.id, text, ttft=0.25 + place / 20)
    loading(builder.ledger)
    builder.judge("capital", ("loss", "loss"), explanation="The first is right.")
    builder.judge("sum", ("win", "loss")).judge("polite", ("win", "unparsed"))
    builder.ledger.bills["sonnet"] = Bill(
        calls=6, input_tokens=4210, output_tokens=918, cost=0.0264
    )
    builder.ledger.warnings.append("gpt-4o: the server changed its model")
    builder.ledger.run = replace(builder.ledger.run, commit=COMMIT, attempt=4)
    builder.ledger.asked_again = (AskedAgain(at=AGAIN, what="void", answers=1, judgments=2),)
    return SuiteRun(
        ledger=builder.ledger,
        standing=Standing(
            drift=("dataset support.jsonl: locked 4 prompts (0a1b2c3d), found 5 (4e5f6a7b)",),
            earlier={"gpt-5-mini": before(prompts, rules)},
            attempts=Attempts(commit=COMMIT, runs=4, judged=3, timed=4),
            events=life(),
        ),
        decisions=(
            decision(n=2, planned=5, voids=2, value=0.5, low=0.1, high=0.9, passed=False, line=12,
                     decision="inconclusive", cause="void", reason="2 of 5 prompts are void"),
            decision("ttft-p95", **TTFT, stat="p95", threshold=0.8, value=0.45, low=0.25, n=5,
                     high=0.7, planned=5, reason="ttft p95 450 ms"),
            decision("ttft-ratio", **(TTFT | {"unit": "ratio"}), stat="ratio", threshold=1.1, n=4,
                     counted="pairs", value=1.9, low=1.6, high=2.2, planned=5, voids=1,
                     decision="fail", line=20, passed=False,
                     reason="ttft ratio 1.90x, needs <= 1.10x"),
        ),
    )  # fmt: skip


def loading(ledger):
    """Its server says that it loaded the candidate's model for two calls."""
    for asked, seconds in (("capital", 0.09), ("sum", 0.12)):
        slot = AnswerSlot("gpt-5-mini", asked)
        found = ledger.timings[slot]
        timing = replace(found.answer.timing, load=seconds)
        answered = replace(found, answer=replace(found.answer, timing=timing))
        ledger.answers[slot] = ledger.timings[slot] = answered


def before(prompts, rules):
    """The accepted run: all was won but one."""
    builder = LedgerBuilder(plan(prompts, rules=rules), id="run-0", started=1_789_000_000.0)
    for asked in prompts[:3]:
        builder.answer("gpt-4o", asked.id, "Old.").answer("gpt-5-mini", asked.id, "New.")
        result = "loss" if asked.id == "sum" else "win"
        builder.judge(asked.id, (result, result))
    return earlier_of(builder.ledger, "gpt-5-mini", accepted=True)


def opened(html):
    """Show embedded JSON instead of its compressed form: readable, and the same with any zlib."""

    def unpacked(match):
        value = json.loads(gzip.decompress(base64.b64decode(match.group(2))))
        return f"{match.group(1)}\n{json.dumps(value, indent=1, ensure_ascii=False)}\n</template>"

    html = re.sub(r"(<template id=\"[^\"]+\">)(.*?)</template>", unpacked, html)
    html = re.sub(r"(<(script|style)>).*?</\2>", r"\1…</\2>", html, flags=re.DOTALL)
    return re.sub(r"sha256-[\w+/]+=", "sha256-…", html)


def made():
    run = session()
    report = view([run], finished=FINISHED, command="pytest --arena suites/support.arena.toml")
    lines = terminal_lines(report, path="reports/arena-report.html")
    return {
        "arena-report.html": opened(html_page(report).decode()),
        "arena-results.json": results_json(report).decode(),
        "arena-results.schema.json": json.dumps(results_schema(), indent=1, sort_keys=True) + "\n",
        "summary.md": step_summary(report),
        "terminal.txt": "".join(f"{line}\n" for _, line in lines),
    }


@pytest.mark.parametrize("name", list(made()))
def test_the_report_is_what_was_read_and_agreed(name):
    expected, text = EXPECTED / name, made()[name]
    if os.environ.get("ARENATEST_GOLDEN") == "1":
        expected.parent.mkdir(exist_ok=True)
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
