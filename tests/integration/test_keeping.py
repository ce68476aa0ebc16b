"""Whether a store is whole, and what goes out of it: as somebody types it."""

from __future__ import annotations

import json
import sqlite3


def test_a_store_is_verified_damaged_found_out_and_pruned(project):
    project.suite(prompts=8)
    project.run()
    sound = project.arenatest("verify")
    assert sound.ret == 0
    sound.stdout.fnmatch_lines(["looked at *1 decision", "*arena.sqlite: no problem"])

    with sqlite3.connect(project.path / ".arenatest" / "arena.sqlite") as connection:
        connection.execute(
            "UPDATE judgment SET verdict = verdict + 1 WHERE prompt ="
            " (SELECT number FROM name WHERE text = 'q1')"
        )
    broken = project.arenatest("verify", "--json")
    assert broken.ret == 1
    problems = json.loads(broken.stdout.str())["problems"]
    assert {one["kind"] for one in problems} >= {"judgment"}
    (run,) = {one["remedy"].rpartition(" ")[2] for one in problems if one["kind"] == "judgment"}

    nothing = project.arenatest("prune")
    assert nothing.ret == 4
    nothing.stderr.fnmatch_lines(["arenatest: nothing says what is to go"])
    foreseen = project.arenatest("prune", run, "--dry-run")
    foreseen.stdout.fnmatch_lines([f"would prune {run} *: it was named"])
    pruned = project.arenatest("prune", run)
    assert pruned.ret == 0
    pruned.stdout.fnmatch_lines([f"pruned {run} *", "went: 1 run, *"])
    assert project.arenatest("verify").ret == 0
    assert project.sql("select count(*) from game") == [(0,)]
