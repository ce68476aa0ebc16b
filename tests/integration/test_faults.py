"""A tenth of all calls goes wrong: nothing is lost, nothing counts twice, the verdict stands."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict

import pytest

from servers.openai_server import serve
from servers.script import Script

PROMPTS = 100
RATE = 0.1
FAULTS = {
    "rate limited": Script(status=429, headers={"Retry-After": "0.05"}),
    "server error": Script(status=500),
    "cut before text": Script(fault="cut", fault_after=0),
    "cut inside text": Script(fault="cut", fault_after=1),
    "connection reset": Script(fault="reset", fault_after=1),
    "connection dropped": Script(fault="drop"),
    "stall": Script(fault="stall", fault_after=0),
    "stall inside text": Script(fault="stall", fault_after=1),
    "malformed": Script(fault="malformed", fault_after=0),
    "malformed inside text": Script(fault="malformed", fault_after=1),
    "error in stream": Script(fault="error", fault_after=0),
    "empty": Script(fault="empty"),
}
RANKS = {"(empty)": 0, "poor": 1, "plain": 2, "good": 3}
SEAT = re.compile(r"<<<begin answer [AB] \w+>>>\n(\S+)")


def reply(body):
    """Every third of the new model's answers is worse than the old one's, the others are better."""
    asked = body["messages"][-1]["content"]
    if body["model"] == "judge":
        first, second = (RANKS[word] for word in SEAT.findall(asked))
        return "I looked at both. " + ("[[A>B]]" if first > second else "[[B>A]]")
    number = int(asked.split()[-1])
    word = "plain" if body["model"] == "old" else "poor" if number % 3 == 0 else "good"
    return f"{word} answer to number {number}"


def suite(project, url, *, minimum=0.4, run="concurrency = 32"):
    contestant = 'provider = "openai"\nmodel = "{0}"\nbase_url = "{1}"\napi_key_env = ""\n'
    asked = "".join(f'[[prompts]]\nid = "q{n}"\nquery = "ask {n}"\n' for n in range(PROMPTS))
    project.write(
        "x.arena.toml",
        f'[suite]\nname = "x"\n[run]\nearly_stop = false\n{run}\ncall_timeout = "0.8 s"\n'
        f'[baseline]\nname = "old"\n{contestant.format("old", url)}'
        f'[[candidates]]\nname = "new"\n{contestant.format("new", url)}'
        f'[[judges]]\nkind = "llm"\nname = "judge"\n{contestant.format("judge", url)}'
        f'[[gates]]\nmetric = "win_rate"\nmin = {minimum}\n' + asked,
    )


def sometimes(*names, rate=RATE, seed=7):
    """A script by which a share of the requests goes wrong, each in one of the ways named."""

    def script(request):
        chance = random.Random(f"{seed} {request.number}")
        return FAULTS[chance.choice(names)] if chance.random() < rate else Script()

    return script


def check_books(project, server):
    """Hold the record against what the server saw."""
    sent = Counter(request.headers["x-client-request-id"] for request in server.requests)
    rows = project.sql(
        "select chat_id, role, owner, prompt, key, attempt, final, failure, started from call"
    )
    stored = Counter(row[0] for row in rows)
    assert stored == sent, "every request is one record, and the other way round"
    assert set(stored.values()) == {1}
    check_attempts(rows)
    check_places(project)


def check_attempts(rows):
    """Attempts count up from 1, only failures are followed by another, and the last is final."""
    by_key = defaultdict(list)
    for _, _, _, _, key, attempt, final, failure, _ in rows:
        by_key[key].append((attempt, bool(final), failure))
    for attempts in by_key.values():
        attempts.sort()
        assert [number for number, _, _ in attempts] == list(range(1, len(attempts) + 1))
        assert [final for _, final, _ in attempts] == [False] * (len(attempts) - 1) + [True]
        assert all(failure for _, _, failure in attempts[:-1]), "only failures are tried again"


def check_places(project):
    answers = project.sql(
        "select p.contestant, p.prompt, p.repeat, p.attempts, g.attempt, g.owner, g.prompt, "
        "g.final from answer p join call g on g.chat_id = p.chat_id "
        "where purpose = 'text'"
    )
    assert len(answers) == 2 * PROMPTS
    assert len({row[:3] for row in answers}) == 2 * PROMPTS
    for contestant, prompt, _, attempts, attempt, owner, asked, final in answers:
        assert (contestant, prompt) == (owner, asked)
        assert (attempts, True) == (attempt, bool(final))


def games(project):
    """The candidate's result by game, void ones as None, each game once."""
    rows = project.sql("select prompt, \"order\", verdict from game where judge = 'judge'")
    assert len(rows) == len({row[:2] for row in rows}), "no game was judged twice"
    return {(prompt, order): verdict for prompt, order, verdict in rows}


