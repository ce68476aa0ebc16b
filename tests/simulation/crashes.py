"""Sessions that are killed at random moments and started again, beside one that nothing disturbs.

A session is a real ``python -m pytest --arena`` on a small suite; the models are a server in this
process, which survives. What a seed does is drawn from the seed alone: the kind of kill, the
variant of the suite, and the moments as shares of the undisturbed session's time.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select

from arenatest.model.identity import content_id
from arenatest.model.record import Ledger
from arenatest.store import open_store, schema
from servers.openai_server import Server, serve
from servers.script import Request, Script

PROMPTS = 24
WIDE = 4
"""Calls in flight at once: no kill may cost more."""
KEY = "CRASH_KEY"
"""Tells the server which session asks; it enters no fingerprint."""
PATIENCE = 120.0
WITH_WORKERS = 1.7
"""Times as long a session takes with two workers."""
LATE = 1.1  # of the undisturbed time: a kill may also come too late

Kind = Literal["once", "twice", "group", "worker"]
Variant = Literal["early", "whole", "lane"]
"""Stops early; buys the whole plan; does so, and takes clocks apart."""
VARIANTS: tuple[Variant, ...] = ("early", "whole", "lane")

MODELS = """
def closer(prompt, a, b):
    ranks = {"poor": 0, "plain": 1, "good": 2}
    first, second = ranks[a.split()[0]], ranks[b.split()[0]]
    return "A=B" if first == second else "A>B" if first > second else "B>A"

def short(prompt, answer):
    return 1.0 if int(answer.text.split()[-1]) % 12 else 0.0
"""

SUITE = """
[suite]
name = "crash"
[run]
early_stop = {early}
concurrency = {wide}
{latency}
[baseline]
name = "old"
{old}
[[candidates]]
name = "new"
{new}
[[candidates]]
name = "bad"
{bad}
[[judges]]
kind = "llm"
name = "judge"
{judge}
[[judges]]
kind = "python"
name = "closer"
function = "models:closer"
[[metrics]]
name = "short"
kind = "python"
function = "models:short"
range = [0, 1]
[[gates]]
metric = "win_rate"
min = 0.35
[[gates]]
metric = "short"
min = 0.6
[[gates]]
metric = "answer_length"
stat = "median"
max = 1000
{gates}
{prompts}
"""
MODEL = 'provider = "openai"\nmodel = "{0}"\nbase_url = "{1}"\napi_key_env = "{2}"\n'
PROMPT = '[[prompts]]\nid = "q{0}"\nquery = "ask {0}"\n'
LANE = '[latency]\nlane = "dedicated"\nrepeats = 1\nwarmup = 1\n'
CLOCK = '[[gates]]\nmetric = "e2e"\nstat = "median"\nmax = "60 s"\n'
CLOCKED = "e2e-p50"

RANKS = {"poor": 0, "plain": 1, "good": 2}
_SEAT = re.compile(r"<<<begin answer [AB] \w+>>>\n(\S+)")
_VOLATILE = {
    *("id", "run", "started", "finished", "duration", "calls", "cost", "latency", "chat_id"),
    *("versions", "attempt", "session", "command", "timed", "waiting", "reused", "cached"),
    *("input_tokens", "output_tokens", "errors", "flips", "advice", "imbalances", "uncosted"),
}


class Differs(AssertionError):
    """A session that was killed ended otherwise than the undisturbed one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What one seed does."""

    seed: int
    kind: Kind
    variant: Variant
    moments: tuple[float, ...]

    def __str__(self) -> str:
        at = ", ".join(f"{moment:.3f}" for moment in self.moments)
        return f"seed {self.seed}: {self.variant}, {self.kind}, at {at} of the session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a session that has ended left behind."""

    status: int
    results: Mapping[str, Any]
    cases: Mapping[str, str]
    ledger: Ledger
    seconds: float = 0.0


@dataclass(slots=True, kw_only=True)
class Told:
    """What became of one case.

    Attributes:
        kills: How many hit: others came too late.
        twice: Calls that were paid twice.
        calls: Made until each of the moments.
    """

    case: Case
    kills: int = 0
    twice: int = 0
    calls: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        after = " and ".join(f"{calls:,}" for calls in self.calls)
        return f"{self.case}: killed after {after} calls, {self.twice} paid twice"


