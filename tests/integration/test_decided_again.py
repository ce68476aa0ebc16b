"""Verdicts from the record, as a user makes them: ``arenatest gate``, ``reparse``, ``rejudge``."""

from __future__ import annotations

import json
import sys
from collections import Counter

from arenatest.store.schema import metadata
from integration.test_record_and_resume import openai_suite, verdict_or_words
from servers.openai_server import serve
from servers.script import Request, Script

GATES = """
[[gates]]
metric = "win_rate"
min = 0.4
[[gates]]
metric = "e2e"
stat = "p50"
max = "10 s"
[[gates]]
metric = "answer_length"
max_ratio = 0.9
"""
JUDGED = 'kind = "python"\nfunction = "models:longer"'


def arenatest(project, *arguments):
    return project.pytester.run(sys.executable, "-m", "arenatest", *arguments, timeout=60)


def gates(project):
    return json.dumps(project.results["gates"])


def whole_store(project):
    whole = {}
    for name in metadata.tables:
        whole[name] = sorted(map(repr, project.sql(f'select * from "{name}"')))  # noqa: S608
    return whole


def test_the_same_record_gives_the_same_bytes_and_exit_status_without_a_call(project):
    path = project.suite(judge=JUDGED, gates=GATES)
    run = project.run("-n2")
    assert run.ret == 1  # the judge prefers long answers
    bought, before = gates(project), whole_store(project)
    project.calls()
    project.write("test_x.py", "def test_battle(arena):\n    raise RuntimeError('bought')\n")

    again = arenatest(project, "gate", ".")
    assert again.ret == run.ret
    assert again.parseoutcomes() == run.parseoutcomes()  # and no test that battles was run
    assert gates(project) == bought
    assert project.calls() == []
    assert whole_store(project) == before
    assert project.results["run"]["calls"] == 0
    again.stdout.fnmatch_lines(["*FAIL*win_rate*", "*decided again from run*no call was made*"])
    assert "decided again from the run of" in project.page

    path.unlink()
    ((run_id,),) = project.sql("select id from run")
    assert arenatest(project, "gate", f"--run={run_id[:8]}").ret == run.ret
    assert gates(project) == bought
    assert project.results["suites"][0]["run"] == run_id


def test_another_limit_is_decided_and_marked_and_other_evidence_is_refused(project):
    project.suite(judge=JUDGED, gates=GATES)
    project.run()
    project.calls()
    project.write("pytest.ini", "[pytest]\naddopts = -n2\n")
    easier = GATES.replace("min = 0.4", "max = 0.4").replace("max_ratio", "min_ratio")
    project.suite(judge=JUDGED, gates=easier)
    again = arenatest(project, "gate", "x.arena.toml", "--reports=second")
    assert project.calls() == []
    results = json.loads((project.path / "second/arena-results.json").read_text(encoding="utf-8"))
    assert {g["gate"]: g["decision"] for g in results["gates"]} == {
        "win_rate": "pass",
        "e2e-p50": "pass",
        "answer_length-ratio": "fail",
    }
    assert again.ret == 1
    assert results["suites"][0]["decided_again"]["others"] == [
        "new win_rate",
        "new answer_length-ratio",
    ]
    assert results["run"]["command"] == "arenatest gate x.arena.toml --reports=second"

    project.suite(judge=JUDGED, prompts=31, run="seed = 3")
    refused = arenatest(project, "gate")
    assert refused.ret == 4
    refused.stderr.fnmatch_lines(
        [
            "ERROR: x.arena.toml: no recorded run fits this suite",
            "  nearest: run * the seed is 3, it was 0; 1 prompt new ('q30')",
        ]
    )


def test_another_judge_judges_recorded_answers_and_no_contestant_is_asked(project):
    project.suite(run="early_stop = false", gates=GATES)
    assert project.run().ret == 0
    project.calls()
    project.suite(run="early_stop = false", judge=JUDGED, gates=GATES)
    project.write("pytest.ini", "[pytest]\naddopts = -n2\n")  # workers too must know
    rejudged = arenatest(project, "rejudge", "x.arena.toml")
    assert Counter(call.split()[0] for call in project.calls()) == {"judge": 60}
    assert rejudged.ret == 1
    rejudged.stdout.fnmatch_lines(["*FAIL*win_rate*", "*PASS*e2e-p50*", "*judged again*"])
    judged = gates(project)
    assert project.run().ret == 1  # reuses what rejudge bought
    assert Counter(call.split()[0] for call in project.calls()) == {"new": 30}
    assert json.loads(gates(project))[0] == json.loads(judged)[0]


