from types import SimpleNamespace

import pytest

from arenatest.collection.outputs import Outputs
from arenatest.model.record import AnswerSlot
from arenatest.report.suite_run import SuiteRun
from fakes.ledgers import LedgerBuilder, decision, plan, prompt, rule


class Reporter:
    def __init__(self):
        self.lines = []

    def write_sep(self, mark, title):
        self.lines.append(title)

    def write_line(self, line, **colours):
        self.lines.append(line)


@pytest.fixture
def write(tmp_path):
    def write(run):
        made = Outputs.write(
            [run],
            folder=tmp_path / "reports",
            root=tmp_path,
            command="pytest --arena",
            finished=1.79e9,
            ihook=SimpleNamespace(pytest_arena_run_finished=lambda **told: None),
            environ={"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")},
        )
        reporter = Reporter()
        made.show(reporter)
        return made, "\n".join(reporter.lines)

    return write


def recorded():
    return LedgerBuilder(plan([prompt("p")], rules=[rule("win_rate")])).ledger


def test_a_mistake_in_a_report_hides_no_verdict_and_fails_the_build(write, tmp_path):
    ledger = recorded()
    ledger.answers[AnswerSlot("gpt-5-mini", "p")] = None  # what no report of ours can read
    made, section = write(SuiteRun(ledger=ledger, decisions=(decision(),)))
    assert (made.report, made.whole) == (None, False)
    assert "win rate 0.531 [0.478, 0.584], needs >= 0.45 (n=143 prompts): pass" in section
    assert f"no report was written into {tmp_path / 'reports'}: writing it raised " in section


def test_a_mistake_in_the_section_leaves_every_reason(write):
    odd = decision(threshold="odd", reason="win rate 0.531: \x1b[31mpass")
    made, section = write(SuiteRun(ledger=recorded(), decisions=(odd,)))
    assert made.whole is False
    assert "  win rate 0.531: " in section
    assert "the section of the terminal raised " in section
    assert "\x1b" not in section
