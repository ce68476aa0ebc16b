import json

import tomli

from integration.conftest import WIN
from integration.test_record_and_resume import openai_suite, verdict_or_words
from servers.openai_server import serve
from servers.script import Script

DRIFT = "lock: seed: locked 0, found 1"


def lock(project, name="x"):
    return json.loads((project.path / f"{name}.arena.lock").read_text(encoding="utf-8"))


def test_a_candidate_is_promoted_as_a_diff_and_the_next_run_has_not_drifted(project):
    gates = WIN + '[[gates]]\nmetric = "answer_length"\nmax_ratio = 2\n'
    suite = project.suite(candidates={"new": "new", "bad": "bad"}, prompts=40, gates=gates)
    before = suite.read_text(encoding="utf-8")
    suite.chmod(0o600)
    project.run()

    shown = project.arenatest("accept", "x.arena.toml", "new")
    assert shown.ret == 0
    shown.stdout.fnmatch_lines(["--- a/x.arena.toml", '-name = "old"', "--- /dev/null", "+{"])
    told = ["*answer_length: held to the baseline alone*", "*nothing is written: add --write"]
    shown.stderr.fnmatch_lines(told)
    assert suite.read_text(encoding="utf-8") == before

    assert project.arenatest("accept", "x.arena.toml", "new", "--write").ret == 0
    read = tomli.loads(suite.read_text(encoding="utf-8"))
    assert read["baseline"]["function"] == "models:new"
    assert suite.stat().st_mode & 0o777 == 0o600
    assert [table["name"] for table in read["candidates"]] == ["bad"]
    accepted = lock(project)["accepted"]
    assert (accepted["candidate"], accepted["over"]["name"], accepted["forced"]) == (
        "new",
        "old",
        [],
    )
    assert [gate["decision"] for gate in accepted["gates"]] == ["pass", "pass"]

    project.run("--arena-lock=refuse").stdout.no_fnmatch_line("*lock:*")


def test_a_candidate_that_failed_is_accepted_only_by_force_which_the_lock_says(project):
    project.suite(candidates={"bad": "bad"})
    project.run()
    unknown = project.arenatest("accept", "x.arena.toml", "bda")
    unknown.stderr.fnmatch_lines(["arenatest: got 'bda', expected a candidate: bad"])
    unknown.stderr.no_fnmatch_line("*stays*")
    refused = project.arenatest("accept", "x.arena.toml", "bad", "--write")
    assert refused.ret == 4
    refused.stderr.fnmatch_lines(
        ["arenatest: cannot accept bad:", "  fail in the run *win_rate*", "*--force overrules*"]
    )
    assert not (project.path / "x.arena.lock").exists()

    assert project.arenatest("accept", "x.arena.toml", "bad", "--write", "--force").ret == 0
    (forced,) = lock(project)["accepted"]["forced"]
    assert "win_rate" in forced
    read = tomli.loads((project.path / "x.arena.toml").read_text(encoding="utf-8"))
    assert [table["name"] for table in read["candidates"]] == ["bad-next"]


def test_a_promotion_that_would_break_the_suite_shows_why(project):
    gates = '[[gates]]\nmetric = "win_rate"\nmin = 0.4\ncandidates = ["new"]\n'
    project.suite(candidates={"new": "new", "bad": "bad"}, gates=gates)
    project.run()
    result = project.arenatest("accept", "x.arena.toml", "new", "--write")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*without new as a candidate the suite would be wrong*"])
    assert not (project.path / "x.arena.lock").exists()


def test_drift_is_a_warning_or_refused_before_any_call(project):
    project.suite()
    project.run()
    project.arenatest("lock", "x.arena.toml", "--write")
    project.suite(run="seed = 1")
    project.calls()

    refused = project.run("--arena-lock=refuse")
    assert refused.ret == 2
    refused.stdout.fnmatch_lines(
        ["x.arena.toml: differs from x.arena.lock*", "  seed: locked 0, found 1", "  hint: *"]
    )
    assert project.calls() == []

    warned = project.run()
    assert warned.ret == 0
    warned.stdout.fnmatch_lines([f"*warning: {DRIFT}"])
    drifted, attempts = [warning["line"] for warning in project.results["warnings"]]
    assert drifted == DRIFT
    assert attempts.startswith("attempt 2 of this plan: ")  # another seed draws anew
    assert DRIFT in project.page


def test_another_served_model_fails_gates_that_passed_where_drift_is_refused(project):
    with serve(reply=verdict_or_words) as server:
        openai_suite(project, server.base_url, prompts=80, run="early_stop = false")
        assert project.run().ret == 0
        project.arenatest("lock", "x.arena.toml", "--write")
        assert lock(project)["baseline"]["served"] == ["old"]

        server.script = lambda request: Script(
            version="-v2" if request.body["model"] == "new" else ""
        )
        refused = project.run("--arena-lock=refuse", "--arena-fresh")
        assert refused.ret == 1
        refused.stdout.fnmatch_lines(
            [
                "*win rate*: pass",
                "refused by x.arena.lock*",
                "  new: another model is served: *new-v2",
            ]
        )
        assert project.results["run"]["verdict"] == "INCONCLUSIVE"
        assert project.gates["new", "win_rate"]["decision"] == "pass"

        warned = project.run("--arena-fresh")
        assert warned.ret == 0
        warned.stdout.fnmatch_lines(["*warning: lock: new: another model is served*new-v2"])


def test_prompts_that_flipped_are_listed_and_one_is_asked_again_apart(project):
    project.suite(run="early_stop = false", prompts=12)
    project.run()
    models = (project.path / "models.py").read_text(encoding="utf-8")
    worse = 'return "no" if prompt.id == "q3" else prompt.reference'
    project.write("models.py", models.replace("return prompt.reference", worse))
    project.run()
    project.calls()

    listed = project.arenatest("flips")
    listed.stdout.fnmatch_lines(
        [
            "x.arena.toml  new: 1 of 12 prompts flipped since the run *: 1 worse, 0 better *",
            "  not as it was then: baseline, candidate",  # their functions share a file
            "  won -> lost  1.00 -> 0.00  q3  (odd)",
            "    arenatest rerun x.arena.toml q3",
        ]
    )
    assert project.arenatest("flips", ".").stdout.str() == listed.stdout.str()
    elsewhere = project.arenatest("flips", "suites")
    assert elsewhere.ret == 4
    elsewhere.stderr.fnmatch_lines(
        ["arenatest: *: no finished run of suites", "  hint: run `pytest --arena suites` first"]
    )
    (found,) = project.results["flips"]
    assert [flip["prompt"] for flip in found["prompts"]] == ["q3"]

    runs = project.sql("select count(*) from call")
    again = project.arenatest("rerun", "x.arena.toml", "q3", "--times", "2")
    assert again.ret == 0
    again.stdout.fnmatch_lines(
        ["q3  new, time 1: lost 0.00", "    | no", "q3  new: 0 won, 0 tied, 2 lost, 0 void of 2"]
    )
    assert sorted(project.calls()) == ["new q3"] * 2 + ["old q3"] * 2
    assert project.sql("select count(*) from call") == runs


def test_what_rerun_does_not_know_is_told(project):
    project.suite()
    unknown = project.arenatest("rerun", "x.arena.toml", "q33")
    assert unknown.ret == 4
    unknown.stderr.fnmatch_lines(["*no prompt has the id 'q33', did you mean 'q3'?"])
    who = project.arenatest("rerun", "x.arena.toml", "q3", "--candidate", "old")
    who.stderr.fnmatch_lines(["*got 'old', expected a candidate: new"])
    assert not (project.path / ".arenatest").exists()
