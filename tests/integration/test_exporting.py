"""A run leaves its store as files, and another store decides on them as the first one did."""


def test_another_store_decides_on_an_export_as_this_one_did(project):
    project.suite(prompts=30)
    project.run().assert_outcomes(passed=1)
    decided = project.results["gates"]
    exported = project.arenatest("export", "latest", "--to", "out")
    assert exported.ret == 0
    exported.stdout.fnmatch_lines(["out: 1 run in 13 files, * rows, * MB"])

    refused = project.arenatest("export", "--all", "--to", "out")
    assert refused.ret == 4
    refused.stderr.fnmatch_lines(["*out: holds an export already", "  hint: --replace *"])

    imported = project.arenatest("import", "arenatest", "out", "--store", "other")
    assert imported.ret == 0
    again = project.arenatest("gate", "x.arena.toml", "--store", "other", "--reports", "again")
    assert again.ret == 0
    (project.path / "reports").rename(project.path / "before")
    (project.path / "again").rename(project.path / "reports")
    assert project.results["gates"] == decided
