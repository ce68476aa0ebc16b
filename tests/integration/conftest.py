"""Whole runs: pytest inside pytest, with models that are plain functions."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from arenatest.store import open_store
from fakes.databases import new_schema
from servers.warm import WarmPython
from simulation.crashes import Undisturbed, undisturbed
from simulation.sessions import Models, models

MODELS = """
import threading

LOCK = threading.Lock()

def count(name):
    with LOCK, open("calls.log", "a") as log:
        log.write(name + "\\n")

def old(prompt):
    count("old " + prompt.id)
    return "It may be " + prompt.reference + ", or it may not, who could ever tell."

def new(prompt):
    count("new " + prompt.id)
    return prompt.reference

def bad(prompt):
    count("bad " + prompt.id)
    return "No idea about " + prompt.id

def longer(prompt, a, b):
    count("judge " + prompt.id)
    return "A>B" if len(a) > len(b) else "B>A"

def first(prompt, a, b):
    return "A>B"

def polite(prompt, answer):
    return 1.0 if "may" in answer.text else 0.0
"""

SUITE = """
[suite]
name = "{name}"
[run]
{run}
[baseline]
name = "old"
provider = "python"
function = "models:old"
{candidates}
[[judges]]
kind = "reference"
{gates}
{prompts}
"""

CANDIDATE = """
[[candidates]]
name = "{name}"
provider = "python"
function = "models:{function}"
"""

WIN = """
[[gates]]
metric = "win_rate"
min = 0.4
"""


class Project:
    """A folder with suites, and pytest runs in it."""

    def __init__(self, pytester: pytest.Pytester, python: WarmPython) -> None:
        self.pytester, self.python = pytester, python
        self.path = pytester.path
        self.write("models.py", MODELS)

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def suite(
        self,
        name: str = "x",
        *,
        candidates: dict[str, str] | None = None,
        gates: str = WIN,
        prompts: int = 30,
        run: str = "",
        judge: str = 'kind = "reference"',
        folder: str = "",
        more: str = "",
    ) -> Path:
        """Write a suite of capitals, whose answers are the references."""
        asked = "".join(
            f'[[prompts]]\nid = "q{n}"\nquery = "question {n}"\nresponse = "answer {n}"\n'
            f'category = "{"even" if n % 2 == 0 else "odd"}"\n'
            for n in range(prompts)
        )
        made = "".join(
            CANDIDATE.format(name=key, function=value)
            for key, value in (candidates or {"new": "new"}).items()
        )
        text = SUITE.format(name=name, run=run, candidates=made, gates=gates, prompts=asked)
        text = text.replace('kind = "reference"', judge)
        return self.write(f"{folder}{name}.arena.toml", text + more)

    def run(self, *arguments: str, arena: bool = True) -> pytest.RunResult:
        """Run pytest in a process of its own."""
        flags = ("--arena",) if arena else ()
        return self._run("pytest", "-p", "no:asyncio", *flags, *arguments)

    def arenatest(self, *arguments: str) -> pytest.RunResult:
        """Run a command of ``arenatest`` in a process of its own."""
        return self._run("arenatest", *arguments)

    def _run(self, module: str, *arguments: str) -> pytest.RunResult:
        files = {"output": self.path / "stdout", "errors": self.path / "stderr"}
        started = time.monotonic()
        status = self.python.run(module, *arguments, folder=self.path, timeout=120, **files)
        texts = [path.read_text(encoding="utf-8") for path in files.values()]
        print(*texts, sep="\n")
        lines = [text.splitlines() for text in texts]
        return pytest.RunResult(status, *lines, time.monotonic() - started)

    def calls(self) -> list[str]:
        """The calls that the models of models.py got, and forget them."""
        log = self.path / "calls.log"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines

    @property
    def results(self) -> dict:
        return json.loads((self.path / "reports/arena-results.json").read_text(encoding="utf-8"))

    @property
    def page(self) -> str:
        return (self.path / "reports/arena-report.html").read_text(encoding="utf-8")

    @property
    def gates(self) -> dict[tuple[str, str], dict]:
        return {(gate["candidate"], gate["gate"]): gate for gate in self.results["gates"]}

    def sql(self, query: str) -> list[tuple]:
        """Ask the store, wherever it lies."""
        with open_store(self.store, create=False) as store, store.writing() as connection:
            result = connection.execute(text(query))
            return [tuple(row) for row in result] if result.returns_rows else []

    @property
    def store(self) -> Path | str:
        """Where the runs of this project are recorded."""
        return os.environ.get("ARENATEST_STORE") or self.path / ".arenatest"


@pytest.fixture(scope="session")
def python() -> Iterator[WarmPython]:
    """What all sessions are run by that nobody kills."""
    with WarmPython() as warm:
        yield warm


@pytest.fixture(scope="session")
def crash_models() -> Iterator[Models]:
    """The server of sessions that are disturbed."""
    with models() as serving:
        yield serving


@pytest.fixture(scope="session")
def whole(crash_models: Models, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """What those sessions come to when nobody disturbs them."""
    return undisturbed(tmp_path_factory.mktemp("whole"), crash_models)


@pytest.fixture
def project(
    pytester: pytest.Pytester,
    python: WarmPython,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Project]:
    """A fresh project; with ``ARENATEST_TEST_STORE=postgresql`` its store lies on a server."""
    with contextlib.ExitStack() as while_it_runs:
        if os.environ.get("ARENATEST_TEST_STORE") == "postgresql":
            url = request.getfixturevalue("postgres_url")
            monkeypatch.setenv("ARENATEST_STORE", while_it_runs.enter_context(new_schema(url)))
        yield Project(pytester, python)
