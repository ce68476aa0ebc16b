"""Places that cannot be written: one message, nothing bought in vain, and no traceback of ours."""

import os
import sqlite3
import subprocess
import sys

import pytest

FAILING = "def pytest_arena_run_finished(ledger, decisions):\n    raise OSError('no network')\n"


def no_traceback(result):
    text = result.stdout.str() + result.stderr.str()
    assert "Traceback" not in text
    assert "arenatest/collection" not in text
    assert "INTERNALERROR" not in text
    return text


def spoil(project, what):
    """Make the store unusable in one of many ways."""
    folder = project.path / ".arenatest"
    if what == "a file":
        folder.write_text("", encoding="utf-8")
        return
    folder.mkdir()
    file = folder / "arena.sqlite"
    if what == "garbage":
        file.write_bytes(b"garbage" * 1000)
    elif what == "another program's":
        with sqlite3.connect(file) as database:
            database.execute("create table other (x)")
    elif what == "newer":
        folder.rmdir()
        project.run().assert_outcomes(passed=1)
        project.calls()
        with sqlite3.connect(file) as database:
            database.execute("update meta set value = '99' where name = 'schema_version'")


SPOILED = {
    "a file": "cannot create the folder",
    "garbage": "file is not a database",
    "another program's": "database of another program",
    "newer": "newer arenatest",
}


@pytest.mark.parametrize(("what", "said"), SPOILED.items())
def test_a_store_that_cannot_be_used_is_an_error_before_any_call(project, what, said):
    project.suite()
    spoil(project, what)
    result = project.run()
    assert result.ret == 4
    text = no_traceback(result)
    assert text.count(said) == 1
    assert project.calls() == []


@pytest.mark.parametrize(("what", "said"), SPOILED.items())
def test_workers_say_it_too(project, what, said):
    project.suite()
    spoil(project, what)
    result = project.run("-n2")
    assert result.ret == 1
    assert said in no_traceback(result)
    assert project.calls() == []


def test_a_folder_for_reports_that_is_a_file_is_an_error_before_any_call(project):
    project.suite()
    project.write("reports", "mine")
    result = project.run()
    assert result.ret == 4
    assert "reports is a file, expected a folder" in no_traceback(result)
    assert project.calls() == []


def test_collecting_needs_no_place_to_write(project):
    project.suite()
    project.write("reports", "mine")
    spoil(project, "garbage")
    assert project.run("--collect-only").ret == 0


def test_reports_that_cannot_be_written_fail_the_build_but_the_verdict_is_shown(project):
    project.suite()
    (project.path / "reports/arena-report.html").mkdir(parents=True)
    result = project.run()
    assert result.ret == 1
    text = no_traceback(result)
    assert "PASS  win_rate" in text
    assert "no report was written" in text
    calls = len(project.calls())
    (project.path / "reports/arena-report.html").rmdir()
    assert calls
    assert project.run().ret == 0
    assert project.calls() == []


def test_a_summary_that_cannot_be_written_is_a_warning(project, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project.path / "not/there"))
    project.suite()
    result = project.run()
    assert result.ret == 0
    assert "warning: no summary was written" in no_traceback(result)


def test_a_plugin_that_fails_at_the_end_fails_the_build_and_is_named(project):
    project.suite()
    project.write("conftest.py", FAILING)
    result = project.run()
    assert result.ret == 1
    text = no_traceback(result)
    assert "PASS  win_rate" in text
    assert "pytest_arena_run_finished raised OSError: no network (conftest.py:2)" in text
    assert (project.path / "reports/arena-report.html").exists()


@pytest.mark.parametrize("blocks", [1, 200])
def test_a_full_disk_loses_nothing_and_is_told_in_a_line(project, blocks):
    """A limit on the size of files is what a full disk is to SQLite; blocks of 1 KiB."""
    project.suite(prompts=100, run="early_stop = false\nconcurrency = 4")
    command = [sys.executable, "-m", "pytest", "-p", "no:asyncio", "-p", "no:cacheprovider"]
    limited = f"ulimit -f {blocks}; trap '' XFSZ; exec \"$@\" --arena 2>&1 | cat"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", limited, "bash", *command],
        cwd=project.path,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode or "warning: after the gates were decided" in done.stdout
    assert "Traceback" not in done.stdout
    assert "disk I/O error" in done.stdout
    paid = len(project.calls())
    recorded = project.sql("select count(*) from call")[0][0] if paid else 0
    project.run().assert_outcomes(passed=1)
    assert len(project.calls()) <= 200 - recorded
