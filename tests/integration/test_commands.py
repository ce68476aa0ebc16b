import json
import sqlite3
import sys


def arenatest(project, *arguments):
    return project.pytester.run(sys.executable, "-m", "arenatest", *arguments, timeout=60)


def test_init_writes_a_suite_that_passes_as_it_is(project):
    result = arenatest(project, "init", "first")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["*first.arena.toml", "*models.py", "now run: pytest --arena first"]
    )
    project.run("first").assert_outcomes(passed=2)


def test_init_overwrites_nothing(project):
    arenatest(project, "init", "first")
    project.write("first/models.py", "precious = True\n")
    again = arenatest(project, "init", "first")
    assert again.ret == 4
    again.stderr.fnmatch_lines(["arenatest: first/first.arena.toml is there already*"])
    assert (project.path / "first/models.py").read_text() == "precious = True\n"


def test_schema_prints_a_json_schema_and_writes_nothing(project):
    result = arenatest(project, "schema")
    schema = json.loads(result.stdout.str())
    assert schema["$schema"].endswith("2020-12/schema")
    assert {"suite", "baseline", "candidates", "gates"} <= set(schema["properties"])
    assert not (project.path / ".arenatest").exists()


def test_show_without_a_store_says_what_to_do(project):
    result = arenatest(project, "show", "abc")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*there is no store*", "*pytest --arena*"])


def test_fetching_an_unknown_model_names_the_known_ones(project):
    result = arenatest(project, "local", "fetch", "smollm3")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*smollm3*smollm2-135m*"])


def test_a_command_is_required_and_help_lists_them(project):
    assert arenatest(project).ret == 2
    arenatest(project, "--help").stdout.fnmatch_lines(["*init*", "*schema*", "*show*", "*local*"])


def test_show_finds_the_store_that_the_projects_options_name(project):
    project.write("pytest.ini", "[pytest]\narena_store = kept\n")
    project.suite(prompts=8)
    project.run()
    project.run()
    with sqlite3.connect(project.path / "kept/arena.sqlite") as database:
        (chat,) = database.execute(
            "select chat_id from placed_answer where contestant = 'new' and prompt = 'q1'"
        ).fetchone()
    shown = project.pytester.run(sys.executable, "-m", "arenatest", "show", chat[:12])
    assert shown.ret == 0
    shown.stdout.fnmatch_lines([f"chat id*{chat}", "answer*of new on prompt q1"])
    verdicts = [line for line in shown.outlines if line.startswith("judged by")]
    assert len(verdicts) == len(set(verdicts)) == 2
