"""A store that real runs have filled, in this process: models are functions, and time is told."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from arenatest import __version__, judges, metrics, providers
from arenatest.arena.run import Conditions, SuiteRun
from arenatest.gates.referee import Referee
from arenatest.keeping.findings import Findings
from arenatest.keeping.verify import verify
from arenatest.model.record import Run
from arenatest.store import Store, open_store
from arenatest.suite.kinds import Kinds
from arenatest.suite.load import build_suite
from arenatest.suite.suite import Suite

DAY = 86400.0
NOW = 1_790_000_000.0


def old(prompt: Any) -> str:
    """Hedges."""
    return f"It may be {prompt.reference}, or it may not. " + "Who could ever tell? " * 120


def new(prompt: Any) -> str:
    """Is right."""
    return str(prompt.reference)


def newest(prompt: Any) -> str:
    """Is right, and says so."""
    return f"{prompt.reference}, of course"


def polite(_prompt: Any, answer: Any) -> float:
    """Likes answers that hedge."""
    return 1.0 if "may" in answer.text else 0.25


def shorter(_prompt: Any, a: str, b: str) -> str:
    """Prefers the shorter answer."""
    return "A>B" if len(a) < len(b) else "B>A"


GATES = (
    {"metric": "win_rate", "min": 0.3},
    {"metric": "e2e", "stat": "p50", "max": "10 s"},
    {"metric": "polite", "min": 0.01},
)


def tables(
    baseline: Callable[..., Any] = old,
    candidate: Callable[..., Any] = new,
    *,
    prompts: int = 8,
    **more: Any,
) -> dict[str, Any]:
    """A suite of two functions, with a judge, a scorer and a gate of each kind."""
    return {
        "suite": {"name": "capitals"},
        "run": {"early_stop": False, "concurrency": 4},
        "prompts": [
            {"id": f"q{n}", "query": f"Capital of {n}?", "response": f"Town {n}"}
            for n in range(prompts)
        ],
        "baseline": _model(baseline),
        "candidates": [_model(candidate)],
        "judges": [{"kind": "python", "name": "brief", "function": shorter}],
        "metrics": [{"kind": "python", "name": "polite", "function": polite}],
        "gates": [dict(gate) for gate in GATES],
        **more,
    }


class Shop:
    """Runs suites into a store."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder, self.now = store, folder, NOW
        self._ids = itertools.count(1)

    def suite(self, suite: Mapping[str, Any], path: str = "capitals.arena.toml") -> Suite:
        """The suite of tables, with the built-in kinds."""
        kinds = Kinds(
            providers=providers.pytest_arena_providers(),
            judges=judges.pytest_arena_judges(),
            metrics=metrics.pytest_arena_metrics(),
        )
        return build_suite(suite, path=path, directory=self.folder, kinds=kinds)

    def run(self, suite: Mapping[str, Any], *, only: str | None = None, **changes: Any) -> Run:
        """Run a suite to its end, or only for one of its gates."""
        made = self.suite(suite)
        rules = [rule for rule in made.plan.rules if only in {None, rule.id}]
        running = SuiteRun(made, self.store, Referee(made.plan, rules), self.conditions(**changes))
        running.start()
        assert running.join(60), "the run did not end"
        running.check()
        return self.store.run(running.run.id)

    def conditions(self, **changes: Any) -> Conditions:
        """The outside: real monotonic time, and days that the test says."""
        number = next(self._ids)
        values: dict[str, Any] = {
            "session": f"{number:032x}",
            "fresh": False,
            "clock": time.perf_counter,
            "wall": lambda: self.now,
            "new_id": lambda: f"{next(self._ids):032x}",
            "environ": {},
            "versions": {"arenatest": __version__},
        }
        return Conditions(**(values | changes))


def found(folder: Path, version: str = __version__) -> Findings:
    """What is damaged in a store."""
    with open_store(folder) as store:
        return verify(store, version=version)


def _model(function: Callable[..., Any]) -> dict[str, Any]:
    return {"name": function.__name__, "provider": "python", "function": function}
