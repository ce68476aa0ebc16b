"""--arena-rerun and --arena-fresh as a user types them, at midnight."""

from __future__ import annotations

import os
import sys
from collections import Counter

import pytest

from integration.conftest import WIN

MODELS = """
import threading
from pathlib import Path

LOCK = threading.Lock()

def count(name):
    with LOCK, open("calls.log", "a") as log:
        log.write(name + "\\n")

def ill(prompt, *numbers):
    return Path("ill").exists() and prompt.id in {f"q{n}" for n in numbers}

def old(prompt):
    count("old")
    return "It may be " + prompt.reference

def new(prompt):
    count("new")
    if ill(prompt, 3, 4):
        raise ConnectionError("away")
    return prompt.reference

def judge(prompt, a, b):
    count("judge")
    if ill(prompt, 5, 6, 7):
        return "no idea"
    return "A>B" if len(a) < len(b) else "B>A"
"""
GATES = """
[[gates]]
metric = "win_rate"
min = 0.4
[[gates]]
metric = "error_rate"
max = 0.9
[[gates]]
metric = "e2e"
stat = "p50"
max = "10 s"
"""
JUDGED = 'kind = "python"\nfunction = "models:judge"'


@pytest.fixture
def midnight(project):
    """A run whose gate is inconclusive because of voids; by now all are well again."""
    project.write("models.py", MODELS)
    project.suite(gates=GATES, judge=JUDGED, prompts=30, run="early_stop = false")
    project.write("ill", "")
    first = project.run()
    first.assert_outcomes(passed=2, failed=1)
    assert project.gates["new", "win_rate"]["cause"] == "void"
    (project.path / "ill").unlink()
    project.calls()
    return project


@pytest.mark.parametrize("spread", [(), ("-n2",)])
def test_what_was_void_is_asked_again_and_the_gate_is_decided(midnight, spread):
    if spread:
        pytest.importorskip("xdist")
    errors = midnight.gates["new", "error_rate"]
    clocks = midnight.gates["new", "e2e-p50"]
    result = midnight.run("--arena-rerun=void", *spread)
    result.assert_outcomes(passed=3)
    assert Counter(midnight.calls()) == {"new": 2, "judge": 10}
    result.stdout.fnmatch_lines(["*2 failed answers and 6 void judgments were asked again (20*"])
    assert midnight.gates["new", "win_rate"]["decision"] == "pass"
    assert midnight.gates["new", "error_rate"] == errors
    assert midnight.gates["new", "e2e-p50"] == clocks
    (suite,) = midnight.results["suites"]
    (again,) = suite["asked_again"]
    assert (again["answers"], again["judgments"]) == (2, 6)
    assert suite["attempts"]["judged"] == 1
    assert "were asked again" in midnight.page
    assert midnight.sql("select count(*) from run") == [(1,)]
    if not spread:  # decided again from the record, the gates are the same
        before = midnight.results["gates"]
        args = ["-m", "arenatest", "gate", "x.arena.toml"]
        assert midnight.pytester.run(sys.executable, *args).ret == 0
        assert midnight.results["gates"] == before
        refused(midnight)


def refused(project):
    """A suite that has changed since has no run to go on with."""
    project.suite(gates=GATES, judge=JUDGED, prompts=31, run="early_stop = false")
    result = project.run("--arena-rerun=void")
    assert result.ret == 4
    result.stderr.fnmatch_lines(
        [
            "ERROR: x.arena.toml: no run of this plan is recorded, so nothing can be asked again",
            "  nearest: run * of 20* UTC: 1 prompt new ('q30')",
            "  hint: without --arena-rerun, what is on record is reused and the rest is bought",
        ]
    )
    assert project.calls() == []


TAKE_OVER = """
import sqlite3

def pytest_sessionfinish():
    with sqlite3.connect(".arenatest/arena.sqlite") as store:
        store.execute("update run set session = 'another'")
    store.close()
"""


@pytest.mark.skipif(
    "ARENATEST_TEST_STORE" in os.environ, reason="the other session looks into a file"
)
def test_a_run_that_another_session_asks_again_before_the_report_is_told(project):
    project.suite(prompts=8)
    project.run()
    project.write("conftest.py", TAKE_OVER)
    result = project.run("--arena-rerun=void")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["*no report was written: another session has asked the same run again*"]
    )


def test_repeating_until_it_passes_is_told_and_reusing_is_not(project, monkeypatch):
    monkeypatch.setenv("GITHUB_SHA", "c0ffee1" * 5)
    project.suite(run="early_stop = false", prompts=8)
    project.run()
    second = project.run()
    assert "attempt" not in second.stdout.str()
    third = project.run("--arena-fresh")
    third.stdout.fnmatch_lines(
        [
            "*warning: attempt 2 of this plan under the commit c0ffee1c0ffe: * in one attempt does "
            "so with up to 9.8 % in 2"
        ]
    )
    (suite,) = project.results["suites"]
    assert suite["attempts"]["runs"] == 3
    assert suite["attempts"]["judged"] == 2
    assert suite["commit"] == "c0ffee1" * 5


def test_taking_clocks_alone_between_two_runs_is_no_attempt(project):
    latency = '[[gates]]\nmetric = "e2e"\nstat = "p50"\nmax = "10 s"\n'
    project.suite(gates=WIN + latency, prompts=8)
    project.run()
    project.calls()
    project.run("-k", "e2e")
    assert set(project.calls()) == {f"new q{n}" for n in range(8)}
    project.run()
    assert not any("attempt" in warning["line"] for warning in project.results["warnings"])
    (suite,) = project.results["suites"]
    assert (suite["attempts"]["judged"], suite["attempts"]["timed"]) == (1, 3)
