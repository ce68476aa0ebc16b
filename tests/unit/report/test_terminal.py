import pytest

from arenatest.report.phrases import evidence_words, interval_words, limit_words
from arenatest.report.suite_run import SuiteRun
from arenatest.report.terminal import terminal_lines
from fakes.ledgers import LedgerBuilder, decision, plan, prompt, rule
from fakes.reports import seen

P95 = {"metric": "ttft", "stat": "p95", "unit": "s", "side": "max", "threshold": 0.8, "n": 200}
RATIO = {
    **{"metric": "ttft", "stat": "ratio", "unit": "ratio", "side": "max", "threshold": 1.1},
    "counted": "pairs",
}


def test_the_section_has_the_shape_of_the_design():
    rules = [rule(name) for name in ("win_rate", "ttft-p95", "ttft-ratio")]
    ledger = LedgerBuilder(plan([prompt("p")], rules=rules)).ledger
    decisions = (
        decision("ttft-ratio", **RATIO, value=1.31, low=1.24, high=1.39, n=200,
                 decision="fail", passed=False, reason="slower"),
        decision("ttft-p95", **P95, value=0.64, low=0.61, high=0.702),
        decision(),
    )  # fmt: skip
    report = seen(SuiteRun(ledger=ledger, decisions=decisions))
    lines = terminal_lines(report, path="reports/arena-report.html")
    assert [line for _, line in lines] == [
        "support  gpt-5-mini against gpt-4o",
        "  PASS  win_rate     0.531 [0.478, 0.584]   needs >= 0.45     "
        "decided at 143 of 200 prompts",
        "  PASS  ttft-p95     640 ms [610, 702]      needs <= 800 ms   200 prompts",
        "  FAIL  ttft-ratio   1.31x [1.24, 1.39]     needs <= 1.10x    200 pairs",
        "        slower",
        "  report: reports/arena-report.html",
    ]
    assert [kind for kind, _ in lines] == ["title", "pass", "pass", "fail", "note", "path"]


def test_hostile_names_and_warnings_cannot_steer_the_terminal():
    ledger = LedgerBuilder(plan([prompt("p")], candidates=("x\x1b[31m\n::error::y",))).ledger
    ledger.warnings.append("a\n::error::b")
    made = decision(candidate="x\x1b[31m\n::error::y", reason="::error::z", decision="fail")
    lines = [line for _, line in terminal_lines(seen(SuiteRun(ledger=ledger, decisions=(made,))))]
    assert all("\x1b" not in line and "\n" not in line for line in lines)
    assert not any(line.lstrip().startswith("::") for line in lines)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"low": None, "high": None}, ""),
        ({"low": None}, "[-, 0.584]"),
        ({"value": None}, ""),
        ({**P95, "value": 0.9, "low": 0.85, "high": 1.2}, "[850, 1200]"),
    ],
)
def test_intervals_say_what_is_known_on_the_scale_of_the_value(changes, words):
    assert interval_words(decision(**changes)) == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n": 200}, "200 prompts"),
        ({"n": 143, "decision": "inconclusive"}, "143 of 200 prompts"),
        ({"n": 197, "voids": 3}, "197 of 200 prompts, 3 void"),
        ({"n": 1, "planned": 1}, "1 prompt"),
        (
            {"n": 50, "voids": 1, "counted": "clusters"},
            "decided at 50 of 200 clusters, 1 prompt void",
        ),
    ],
)
def test_the_evidence_is_put_into_words(changes, words):
    assert evidence_words(decision(**changes)) == words


def test_a_limit_is_written_as_it_was_asked():
    assert limit_words(decision(threshold=0.45)) == ">= 0.45"


def test_failed_answers_and_unread_judges_are_told_with_an_example():
    asked = [prompt(name) for name in "pqr"]
    builder = LedgerBuilder(plan(asked, rules=[rule("win_rate")]))
    for name in "pq":
        builder.answer("gpt-4o", name).failure("gpt-5-mini", name)
    builder.answer("gpt-4o", "r").answer("gpt-5-mini", "r", "other")
    said = "I would rather\n::error::not say. " * 20
    builder.judge("r", ("unparsed", "unparsed"), explanation=said)
    made = decision(decision="inconclusive", passed=False, reason="")
    run = SuiteRun(ledger=builder.ledger, decisions=(made,))
    lines = [text for _, text in terminal_lines(seen(run))]
    assert "  gpt-5-mini: 2 answers failed: upstream is away" in lines
    (unread,) = [text for text in lines if "without a verdict" in text]
    assert unread.startswith("  sonnet: 2 games without a verdict (unparsed): I would rather : :")
    assert unread.endswith(" ...")
    assert len(unread) < 300
