"""Conversations on a real server with sessions, and answers that end in a refusal or too early."""

from collections import Counter, defaultdict

import pytest

from servers.openai_server import serve
from servers.script import Script

SUITE = """
[suite]
name = "talks"

[run]
early_stop = false
{run}
{lane}
[baseline]
name = "old"
provider = "openai"
base_url = "{url}"
model = "old"
api_key_env = ""
session_header = "X-Session-Id"

[[candidates]]
name = "new"
provider = "openai"
base_url = "{url}"
model = "new"
api_key_env = ""
session_field = "session_id"

[[judges]]
kind = "python"
function = "models:longer"

[[gates]]
metric = "win_rate"
min = 0.4
{gates}
{prompts}
"""
TALKS = "".join(f'[[prompts]]\nid = "{n}"\nturns = ["{n} one", "{n} two"]\n' for n in "abc")
LATENCY = '[[gates]]\nmetric = "e2e"\nstat = "median"\nmax = "60 s"\n'


def write(project, server, prompts, *, run="", lane="", gates=""):
    text = SUITE.format(url=server.base_url, run=run, lane=lane, gates=gates, prompts=prompts)
    project.write("talks.arena.toml", text)


def reply(body):
    return f"{body['model']} says {body['messages'][-1]['content']}"


def talk_of(request):
    """Who is asked in which conversation, and in which turn."""
    asked = [m["content"] for m in request.body["messages"] if m["role"] == "user"]
    talk, _, _ = asked[0].rpartition(" ")
    return request.body["model"], talk[-1], len(asked)


def session_of(request):
    headers = {name.lower(): value for name, value in request.headers.items()}
    return headers.get("x-session-id") or request.body.get("session_id")


@pytest.mark.parametrize(
    "lane", ["", '[latency]\nlane = "dedicated"\nrepeats = 2\nwarmup = 0\n'], ids=["inline", "lane"]
)
def test_each_contestant_leads_its_own_conversation_in_a_session_of_its_own(project, lane):
    with serve(reply=reply) as server:
        write(project, server, TALKS, run="repeats = 2", lane=lane, gates=LATENCY)
        project.run()
        requests = list(server.requests)
    sessions = defaultdict(set)
    turns = Counter()
    for request in requests:
        model, talk, turn = talk_of(request)
        sessions[session_of(request)].add((model, talk))
        turns[session_of(request)] += 1
        if turn == 2:
            _, mine, _ = (m["content"] for m in request.body["messages"])
            assert mine == f"{model} says {talk} one"
    assert None not in sessions
    assert all(len(of) == 1 for of in sessions.values())
    texts = [session for session, count in turns.items() if count == 2]
    assert len(texts) >= 2 * 2 * 3  # contestants, repeats, conversations


ENDS = "".join(f'[[prompts]]\nid = "p{n}"\nquery = "question {n}"\n' for n in range(12))


def ends_early(request):
    """The candidate refuses every fourth question."""
    number = int(request.body["messages"][-1]["content"].split()[-1])
    refused = request.body["model"] == "new" and number % 4 == 0
    return Script(finish="content_filter" if refused else "stop")


def counts(project):
    (battles,) = project.results["battles"]
    return battles


def test_what_a_filter_ended_is_taken_as_the_suite_says_now_and_on_the_record(project):
    def longer_if_new(body):
        return reply(body) + " at length" * (body["model"] == "new")

    with serve(reply=longer_if_new, script=ends_early) as server:
        write(project, server, ENDS, run='on_filter = "loss"')
        project.run()
        asked = server.count
        project.calls()
        assert counts(project)["loss"] == 3
        assert counts(project)["forfeits"] == {"candidate's answer was filtered": 3}
        (base, candidate) = project.results["contestants"]
        assert (base["finishes"], candidate["finishes"]) == (
            {"stop": 12},
            {"stop": 9, "content_filter": 3},
        )
        for treatment, cause in (
            ("void", "candidate's answer was filtered"),
            ("failure", "candidate's call failed"),
        ):
            write(project, server, ENDS, run=f'on_filter = "{treatment}"')
            project.arenatest("gate", "talks.arena.toml")
            assert counts(project)["voids"] == {cause: 3}
            assert counts(project)["win"] == 9
        assert [(one["kind"], one["count"]) for one in project.results["errors"]] == [
            ("filtered", 3)
        ]
        assert server.count == asked
