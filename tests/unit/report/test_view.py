import pytest

from arenatest.report.suite_run import SuiteRun
from arenatest.report.view import headline, view, warnings
from fakes.ledgers import LedgerBuilder, decision, plan, prompt, rule

FAIL = {"decision": "fail", "passed": False}
OPEN = {"decision": "inconclusive", "passed": False, "cause": "evidence"}
LET_THROUGH = {"decision": "inconclusive", "passed": True, "cause": "evidence"}


@pytest.mark.parametrize(
    ("changes", "word", "passed"),
    [
        ([{}, {}], "PASSED", True),
        ([{}, FAIL], "FAILED", False),
        ([OPEN, FAIL], "FAILED", False),
        ([{}, OPEN], "INCONCLUSIVE", False),
        ([{}, LET_THROUGH], "PASSED", True),
        ([], "NOTHING GATED", False),
    ],
)
def test_the_verdict_of_the_session(changes, word, passed):
    told = headline([decision(**change) for change in changes])
    assert (told.word, told.passed) == (word, passed)


def test_what_needs_an_eye_comes_first():
    rules = [rule(name) for name in "abcd"]
    run = SuiteRun(
        ledger=LedgerBuilder(plan([prompt("p")], rules=rules)).ledger,
        decisions=(
            decision("d", **FAIL),
            decision("c"),
            decision("b", **LET_THROUGH),
            decision("a", **OPEN),
        ),
    )
    rows = view([run], finished=0.0, command="").gates
    assert [row.decision.gate for row in rows] == ["d", "a", "b", "c"]


def test_a_warning_is_told_once():
    ledger = LedgerBuilder(plan([prompt("p")])).ledger
    ledger.warnings += ["x", "x"]
    assert warnings(SuiteRun(ledger=ledger, decisions=())) == ("x",)


def test_copied_rows_without_a_family_are_warned_of():
    def told(*prompts):
        return warnings(SuiteRun(ledger=LedgerBuilder(plan([*prompts])).ledger, decisions=()))

    one, other = prompt("a", "Why?"), prompt("b", "Who?")
    assert told(one, other) == ()
    assert told(one, other, prompt("c", "Why?"))[0].startswith(
        "2 of 3 prompts ask what another one"
    )
    assert told(one, prompt("c", "Why?", family="why")) == ()
    greeting = (prompt(f"{name}/1", "Hi", conversation=name) for name in "cd")
    assert told(*greeting) == ()
