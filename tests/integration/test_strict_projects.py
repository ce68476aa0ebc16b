import sys


def test_commands_and_suites_work_where_warnings_are_errors(project):
    project.write(
        "pytest.ini",
        "[pytest]\nfilterwarnings = error\naddopts = --strict-markers\n"
        "asyncio_default_fixture_loop_scope = function\n",
    )
    for command in ("schema", "plugins"):
        result = project.pytester.run(sys.executable, "-m", "arenatest", command, timeout=60)
        assert result.ret == 0, command
        result.stderr.no_fnmatch_line("*Warning*")
    project.suite()
    run = project.pytester.run(sys.executable, "-m", "pytest", "--arena", timeout=60)
    run.assert_outcomes(passed=1)