def drawn(seed: int) -> Case:
    """Return what a seed does; of ten, six kill the one process, two twice, two with workers."""
    chance = random.Random(f"crash {seed}")
    kind: Kind = chance.choices(("once", "twice", "group", "worker"), (12, 4, 2, 2))[0]
    variant: Variant = chance.choices(VARIANTS, (4, 4, 2))[0]
    times = 2 if kind == "twice" else 1
    moments = tuple(chance.random() * LATE for _ in range(times))
    return Case(seed=seed, kind=kind, variant=variant, moments=moments)


def reply(body: Mapping[str, Any]) -> str:
    """Answer by content: ``new`` is good but for every sixth prompt, ``bad`` is poor."""
    asked = body["messages"][-1]["content"]
    if body["model"] == "judge":
        first, second = (RANKS[word] for word in _SEAT.findall(asked))
        label = "A=B" if first == second else "A>B" if first > second else "B>A"
        return f"I looked at both. [[{label}]]"
    number = int(asked.split()[-1])
    new = "poor" if number % 6 == 0 else "plain" if number % 6 == 1 else "good"
    rank = {"old": "plain", "bad": "poor", "new": new}[body["model"]]
    return f"{rank} answer of {body['model']} to number {number}"


@contextmanager
def models() -> Iterator[Server]:
    """Serve all models of all sessions."""
    with serve(reply=reply, script=Script(ttft=0.01)) as server:
        yield server