def test_answers_that_nobody_bought_are_counted(project):
    easy = '[[gates]]\nmetric = "win_rate"\nmin = 0.05\n'
    project.suite(run="concurrency = 1", prompts=60, gates=easy)
    project.run()
    answered = Counter(call.split()[0] for call in project.calls())
    assert 0 < answered["new"] < 60
    project.suite(run="concurrency = 1", prompts=60, gates=easy.replace("0.05", "0.95"))
    missing = arenatest(project, "rejudge")
    assert missing.ret == 1
    missing.stdout.fnmatch_lines(["*answers are not on record, and no contestant was asked*"])
    assert project.gates["new", "win_rate"]["cause"] == "plan"
    assert project.calls() == []


def test_replies_are_read_again_and_the_changes_are_shown(project):
    with serve(reply=verdict_or_words) as server:
        openai_suite(project, server.base_url, prompts=12, run="early_stop = false")
        project.run()
        calls = server.count
        bought = gates(project)
        void = "(select number from name where text = 'unparsed')"
        of_q3 = "where prompt = (select number from name where text = 'q3')"
        project.sql("insert into name (text) values ('unparsed') on conflict do nothing")
        project.sql(  # as an older parser might have left it
            f"update judgment set verdict = null, void = {void} {of_q3}"  # noqa: S608
        )
        before = whole_store(project)
        assert arenatest(project, "gate").ret == 1
        assert gates(project) != bought
        reread = arenatest(project, "reparse")
        assert server.count == calls
    assert gates(project) == bought
    assert whole_store(project) == before
    assert project.results["suites"][0]["decided_again"]["reread"] == 2
    reread.stdout.fnmatch_lines(["*read again: new on q3, * baseline-first: void (unparsed) -> *"])


def first_impression(body):
    if body["model"] != "judge":
        return verdict_or_words(body)
    return "My first impression is [[A=B]]. But checking the facts, so my verdict is"


def judge_cut_off(request: Request) -> Script:
    return Script(finish="length" if request.body["model"] == "judge" else "stop")


def test_first_impressions_of_a_judge_that_is_cut_off_decide_nothing(project):
    with serve(reply=first_impression, script=judge_cut_off) as server:
        openai_suite(project, server.base_url, prompts=12, run="early_stop = false")
        run = project.run()
        calls = server.count
        gate = project.gates["new", "win_rate"]
        assert (run.ret, gate["decision"], gate["passed"]) == (1, "inconclusive", False)
        run.stdout.fnmatch_lines(
            [
                "*24 games without a verdict (unparsed): reply cut off at its token limit*"
                "(raise max_tokens in the judge's params): My first impression is *"
            ]
        )

        verdict = "(select number from name where text = 'A=B')"
        project.sql("insert into name (text) values ('A=B') on conflict do nothing")
        project.sql(  # as an older parser might have left it
            f"update judgment set verdict = {verdict}, void = null"  # noqa: S608
        )
        assert arenatest(project, "gate").ret == 0
        assert project.gates["new", "win_rate"]["decision"] == "pass"
        reread = arenatest(project, "reparse")
        assert (reread.ret, server.count) == (1, calls)
    again = project.gates["new", "win_rate"]
    assert (again["decision"], again["cause"]) == ("inconclusive", gate["cause"])
    reread.stdout.fnmatch_lines(["*read again: new on q0, * baseline-first: A=B -> void (unpar*"])
    reread.stdout.fnmatch_lines(["*24 games without a verdict (unparsed): reply cut off at its*"])


def test_a_judge_whose_whole_reply_is_its_verdict_may_be_cut_off(project):
    with serve(reply=verdict_or_words, script=judge_cut_off) as server:
        openai_suite(project, server.base_url, prompts=12, run="early_stop = false")
        project.run()
        assert project.results["judges"][0]["voids"] == {}
