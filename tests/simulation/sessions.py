"""Real sessions of ``python -m pytest --arena`` on a small suite, and what each leaves behind.

The models are a server in this process, which survives whatever is done to a session. It answers by
content, and keeps a book of who asked for what.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from arenatest.model.identity import content_id
from arenatest.model.record import Ledger
from arenatest.store import open_store
from servers.openai_server import serve
from servers.script import Request, Script

PROMPTS = 24
WIDE = 4
"""Calls in flight at once: no kill may cost more."""
KEY = "CRASH_KEY"
"""Tells the server which world asks; it enters no fingerprint."""
PATIENCE = 120.0

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


class Differs(AssertionError):
    """A session that was disturbed ended otherwise than one that was not."""


class Call(NamedTuple):
    """One call as the server saw it."""

    content: str
    chat_id: str


@dataclass(slots=True)
class Models:
    """All models, on one server; ``book`` has the calls of each world, by its name."""

    url: str = ""
    book: dict[str, list[Call]] = field(default_factory=dict)

    def note(self, request: Request) -> Script:
        """Write one call down."""
        name = request.headers["authorization"].removeprefix("Bearer key-of-")
        content = f"{request.body['model']} {request.body['messages'][-1]['content']}"
        self.book.setdefault(name, []).append(Call(content, request.headers["x-client-request-id"]))
        return Script(ttft=0.01)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a session that has ended left behind; ``calls`` were made in it."""

    status: int
    results: Mapping[str, Any]
    cases: Mapping[str, str]
    ledger: Ledger
    seconds: float = 0.0
    calls: int = 0


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
def models() -> Iterator[Models]:
    """Serve all models of all worlds."""
    made = Models()
    with serve(reply=reply, script=made.note) as server:
        made.url = server.base_url
        yield made


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
        self, folder: Path, server: Models, *, variant: Variant, store: str, name: str
    ) -> None:
        self.folder, self.server, self.variant = folder, server, variant
        self.store, self.name = store, name
        folder.mkdir(parents=True)
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        (folder / "models.py").write_text(MODELS, encoding="utf-8")
        (folder / "crash.arena.toml").write_text(self._suite(), encoding="utf-8")

    @property
    def calls(self) -> list[Call]:
        """All calls of this world so far."""
        return self.server.book.setdefault(self.name, [])

    def start(self, *arguments: str, reports: str = "reports") -> subprocess.Popen[bytes]:
        """Start a session; it is the head of a process group."""
        plugins = ("asyncio", "randomly", "cacheprovider", "hypothesispytest")
        without = (word for plugin in plugins for word in ("-p", f"no:{plugin}"))
        command = [sys.executable, "-m", "pytest", *without, "-q", "--arena", *arguments]
        with (self.folder / "output.txt").open("ab") as output:
            return subprocess.Popen(
                [
                    *command,
                    f"--arena-store={self.store}",
                    f"--arena-reports={reports}",
                    f"--junitxml={reports}/junit.xml",
                ],
                cwd=self.folder,
                env={**os.environ, KEY: f"key-of-{self.name}"},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, *arguments: str, reports: str = "reports") -> Seen:
        """Run a session to its end."""
        self.forget(reports)
        started, calls = time.monotonic(), len(self.calls)
        status = self.start(*arguments, reports=reports).wait(PATIENCE)
        seconds = time.monotonic() - started
        return replace(self.seen(status, reports), seconds=seconds, calls=len(self.calls) - calls)

    def forget(self, reports: str = "reports") -> None:
        """Take away what earlier sessions left for people and for CI."""
        for name in ("junit.xml", "arena-results.json"):
            (self.folder / reports / name).unlink(missing_ok=True)

    def seen(self, status: int, reports: str = "reports") -> Seen:
        """Read what the last session left."""
        results = self.results(reports)
        if results is None:
            raise Differs(f"no results, exit status {status}:\n{self.output()}")
        with open_store(self.store, create=False) as store:
            ledger = store.load(results["suites"][0]["run"])
        found = ET.parse(self.folder / reports / "junit.xml").iter("testcase")
        cases = {
            case.get("name", ""): next((part.tag for part in case if part.tag in _BAD), "")
            for case in found
        }
        return Seen(status=status, results=results, cases=cases, ledger=ledger)

    def results(self, reports: str = "reports") -> dict[str, Any] | None:
        """Return the results file as it stands; None where there is none."""
        path = self.folder / reports / "arena-results.json"
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
        contents = Counter(call.content for call in self.calls)
        return Counter({what: n for what, n in contents.items() if what.split()[1] not in warm})

    def _suite(self) -> str:
        url = self.server.url
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
