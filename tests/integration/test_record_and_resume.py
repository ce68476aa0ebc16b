import base64
import gzip
import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import NamedTuple

import pytest

from servers.openai_server import serve, words
from servers.script import Script

LATENCY = """
[[gates]]
metric = "e2e"
stat = "p50"
max = "10 s"
"""
JUDGED = 'kind = "python"\nfunction = "models:longer"'


VOLATILE = {
    "id", "run", "started", "finished", "duration", "calls", "cost", "latency", "chat_id",
    "chat", "chats", "versions", "attempt", "session", "command", "retried", "failed", "timed",
    "waiting",
}  # fmt: skip
BILLS = {"input_tokens", "output_tokens"}
"""Of a judge: over the calls of this run, and a killed one has made some twice."""


def steady(results: object) -> object:
    """What must be equal in two runs of the same plan: all but ids, times, calls and costs."""
    if isinstance(results, dict):
        volatile = VOLATILE | BILLS if "parse_rate" in results else VOLATILE
        return {key: steady(value) for key, value in results.items() if key not in volatile}
    if isinstance(results, list):
        return [steady(value) for value in results]
    return results


def battles(page: str) -> list:
    """What the report's page embeds, without what is volatile."""
    chunks = re.findall(r"H4sI[A-Za-z0-9+/=]+", page)
    read = [json.loads(gzip.decompress(base64.b64decode(chunk))) for chunk in chunks]
    assert read
    text = json.dumps(read, sort_keys=True)
    text = re.sub(r"[0-9a-f]{32}|[0-9a-f]{24}|req-\d+|chatcmpl-\w+", "ID", text)
    return re.sub(r"\d+\.\d+", "TIME", text)


@pytest.mark.parametrize("prompts", [1, 25])
def test_not_one_call_too_many_is_made(project, prompts):
    model = 'provider = "openai"\nmodel = "{name}"\nbase_url = "{url}"\napi_key_env = ""\n'
    asked = "".join(f'[[prompts]]\nquery = "question {n}"\n' for n in range(prompts))
    with serve(reply=lambda body: f"[[A>B]] {body['model']}") as server:
        base, one, two, judge = (
            model.format(name=name, url=server.base_url) for name in ("base", "one", "two", "judge")
        )
        project.write(
            "x.arena.toml",
            f'[suite]\nname = "x"\n[run]\nearly_stop = false\n[baseline]\nname = "base"\n{base}'
            f'[[candidates]]\nname = "one"\n{one}[[candidates]]\nname = "two"\n{two}'
            f'[[judges]]\nkind = "llm"\n{judge}[[gates]]\nmetric = "win_rate"\nmin = 0.4\n{asked}',
        )
        project.run()
        assert server.count == prompts * 3 + prompts * 4


def test_a_second_run_buys_nothing_and_decides_the_same(project):
    project.suite(judge=JUDGED)
    project.run()
    first = project.gates
    assert project.calls()
    project.run()
    assert project.calls() == []
    assert project.gates == first


def test_latency_is_measured_afresh_and_those_texts_are_not_judged(project):
    project.suite(
        judge=JUDGED, prompts=12, gates=LATENCY + '[[gates]]\nmetric = "win_rate"\nmin = 0.01\n'
    )
    project.run()
    project.calls()
    project.run()
    calls = Counter(call.split()[0] for call in project.calls())
    assert calls == {"new": 12}


def test_fresh_buys_all_again_and_the_attempts_are_counted(project):
    project.suite(run="early_stop = false", prompts=8)
    project.run()
    project.calls()
    project.run("--arena-fresh")
    assert Counter(call.split()[0] for call in project.calls()) == {"old": 8, "new": 8}
    assert project.sql("select max(attempt) from run") == [(2,)]


def test_a_new_candidate_buys_only_itself(project):
    project.suite(run="early_stop = false", prompts=8)
    project.run()
    project.calls()
    project.suite(run="early_stop = false", prompts=8, candidates={"new": "new", "bad": "bad"})
    project.run()
    assert Counter(call.split()[0] for call in project.calls()) == {"bad": 8}


def test_a_changed_function_is_another_contestant(project):
    project.suite(run="early_stop = false", prompts=4)
    project.run()
    project.calls()
    models = (project.path / "models.py").read_text(encoding="utf-8")
    project.write("models.py", models.replace("return prompt.reference", "return 'changed'"))
    project.run()
    assert Counter(call.split()[0] for call in project.calls()) == {"old": 4, "new": 4}


def openai_suite(project, url, *, prompts=40, run="early_stop = false\nconcurrency = 4"):
    contestant = 'provider = "openai"\nmodel = "{0}"\nbase_url = "{1}"\napi_key_env = ""\n'
    asked = "".join(f'[[prompts]]\nid = "q{n}"\nquery = "question {n}"\n' for n in range(prompts))
    project.write(
        "x.arena.toml",
        f'[suite]\nname = "x"\n[run]\n{run}\n'
        f'[baseline]\nname = "old"\n{contestant.format("old", url)}'
        f'[[candidates]]\nname = "new"\n{contestant.format("new", url)}'
        f'[[judges]]\nkind = "llm"\n{contestant.format("judge", url)}'
        '[[gates]]\nmetric = "win_rate"\nmin = 0.3\n' + asked,
    )


