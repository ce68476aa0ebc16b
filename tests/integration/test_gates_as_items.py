import xml.etree.ElementTree as ET

TWO_GATES = """
[[gates]]
metric = "win_rate"
min = 0.4
[[gates]]
metric = "error_rate"
max = 0.3
"""


def test_a_better_candidate_passes_and_a_worse_one_fails(project):
    project.suite(candidates={"new": "new", "bad": "bad"})
    result = project.run("-v")
    result.stdout.fnmatch_lines(
        [
            "x.arena.toml::new::win_rate PASSED*",
            "x.arena.toml::bad::win_rate FAILED*",
            "*= arena =*",
            "x  new against old",
            "*PASS*win_rate*needs >= 0.4*",
            "x  bad against old",
            "*FAIL*win_rate*needs >= 0.4*",
            "*report: reports/arena-report.html",
        ]
    )
    assert result.ret == 1
    assert project.gates["new", "win_rate"]["decision"] == "pass"
    assert project.gates["bad", "win_rate"]["decision"] == "fail"
    assert (project.path / "reports/arena-report.html").exists()


def test_collect_only_calls_nothing_writes_nothing_and_needs_no_key(project):
    project.suite(gates=TWO_GATES)
    result = project.run("--collect-only", "-q")
    result.stdout.fnmatch_lines(["x.arena.toml::new::win_rate", "x.arena.toml::new::error_rate"])
    assert project.calls() == []
    assert not (project.path / ".arenatest").exists()
    assert not (project.path / "reports").exists()


def test_a_selection_by_name_buys_only_what_it_needs(project):
    project.suite(gates=TWO_GATES, judge='kind = "python"\nfunction = "models:longer"')
    result = project.run("-k", "error_rate")
    result.assert_outcomes(passed=1, deselected=1)
    calls = project.calls()
    assert calls
    assert {call.split()[0] for call in calls} == {"new"}


def test_a_selection_changes_cost_and_never_the_verdict(project):
    project.suite(gates=TWO_GATES, candidates={"new": "new", "bad": "bad"})
    project.run("-k", "win_rate and bad")
    alone = project.gates["bad", "win_rate"]
    project.run("--arena-fresh")
    assert project.gates["bad", "win_rate"] == alone


def test_the_marker_selects_gates(project):
    project.suite()
    project.write("test_other.py", "def test_other():\n    pass\n")
    project.run("-m", "arena").assert_outcomes(passed=1, deselected=1)
    project.run("-m", "not arena").assert_outcomes(passed=1, deselected=1)


def test_junit_holds_what_was_compared(project):
    project.suite(candidates={"new": "new", "bad": "bad"})
    project.run("--junitxml=junit.xml")
    cases = {
        case.get("classname") + "::" + case.get("name"): case
        for case in ET.parse(project.path / "junit.xml").iter("testcase")
    }
    assert len(cases) == 2
    for name, case in cases.items():
        values = {p.get("name"): p.get("value") for p in case.iter("property")}
        assert float(values["arena.threshold"]) == 0.4
        assert int(values["arena.n"]) > 0
        assert float(values["arena.low"]) <= float(values["arena.value"])
        assert (case.find("failure") is not None) == ("bad" in name)


def test_last_failed_runs_the_failed_gate_again_with_the_same_verdict(project):
    project.suite(candidates={"new": "new", "bad": "bad"})
    project.run().assert_outcomes(passed=1, failed=1)
    project.calls()
    again = project.run("--lf")
    again.assert_outcomes(failed=1)
    assert project.calls() == []


def test_exit_first_leaves_the_verdict_of_the_failed_gate_as_it_is(project):
    project.suite(candidates={"bad": "bad", "new": "new"})
    result = project.run("-x")
    result.assert_outcomes(failed=1)
    assert result.ret == 1
    assert project.gates["bad", "win_rate"]["decision"] == "fail"


def test_the_failure_points_at_the_line_of_the_gate(project):
    path = project.suite(candidates={"bad": "bad"})
    line = path.read_text(encoding="utf-8").splitlines().index("min = 0.4") + 1
    result = project.run("--tb=short", "-rf")
    assert project.gates["bad", "win_rate"]["decision"] == "fail"
    result.stdout.fnmatch_lines(["FAILED x.arena.toml::bad::win_rate*"])
    project.write(
        "conftest.py",
        "def pytest_itemcollected(item):\n"
        "    path, line, _ = item.location\n"
        "    print('AT', path, line + 1)\n",
    )
    shown = project.run("--collect-only", "-s", "-q")
    shown.stdout.fnmatch_lines([f"*AT x.arena.toml {line}"])


def test_without_arena_nothing_is_collected_and_nothing_is_left(project):
    project.suite()
    project.write("test_other.py", "def test_other():\n    pass\n")
    result = project.run(arena=False)
    result.assert_outcomes(passed=1)
    left = {path.name for path in project.path.iterdir()}
    assert not left & {".arenatest", "reports", "calls.log"}


def test_a_suite_named_without_arena_is_told_what_to_add(project):
    project.suite()
    result = project.run("x.arena.toml", arena=False)
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*x.arena.toml is an arena suite: add --arena to run it*"])


def test_the_plugin_can_be_blocked(project):
    project.suite()
    project.write("test_other.py", "def test_other():\n    pass\n")
    project.run("-p", "no:arenatest", arena=False).assert_outcomes(passed=1)
    assert project.run("-p", "no:arenatest").ret == 4


def test_an_empty_folder_is_exit_status_five(project):
    assert project.run().ret == 5


def test_a_failed_gate_is_told_in_a_line_or_two_without_a_traceback(project):
    project.suite(candidates={"bad": "bad"})
    result = project.run()
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*arenatest/collection*")
    result.stdout.fnmatch_lines(["*win*rate*needs >= 0.4*"])


def test_the_summary_of_github_is_written_when_its_file_is_named(project, monkeypatch):
    summary = project.path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    project.suite(candidates={"new": "new", "bad": "bad"})
    project.run()
    text = summary.read_text(encoding="utf-8")
    assert "rate" in text
    assert "bad" in text


def test_options_come_from_the_command_line_the_environment_and_the_ini_file(project, monkeypatch):
    project.suite()
    project.write("pytest.ini", "[pytest]\narena = true\narena_reports = from-ini\n")
    project.run(arena=False).assert_outcomes(passed=1)
    assert (project.path / "from-ini/arena-report.html").exists()
    monkeypatch.setenv("ARENATEST_REPORTS", "from-environment")
    project.run(arena=False)
    assert (project.path / "from-environment/arena-report.html").exists()
    project.run("--arena-reports=from-line", arena=False)
    assert (project.path / "from-line/arena-report.html").exists()
