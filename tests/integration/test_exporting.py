"""A run leaves its store as files, and another store decides on them as the first one did."""

import sys


def arenatest(project, *arguments):
    return project.pytester.run(sys.executable, "-m", "arenatest", *arguments, timeout=60)


def test_another_store_decides_on_an_export_as_this_one_did(project):
    project.suite(prompts=30)
    project.run().assert_outcomes(passed=1)
    decided = project.results["gates"]
    exported = arenatest(project, "export", "latest", "--to", "out")
    assert exported.ret == 0
    exported.stdout.fnmatch_lines(["out: 1 run in 13 files, * rows, * MB"])

    refused = arenatest(project, "export", "--all", "--to", "out")
    assert refused.ret == 4
    refused.stderr.fnmatch_lines(["*out: holds an export already", "  hint: --replace *"])

    imported = arenatest(project, "import", "arenatest", "out", "--store", "other")
    assert imported.ret == 0
    again = arenatest(project, "gate", "x.arena.toml", "--store", "other", "--reports", "again")
    assert again.ret == 0
    (project.path / "reports").rename(project.path / "before")
    (project.path / "again").rename(project.path / "reports")
    assert project.results["gates"] == decided
