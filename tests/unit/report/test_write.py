import pytest

from arenatest.report.suite_run import SuiteRun
from arenatest.report.write import write_reports
from fakes.ledgers import LedgerBuilder, decision, plan, prompt
from fakes.reports import seen


def report():
    ledger = LedgerBuilder(plan([prompt("p")])).ledger
    return seen(SuiteRun(ledger=ledger, decisions=(decision(),)))


def test_both_files_are_written_into_a_folder_that_is_made(tmp_path):
    paths = write_reports(report(), tmp_path / "a" / "b")
    assert [path.name for path in paths] == ["arena-report.html", "arena-results.json"]
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == [
        path.name for path in paths
    ]


def test_an_older_report_is_replaced(tmp_path):
    (tmp_path / "arena-report.html").write_text("old")
    write_reports(report(), tmp_path)
    assert (tmp_path / "arena-report.html").read_text().startswith("<!DOCTYPE html>")


def test_a_failed_write_leaves_the_older_report_and_no_litter(tmp_path):
    (tmp_path / "arena-report.html").mkdir()  # cannot be replaced by a file
    with pytest.raises(OSError, match="arena-report"):
        write_reports(report(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["arena-report.html"]
