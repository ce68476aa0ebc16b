import json
import sqlite3
import subprocess
import sys

import pytest


def test_init_writes_a_suite_that_passes_as_it_is(project):
    result = project.arenatest("init", "first")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["*first.arena.toml", "*models.py", "now run: pytest --arena first"]
    )
    project.run("first").assert_outcomes(passed=2)


def test_init_overwrites_nothing(project):
    project.arenatest("init", "first")
    project.write("first/models.py", "precious = True\n")
    again = project.arenatest("init", "first")
    assert again.ret == 4
    again.stderr.fnmatch_lines(["arenatest: first/first.arena.toml is there already*"])
    assert (project.path / "first/models.py").read_text() == "precious = True\n"


def test_schema_prints_a_json_schema_and_writes_nothing(project):
    result = project.arenatest("schema")
    schema = json.loads(result.stdout.str())
    assert schema["$schema"].endswith("2020-12/schema")
    assert {"suite", "baseline", "candidates", "gates"} <= set(schema["properties"])
    assert not (project.path / ".arenatest").exists()


def test_show_without_a_store_says_what_to_do(project):
    result = project.arenatest("show", "abc")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*there is no store*", "*pytest --arena*"])


def test_fetching_an_unknown_model_names_the_known_ones(project):
    result = project.arenatest("local", "fetch", "smollm3")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*smollm3*smollm2-135m*"])


def test_a_command_is_required_and_help_lists_them(project):
    assert project.arenatest().ret == 4
    project.arenatest("--help").stdout.fnmatch_lines(["*init*", "*schema*", "*show*", "*local*"])


def test_show_finds_the_store_that_the_projects_options_name(project):
    project.write("pytest.ini", "[pytest]\narena_store = kept\n")
    project.suite(prompts=8)
    project.run()
    project.run()
    with sqlite3.connect(project.path / "kept/arena.sqlite") as database:
        (chat,) = database.execute(
            "select chat_id from answer where contestant = 'new' and prompt = 'q1'"
        ).fetchone()
    shown = project.arenatest("show", chat[:12])
    assert shown.ret == 0
    shown.stdout.fnmatch_lines([f"chat id*{chat}", "answer*of new on prompt q1"])
    verdicts = [line for line in shown.outlines if line.startswith("judged by")]
    assert len(verdicts) == len(set(verdicts)) == 2
    assert all(", candidate new, run " in line for line in verdicts)


@pytest.mark.parametrize(
    "arguments", [["shwo"], ["show"], ["local"], ["local", "fetch"], ["schema", "--x"]]
)
def test_what_is_typed_wrong_has_the_exit_status_of_a_wrong_option(project, arguments):
    result = project.arenatest(*arguments)
    assert result.ret == 4
    assert "error:" in result.stderr.str()


def test_whoever_reads_may_stop_reading(project):
    command = f"{sys.executable} -m arenatest schema | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=project.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout == "{\n"
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.parametrize("command", ["schema", "plugins"])
def test_a_hook_that_raises_is_named_with_its_line(project, command):
    project.write("conftest.py", "def pytest_arena_judges():\n    raise ValueError('boom')\n")
    result = project.arenatest(command)
    assert result.ret == 4
    said = "arenatest: pytest_arena_judges raised ValueError: boom (conftest.py:2)"
    assert said in result.stderr.str()
    assert "Traceback" not in result.stderr.str()


def test_a_hook_that_raises_at_collection_is_named_with_its_line(project):
    project.suite()
    project.write("conftest.py", "def pytest_arena_judges():\n    raise ValueError('boom')\n")
    result = project.run()
    assert result.ret == 2
    result.stdout.fnmatch_lines(["pytest_arena_judges raised ValueError: boom (conftest.py:2)"])


def test_show_of_a_store_that_may_not_be_read_says_so(project):
    """Root may read everything: a name that is too long is refused to everybody."""
    result = project.arenatest("show", "abc", "--store", "x" * 300)
    assert result.ret == 4
    assert "File name too long" in result.stderr.str()
    assert "Traceback" not in result.stderr.str()


def test_what_plugins_warn_of_is_no_part_of_what_a_command_says(project):
    project.write(
        "conftest.py",
        "import warnings\ndef pytest_configure(config):\n    warnings.warn('old option')\n",
    )
    result = project.arenatest("plugins")
    assert result.ret == 0
    assert result.stderr.str() == ""