class World:
    """One suite in a folder, and the sessions on it.

    Args:
        folder: Made here.
        server: Who answers.
        variant: Of the suite.
        store: Where it is recorded: a folder, or a URL.
        name: Under which the server knows its calls; no other world has it.
    """

    def __init__(
        self, folder: Path, server: Server, *, variant: Variant, store: str, name: str
    ) -> None:
        self.folder, self.server, self.variant = folder, server, variant
        self.store, self.name = store, name
        folder.mkdir(parents=True)
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        (folder / "models.py").write_text(MODELS, encoding="utf-8")
        (folder / "crash.arena.toml").write_text(self._suite(), encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a session; it is the head of a process group."""
        plugins = ("asyncio", "randomly", "cacheprovider")
        without = (word for plugin in plugins for word in ("-p", f"no:{plugin}"))
        command = [sys.executable, "-m", "pytest", *without, "-q", "--arena", *arguments]
        environ = {**os.environ, KEY: f"key-of-{self.name}"}
        with (self.folder / "output.txt").open("ab") as output:
            return subprocess.Popen(
                [*command, f"--arena-store={self.store}", "--junitxml=junit.xml"],
                cwd=self.folder,
                env=environ,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, *arguments: str) -> Seen:
        """Run a session to its end."""
        self.forget_reports()
        started = time.monotonic()
        status = self.start(*arguments).wait(PATIENCE)
        return self.seen(status, time.monotonic() - started)

    def forget_reports(self) -> None:
        """Take away what earlier sessions left for people and for CI."""
        for name in ("junit.xml", "reports/arena-results.json"):
            (self.folder / name).unlink(missing_ok=True)

    def seen(self, status: int, seconds: float = 0.0) -> Seen:
        """Read what the last session left."""
        results = self.results()
        if results is None:
            raise Differs(f"no results, exit status {status}:\n{self.output()}")
        with open_store(self.store, create=False) as store:
            ledger = store.load(results["suites"][0]["run"])
        path = self.folder / "junit.xml"
        found = ET.parse(path).iter("testcase")
        cases = {
            case.get("name", ""): next((part.tag for part in case if part.tag in _BAD), "")
            for case in found
        }
        return Seen(status=status, results=results, cases=cases, ledger=ledger, seconds=seconds)

    def results(self) -> dict[str, Any] | None:
        """Return the results file as it stands; None where there is none."""
        path = self.folder / "reports/arena-results.json"
        if not path.exists():
            return None
        read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return read

    def output(self) -> str:
        """Return the last lines that the sessions printed."""
        text = (self.folder / "output.txt").read_text(encoding="utf-8", errors="replace")
        return text[-3000:]

    def asked(self) -> Counter[str]:
        """Return how often each content was asked for in this world; warm-ups do not count."""
        with open_store(self.store, create=False) as store:
            warm = {f"[{content_id('nonce', run.id, 'warm-up', 0)[:12]}]" for run in store.runs()}
        contents = Counter(map(_content, self.requests()))
        return Counter({what: n for what, n in contents.items() if what.split()[1] not in warm})

    def requests(self) -> list[Request]:
        """Return all calls of this world."""
        mine = f"Bearer key-of-{self.name}"
        return [one for one in list(self.server.requests) if one.headers["authorization"] == mine]

    def _suite(self) -> str:
        url = self.server.base_url
        lane = self.variant == "lane"
        return SUITE.format(
            early="true" if self.variant == "early" else "false",
            wide=WIDE,
            latency=LANE if lane else "",
            gates=CLOCK if lane else "",
            prompts="".join(map(PROMPT.format, range(PROMPTS))),
            **{name: MODEL.format(name, url, KEY) for name in ("old", "new", "bad", "judge")},
        )


_BAD = ("failure", "error", "skipped")


def _content(request: Request) -> str:
    """What a call asks of whom."""
    return f"{request.body['model']} {request.body['messages'][-1]['content']}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undisturbed:
    """What each variant of the suite comes to when nobody kills it."""

    by_variant: Mapping[Variant, Seen]

    def of(self, variant: Variant) -> Seen:
        """Return one variant's."""
        return self.by_variant[variant]


def undisturbed(folder: Path, server: Server, *, at_once: int = 1) -> Undisturbed:
    """Run each variant once, as many side by side as cases are going to be."""

    def run(variant: Variant) -> Seen:
        place = folder / f"undisturbed-{variant}"
        name = f"{folder.name}-{variant}"
        return World(place, server, variant=variant, store=str(place / "store"), name=name).run()

    with ThreadPoolExecutor(at_once) as pool:
        return Undisturbed(by_variant=dict(zip(VARIANTS, pool.map(run, VARIANTS), strict=True)))


def crash(case: Case, world: World, whole: Undisturbed) -> Told:
    """Kill a world's session as a case says, start it again, and hold the end to the undisturbed.

    Raises:
        Differs: Something was lost, doubled, or decided otherwise; it names the case.
    """
    told = Told(case=case)
    chance = random.Random(f"victim {case.seed}")
    arguments = ("-n2",) if case.kind in ("group", "worker") else ()
    expected = whole.of(case.variant)
    seconds = expected.seconds * (WITH_WORKERS if arguments else 1.0)
    try:
        for moment in case.moments:
            world.forget_reports()
            told.kills += _killed(world.start(*arguments), case.kind, moment * seconds, chance)
            told.calls.append(len(world.requests()))
            _hold_results(world, expected)
        ended = world.run(*arguments)
        told.twice = _check(world, ended, expected, kills=told.kills)
    except AssertionError as error:
        raise Differs(f"{case}: {error}\n{world.output()}") from error
    return told


def _killed(
    process: subprocess.Popen[bytes], kind: Kind, after: float, chance: random.Random
) -> bool:
    """Kill a session, or a part of it, some seconds after its start; False if it was over."""
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        if kind == "worker":
            killed = _kill_a_worker(process.pid, chance)
            process.wait(PATIENCE)
            return killed
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def _kill_a_worker(controller: int, chance: random.Random) -> bool:
    children = Path(f"/proc/{controller}/task/{controller}/children").read_text().split()
    if not children:  # none was started yet, or all have ended
        return False
    os.kill(int(chance.choice(children)), signal.SIGKILL)
    return True


def _hold_results(world: World, expected: Seen) -> None:
    """No verdict comes from half a plan: what a killed session reported is the whole truth."""
    results = world.results()
    right = {_gate(gate): gate for gate in expected.results["gates"]}
    for gate in () if results is None else results["gates"]:
        if _gate(gate)[1] != CLOCKED and gate["cause"] not in ("plan", "budget"):
            assert gate == right[_gate(gate)], f"{gate} after a kill"


def _gate(gate: Mapping[str, Any]) -> tuple[str, str]:
    return gate["candidate"], gate["gate"]


def _check(world: World, ended: Seen, expected: Seen, *, kills: int) -> int:
    """Hold an ended session to the undisturbed one; return how many calls were paid twice."""
    timed = world.variant == "lane"
    if not timed:  # a clock may say that the machine was too busy
        assert ended.status == expected.status, f"exit status {ended.status}"
    assert _plain(ended.cases) == _plain(expected.cases), "JUnit"
    gates = [
        {_gate(gate): gate for gate in seen.results["gates"] if gate["gate"] != CLOCKED}
        for seen in (ended, expected)
    ]
    assert gates[0] == gates[1], "gates"
    if world.variant != "early":  # which buys as much as was under way
        assert steady(ended.results) == steady(expected.results), "results"
    _check_ledger(ended.ledger, expected.ledger, whole=world.variant != "early")
    _check_store(world, expected)
    return _check_calls(world, kills)


def _plain(cases: Mapping[str, str]) -> dict[str, str]:
    return {name: how for name, how in cases.items() if not name.endswith(CLOCKED)}


def steady(results: object) -> object:
    """Return what two runs of one plan must share: all but ids, times, and lost calls."""
    if isinstance(results, dict):
        if results.get("gate") == CLOCKED:
            return CLOCKED
        return {key: steady(value) for key, value in results.items() if key not in _VOLATILE}
    if isinstance(results, list):
        return [steady(value) for value in results]
    return results


def _check_ledger(ended: Ledger, expected: Ledger, *, whole: bool) -> None:
    parts = [
        (
            {slot: found.answer.text for slot, found in ledger.answers.items()},
            dict.fromkeys(ledger.timings),
            {
                slot: (said.verdict, said.void, said.explanation)
                for slot, said in ledger.judgments.items()
            },
            dict(ledger.measurements),
        )
        for ledger in (ended, expected)
    ]
    names = ("answers", "clocks", "judgments", "measurements")
    for name, found, right in zip(names, *parts, strict=True):
        if whole:
            assert found.keys() == right.keys(), name
        for slot in found.keys() & right.keys():
            assert found[slot] == right[slot], (name, slot)
    needed = {slot for slot in expected.answers if slot.contestant != "old"}
    assert needed <= ended.answers.keys(), "the gate that never stops early needs all of them"


def _check_store(world: World, expected: Seen) -> None:
    """Each thing stands once, and every decision that was ever recorded is the right one."""
    right = {_gate(gate): gate for gate in expected.results["gates"]}
    with open_store(world.store, create=False) as store:
        for run in store.runs():
            for gate, decision in store.decisions(run.id).items():
                if gate[1] != CLOCKED:
                    assert decision.decision == right[gate]["decision"], decision
                    assert (decision.n, decision.value) == (right[gate]["n"], right[gate]["value"])
        assert [run for run in store.runs() if run.finished is None] == []
        calls = schema.generation.c
        once = select(calls.role, calls.key).where(calls.role.in_(("answer", "judge")))
        timed = select(calls.run, calls.role, calls.key).where(calls.role == "timing")
        with store.reading() as connection:
            for query in (once, timed):
                rows = connection.execute(query).all()
                assert len(rows) == len(set(rows)), "a call was recorded twice"
            bodies = connection.execute(select(schema.text.c.sha)).all()
            assert len(bodies) == len(set(bodies))
    file = Path(world.store) / "arena.sqlite"
    if file.is_file():
        with closing(sqlite3.connect(file)) as database:
            assert database.execute("pragma integrity_check").fetchall() == [("ok",)]


def _check_calls(world: World, kills: int) -> int:
    """Only what was in flight at a kill is paid twice, and no other call is missing."""
    twice = sum(count - 1 for count in world.asked().values())
    assert twice <= WIDE * kills, f"{twice} calls were paid twice"
    sent = Counter(request.headers["x-client-request-id"] for request in world.requests())
    with open_store(world.store, create=False) as store, store.reading() as connection:
        recorded = set(connection.execute(select(schema.generation.c.chat_id)).scalars())
    assert recorded <= sent.keys(), "a record of a call that nobody made"
    assert len(sent) == sum(sent.values())
    lost = len(sent.keys() - recorded)
    assert lost <= WIDE * kills, f"{lost} calls are not on record"
    return twice
