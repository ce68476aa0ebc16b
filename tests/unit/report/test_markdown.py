from arenatest.report.markdown import step_summary
from arenatest.report.suite_run import SuiteRun
from arenatest.report.view import view
from fakes.ledgers import LedgerBuilder, decision, plan, prompt


def summary(*decisions, warnings=(), **limits):
    ledger = LedgerBuilder(plan([prompt("p")])).ledger
    ledger.warnings.extend(warnings)
    run = SuiteRun(ledger=ledger, decisions=decisions)
    return step_summary(view([run], finished=0.0, command="pytest"), **limits)


def test_the_gate_table_has_a_row_for_each_gate():
    text = summary(decision(), decision("b", decision="fail", passed=False, reason="worse"))
    assert text.startswith("## Arena: FAILED\n\n1 of 2 gates failed.\n")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert [row.split("|")[1].strip() for row in rows[1:]] == ["❌ FAIL", "✅ PASS"]


def test_hostile_names_stay_text():
    text = summary(decision("x|<b>`y`@z", candidate="![i](http://j)"))
    assert "<b>" not in text
    assert "](http:" not in text
    assert "@z" not in text


def test_a_summary_too_long_is_cut_between_lines():
    text = summary(
        decision(), warnings=["w" * 500] * 1 + [f"{n}" * 400 for n in range(9)], limit=1500
    )
    assert len(text.encode()) <= 1500
    assert text.endswith("_Cut here: the whole is in arena-report.html._\n")
