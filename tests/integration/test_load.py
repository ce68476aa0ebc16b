"""Whole runs under load, against a server that serves two requests at once and lets others wait."""

import sys
import threading
import time

from servers.openai_server import serve
from servers.script import Script

SERVICE = 0.04  # seconds of one request, of which half until its first token
SLOTS = 2  # so that 50 requests a second are the most that it can do

SUITE = """
[suite]
name = "busy"
[load]
rates = [{rates}]
arrivals = "constant"
requests = {requests}
warmup = 4
slo = {{ user_latency = "250 ms" }}
[baseline]
name = "old"
provider = "openai"
model = "old"
base_url = "{url}"
api_key_env = ""
[[candidates]]
name = "new"
provider = "openai"
model = "new"
base_url = "{url}"
api_key_env = ""
{gates}
[[prompts]]
query = "What is it?"
[[prompts]]
query = "And why?"
"""
TAIL = """
[[gates]]
metric = "user_latency"
stat = "p90"
max = "250 ms"
"""
GOOD = """
[[gates]]
metric = "goodput"
min = 0.9
"""
MEDIAN = TAIL.replace("p90", "median")


class Queue:
    """Says when each request is answered, if as many are served at once as there are slots."""

    def __init__(self):
        self._free = [0.0] * SLOTS
        self._lock = threading.Lock()

    def __call__(self, request):
        with self._lock:
            now = time.monotonic()
            slot = self._free.index(min(self._free))
            start = max(now, self._free[slot])
            self._free[slot] = start + SERVICE
        return Script(ttft=start - now + SERVICE / 2, itl=SERVICE / 8)


def suite(project, server, rates, requests, gates):
    text = SUITE.format(url=server.base_url, rates=rates, requests=requests, gates=gates)
    (project.path / "busy.arena.toml").write_text(text, encoding="utf-8")


def decided(gate, outcome):
    """Whether a gate came out so, or this machine was too busy to send what was due."""
    return gate["decision"] == outcome or gate["cause"] == "latency"


def test_a_server_is_fast_below_what_it_can_do_and_slow_beyond(project):
    calm_gates = f"{MEDIAN}at = 30\n{GOOD.replace('0.9', '0.5')}at = 30\n"
    with serve(reply="one two three four", script=Queue()) as server:
        suite(project, server, "30, 200", 64, TAIL + GOOD + calm_gates)
        assert project.run().ret == 1
        assert server.count == 2 * 68  # and no request of the baseline's, nor a second attempt
        asked = [request.body["messages"][-1]["content"] for request in server.requests]
        assert len(set(asked)) == 2 * 68
    gates = {gate["gate"]: gate for gate in project.results["gates"]}
    assert decided(gates["user_latency-p50-at-30"], "pass")
    assert decided(gates["goodput-at-30"], "pass")
    assert decided(gates["user_latency-p90-at-200"], "fail")
    assert decided(gates["goodput-at-200"], "fail")
    calm, busy = project.results["load"]
    assert busy["user_latency_p95"] > 2 * calm["user_latency_p95"]
    assert busy["goodput"] < calm["goodput"]
    assert "Under load" in project.page


def test_a_level_that_was_cut_is_measured_again_whole_and_then_decided_from_the_record(project):
    with serve(reply="one two three four", script=Queue()) as server:
        suite(project, server, "36, 42", 20, MEDIAN)
        cut = project.run("--arena-max-calls", "40")
        assert cut.ret == 1
        cut.stdout.fnmatch_lines(["*user_latency-p50-at-42*needs <= 250 ms*0 of 20 requests*"])
        assert server.count == 40
        project.run()
        assert server.count == 40 + 24
    gate = project.gates["new", "user_latency-p50-at-42"]
    assert decided(gate, "pass")
    again = project.pytester.run(sys.executable, "-m", "arenatest", "gate", "busy.arena.toml")
    assert again.ret == (0 if gate["decision"] == "pass" else 1)
    assert project.gates["new", "user_latency-p50-at-42"] == gate