def verdict_or_words(body):
    """A judge that is fair by content: the answer with the smaller checksum wins."""
    if body["model"] != "judge":
        return words(6)(body)
    text = body["messages"][-1]["content"]
    tokens = [t for t in text.replace("\n", " ").split() if len(t) == 8 and _is_hex(t)]
    return "[[A>B]]" if tokens[-2] < tokens[-1] else "[[B>A]]"


def _is_hex(token):
    try:
        int(token, 16)
    except ValueError:
        return False
    return True


def start(project, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:asyncio", "--arena", "-q", *arguments],
        cwd=project.path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def until(server, calls):
    deadline = time.monotonic() + 60
    while server.count < calls:
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Whole(NamedTuple):
    """What an undisturbed run leaves behind."""

    status: int
    results: dict
    page: str
    calls: int


@pytest.fixture(scope="module")
def server():
    with serve(reply=verdict_or_words, script=Script(ttft=0.01)) as serving:
        yield serving


@pytest.fixture(scope="module")
def undisturbed():
    """What the undisturbed run comes to, by how it stops: made by whoever needs it first."""
    return {}


def whole_run(project, server):
    before = server.count
    ended = project.run("--arena-store=whole", "--arena-reports=whole-reports")
    reports = project.path / "whole-reports"
    results = json.loads((reports / "arena-results.json").read_text(encoding="utf-8"))
    page = (reports / "arena-report.html").read_text(encoding="utf-8")
    return Whole(ended.ret, results, page, server.count - before)


@pytest.mark.parametrize("stop", ["early_stop = false", "early_stop = true"])
@pytest.mark.parametrize("calls", [1, 9, 30, 61, 80])
def test_a_killed_run_goes_on_where_it_stopped(project, server, undisturbed, calls, stop):
    openai_suite(project, server.base_url, run=f"{stop}\nconcurrency = 4")
    if stop not in undisturbed:
        undisturbed[stop] = whole_run(project, server)
    whole = undisturbed[stop]
    before = server.count
    process = start(project)
    until(server, before + calls)
    process.send_signal(signal.SIGKILL)
    process.wait()
    resumed = project.run()
    assert resumed.ret == whole.status
    assert project.results["gates"] == whole.results["gates"]
    assert steady(project.results) == steady(whole.results)
    assert battles(project.page) == battles(whole.page)
    # Calls in flight are paid twice; with early stopping, others may be under way at the end.
    most = whole.calls + 4 if "false" in stop else whole.calls + 4 * 4
    assert server.count - before <= most
    assert project.sql("select count(*) from run") == [(1,)]


def test_interrupting_keeps_what_is_recorded_and_says_so(project):
    # slow enough that a busy machine does not look away until the run has ended
    with serve(reply=verdict_or_words, script=Script(ttft=0.05)) as server:
        openai_suite(project, server.base_url)
        process = start(project)
        until(server, 50)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 2
        (recorded,) = project.sql("select count(*) from call")[0]
        assert recorded >= 40
        assert {gate["cause"] for gate in project.results["gates"]} <= {"plan", None}
        count = server.count
        project.run()
        assert server.count - count <= 280 - recorded


def test_a_deadline_leaves_the_gate_inconclusive_and_the_next_run_goes_on(project):
    with serve(reply=verdict_or_words) as server:
        openai_suite(
            project, server.base_url, run='early_stop = false\ndeadline = "0.2 s"', prompts=400
        )
        project.run()
        gate = project.gates["new", "win_rate"]
        assert (gate["decision"], gate["cause"]) == ("inconclusive", "plan")
        assert "deadline" in gate["reason"]


def test_a_budget_of_calls_leaves_the_gate_inconclusive(project):
    with serve(reply=verdict_or_words) as server:
        openai_suite(project, server.base_url, run="max_calls = 25")
        project.run()
        gate = project.gates["new", "win_rate"]
        assert (gate["decision"], gate["cause"]) == ("inconclusive", "budget")
        assert server.count == 25


def test_chat_ids_are_sent_stored_shown_and_found(project):
    with serve(reply=verdict_or_words) as server:
        openai_suite(project, server.base_url, prompts=6)
        project.run()
        sent = [request.headers["x-client-request-id"] for request in server.requests]
    assert len(sent) == len(set(sent)) == 6 * 4
    stored = {chat for (chat,) in project.sql("select chat_id from call")}
    assert stored == set(sent)
    shown = project.arenatest("show", sent[0])
    shown.stdout.fnmatch_lines([f"chat id*{sent[0]}", "*ttft*"])
    assert shown.ret == 0
    unknown = project.arenatest("show", "nothing-like-it")
    assert unknown.ret == 4
    unknown.stderr.fnmatch_lines(["*no call has the chat id 'nothing-like-it'*"])


def test_two_sessions_at_once_do_not_disturb_each_other(project):
    project.suite(run="early_stop = false", prompts=20)
    processes = [start(project, f"--arena-reports=r{number}") for number in range(2)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    assert Counter(call.split()[0] for call in project.calls()) == {"old": 20, "new": 20}


def test_no_thread_keeps_the_process_alive_when_a_model_never_returns(project):
    project.write(
        "models.py",
        "import time\n\ndef old(p):\n    return 'x'\n\ndef new(p):\n    time.sleep(3600)\n",
    )
    project.suite(run='call_timeout = "0.2 s"', prompts=1, judge='kind = "reference"')
    started = time.monotonic()
    result = project.run()
    assert time.monotonic() - started < 60
    assert result.ret == 1
    assert (project.path / "reports/arena-report.html").exists()
