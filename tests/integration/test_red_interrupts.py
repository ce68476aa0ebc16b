"""Ctrl-C at bad moments: nothing is bought any more, and what is recorded stays."""

import signal
import subprocess
import sys
import time

import pytest

SLOW = """
import time

def called(prompt):
    with open("calls.log", "a") as log:
        log.write(prompt.id + "\\n")
    time.sleep(0.1)

def old(prompt):
    called(prompt)
    return "x"

def new(prompt):
    called(prompt)
    return prompt.reference
"""
LANES = 2 * 4  # two endpoints, four calls at once


@pytest.fixture
def slow(project):
    project.write("models.py", SLOW)
    project.suite(prompts=400, run="early_stop = false\nconcurrency = 4")
    return project


def calls(project):
    log = project.path / "calls.log"
    return len(log.read_text(encoding="utf-8").splitlines()) if log.exists() else 0


def interrupt(project, *arguments, after=30, times=1, pause=0.0):
    """Start pytest, interrupt it in the middle; return it with the calls made until then."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:asyncio", "--arena", *arguments],
        cwd=project.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 60
    while calls(project) < after:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    made = calls(project)
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(pause)
    output, _ = process.communicate(timeout=60)
    return process, made, output


@pytest.mark.parametrize("pause", [0.02, 0.15])
@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_a_second_interrupt_does_not_let_the_run_go_on(slow, workers, pause):
    _, made, _ = interrupt(slow, *workers, times=2, pause=pause)
    assert calls(slow) <= made + (3 * LANES if workers else LANES)  # they look now and then
    (recorded,) = slow.sql("select count(*) from call")[0]
    assert recorded >= made - LANES
    assert slow.sql("select count(*) from run where finished is not null") == [(0,)]


def test_interrupting_the_controller_calls_its_workers_off(slow):
    slow.suite("y", prompts=400, run="early_stop = false\nconcurrency = 4")
    process, made, output = interrupt(slow, "-n2")
    assert process.returncode == 2
    assert calls(slow) <= made + 6 * LANES
    assert "the session was interrupted" in output
    causes = {gate["cause"] for gate in slow.results["gates"]}
    assert causes <= {"plan", None}
    assert causes
    stopped = {reason for (reason,) in slow.sql("select stopped from run")}
    assert all("interrupted" in reason for reason in stopped)


def test_interrupting_what_is_bought_after_the_last_gate_tells_what_is_there(slow):
    """The gates are decided early; the rest of the plan is bought when pytest is done with them."""
    process, made, output = interrupt(slow, "-v", after=150)
    assert "PASSED" in output
    assert process.returncode == 2
    assert calls(slow) <= made + LANES
    assert slow.gates["new", "win_rate"]["decision"] == "pass"
    assert "Traceback" not in output


def test_a_run_that_was_called_off_goes_on_the_next_time(slow):
    slow.suite(prompts=40, run="early_stop = false\nconcurrency = 4")
    interrupt(slow, "-n2", times=2, pause=0.1)
    (recorded,) = slow.sql("select count(*) from call")[0]
    before = calls(slow)
    slow.run("-n2").assert_outcomes(passed=1)
    assert calls(slow) - before == 80 - recorded
    assert slow.sql("select count(*) from run") == [(1,)]
