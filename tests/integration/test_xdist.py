import json
from collections import Counter

import pytest

pytest.importorskip("xdist")

GATES = """
[[gates]]
metric = "win_rate"
min = 0.4
[[gates]]
metric = "error_rate"
max = 0.3
[[gates]]
metric = "answer_length"
stat = "p90"
max = 1000
"""


def canonical(project, folder):
    results = json.loads((project.path / folder / "arena-results.json").read_text())
    return json.dumps(results["gates"], sort_keys=True)


def test_one_process_runs_the_suite_and_verdicts_equal_the_plain_run(project):
    project.suite(gates=GATES, candidates={"new": "new", "bad": "bad"}, run="early_stop = false")
    plain = project.run("--arena-store=plain", "--arena-reports=plain-reports")
    plain_calls = Counter(project.calls())
    spread = project.run("-n2", "--arena-store=spread", "--arena-reports=spread-reports")
    assert Counter(project.calls()) == plain_calls
    assert spread.ret == plain.ret == 1
    assert plain.parseoutcomes() == spread.parseoutcomes()
    assert canonical(project, "plain-reports") == canonical(project, "spread-reports")
    spread.stdout.fnmatch_lines(["*= arena =*", "*report: spread-reports/arena-report.html"])


def test_two_suites_are_run_side_by_side(project):
    project.suite("one", gates=GATES)
    project.suite("two", gates=GATES)
    result = project.run("-n2")
    result.assert_outcomes(passed=6)
    assert {suite["name"] for suite in project.results["suites"]} == {"one", "two"}


def test_a_worker_that_is_killed_is_taken_over(project):
    # before any gate can be decided: else the other worker may have passed all of its items
    project.write(
        "models.py",
        "import os, signal, threading\n"
        "from pathlib import Path\n\n"
        "LOCK = threading.Lock()\n\n"
        "def old(prompt):\n"
        "    return 'It may be ' + prompt.reference\n\n"
        "def new(prompt):\n"
        "    with LOCK:\n"
        "        with open('calls.log', 'a') as log:\n"
        "            log.write(prompt.id + '\\n')\n"
        "        calls = Path('calls.log').read_text().count('\\n')\n"
        "    if calls == 5 and not Path('killed').exists():\n"
        "        Path('killed').touch()\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return prompt.reference\n",
    )
    project.suite(gates=GATES, run="early_stop = false\nconcurrency = 2")
    result = project.run("-n2")
    outcomes = result.parseoutcomes()
    lost = outcomes.get("failed", 0)  # the item that the killed worker was at, if it was at one
    assert lost <= 1
    assert outcomes["passed"] == 3 - lost
    assert (project.path / "killed").exists()
    assert [gate["decision"] for gate in project.results["gates"]] == ["pass"] * 3
    assert project.sql("select count(*) from run") == [(1,)]


def test_a_wrong_suite_keeps_every_gate_from_running(project):
    project.suite("good")
    project.write("wrong.arena.toml", "[suite]\nname = 3\n")
    result = project.run("-n2")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*not run: wrong.arena.toml is wrong*"])
    assert project.calls() == []


def test_a_missing_key_is_an_error_of_every_gate_and_no_call(project):
    project.suite()
    text = (project.path / "x.arena.toml").read_text()
    project.write(
        "x.arena.toml",
        text.replace(
            'provider = "python"\nfunction = "models:new"',
            'provider = "openai"\nmodel = "m"\napi_key_env = "NOT_SET_ANYWHERE"',
        ),
    )
    result = project.run("-n2")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*NOT_SET_ANYWHERE is not set*"])
    assert project.calls() == []
