import pytest

from arenatest.report.suite_run import SuiteRun
from arenatest.report.write import write_reports
from fakes.ledgers import LedgerBuilder, decision, plan, prompt


def runs():
    return [SuiteRun(ledger=LedgerBuilder(plan([prompt("p")])).ledger, decisions=(decision(),))]


def test_both_files_are_written_into_a_folder_that_is_made(tmp_path):
    paths = write_reports(runs(), tmp_path / "a" / "b", finished=1.79e9, command="pytest")
    assert [path.name for path in paths] == ["arena-report.html", "arena-results.json"]
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == [
        path.name for path in paths
    ]


def test_an_older_report_is_replaced(tmp_path):
    (tmp_path / "arena-report.html").write_text("old")
    write_reports(runs(), tmp_path, finished=1.79e9, command="pytest")
    assert (tmp_path / "arena-report.html").read_text().startswith("<!DOCTYPE html>")


def test_a_failed_write_leaves_the_older_report_and_no_litter(tmp_path):
    (tmp_path / "arena-report.html").mkdir()  # cannot be replaced by a file
    with pytest.raises(OSError, match="arena-report"):
        write_reports(runs(), tmp_path, finished=1.79e9, command="pytest")
    assert [path.name for path in tmp_path.iterdir()] == ["arena-report.html"]