def unlucky(project):
    """The prompts where a contestant gave no answer, and how many gave an empty one elsewhere."""
    rows = project.sql(
        "select p.prompt, g.failure, g.text from answer p "
        "join call g on g.chat_id = p.chat_id where purpose = 'text'"
    )
    lost = {prompt for prompt, failure, _ in rows if failure is not None}
    return lost, Counter(prompt for prompt, _, text in rows if text is None and prompt not in lost)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The games of a run in which nothing went wrong."""
    numbers = {f"q{n}": n for n in range(PROMPTS)}
    return {
        (prompt, order): ("B>A" if (n % 3 != 0) == (order == "baseline-first") else "A>B")
        for prompt, n in numbers.items()
        for order in ("baseline-first", "candidate-first")
    }


def check_verdict(project, undisturbed, decision="pass"):
    """The games that could be played say what they say undisturbed, and so does the gate."""
    lost, empty = unlucky(project)
    played = games(project)
    equal = {prompt for prompt, answers in empty.items() if answers == 2}
    judged = {f"q{n}" for n in range(PROMPTS)} - lost - equal
    assert {prompt for prompt, _ in played} == judged
    assert len(played) == 2 * len(judged), "every battle that can be fought is fought once"
    for game, verdict in played.items():
        if verdict is not None and game[0] not in empty:
            assert verdict == undisturbed[game]
    gate = project.gates["new", "win_rate"]
    outcome = (gate["decision"], gate["cause"])
    assert outcome in {(decision, None), ("inconclusive", "void"), ("inconclusive", "judge")}
    if not (lost or equal) and None not in played.values():
        assert outcome == (decision, None)
    return outcome


@pytest.mark.parametrize("fault", FAULTS)
def test_one_kind_of_fault_loses_and_doubles_nothing(project, undisturbed, fault):
    with serve(reply=reply, script=sometimes(fault)) as server:
        suite(project, server.base_url)
        project.run()
        check_books(project, server)
    check_verdict(project, undisturbed)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("minimum", "decision"), [(0.4, "pass"), (0.9, "fail")])
def test_all_kinds_of_faults_together_never_turn_a_verdict(
    project, undisturbed, seed, minimum, decision
):
    with serve(reply=reply, script=sometimes(*FAULTS, seed=seed)) as server:
        suite(project, server.base_url, minimum=minimum)
        project.run()
        check_books(project, server)
    check_verdict(project, undisturbed, decision)


@pytest.mark.parametrize("calls", [40, 230])
def test_a_run_that_is_killed_amid_faults_goes_on_and_loses_nothing(project, undisturbed, calls):
    with serve(reply=reply, script=sometimes(*FAULTS)) as server:
        suite(project, server.base_url, run="concurrency = 8")
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-p", "no:asyncio", "--arena", "-q"],
            cwd=project.path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while server.count < calls:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        process.kill()
        process.wait()
        project.run()
        sent = Counter(request.headers["x-client-request-id"] for request in server.requests)
        stored = {chat for (chat,) in project.sql("select chat_id from call")}
    assert set(sent.values()) == {1}
    assert stored <= set(sent)
    assert len(sent) - len(stored) <= 8, "only calls in flight are lost"
    assert project.sql("select count(*) from run") == [(1,)]
    check_places(project)
    check_verdict(project, undisturbed)
