"""Show what stopping early saves: calls that whole runs bought, with and without it.

    python benchmarks/early_stopping.py [--suites 20] [--sizes 50 200]

Contestants and judge are Python functions that answer after some milliseconds, in no order; the
judge is as noisy as ``tests/simulation/latent.py`` describes, and one answer in two is hard. Each
row is two sessions of ``pytest --arena`` on the same suites, which differ in ``early_stop`` alone.
Calls that were in flight when a gate was decided are bought, and counted. A run without early
stopping makes four calls a prompt: two answers, and the judge in both orders. Verdicts must agree.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from simulation.latent import shift_of  # noqa: E402 - found through the line above

ENVIRON = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # no other plugin's weather
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "arenatest.plugin", "--arena", ".")
LIMIT = 0.45
WIN_RATES = (0.35, 0.40, 0.45, 0.50, 0.55, 0.65)

SUITE = """
[suite]
name = "{name}"
[run]
early_stop = {early_stop}
seed = {seed}
[[datasets]]
path = "{name}.jsonl"
[baseline]
name = "old"
provider = "python"
function = "models:old"
[[candidates]]
name = "new"
provider = "python"
function = "models:new"
[[judges]]
kind = "llm"
provider = "python"
function = "models:judge"
template = "{{prompt}} {{answer_a}} {{answer_b}}"
[[gates]]
metric = "win_rate"
min = {limit}
"""

MODELS = """
import asyncio
import random
import re

from simulation.latent import CALL, OPINION, POSITION, TIE


async def old(prompt):
    return await said("old", prompt.text, 0.0)


async def new(prompt):
    return await said("new", prompt.text, {shift} + random.Random(prompt.text).gauss())


async def said(name, text, skill):
    await asyncio.sleep(random.Random(name + text).uniform(0.001, 0.005))
    return f"My skill is {{skill:.6f}}."


async def judge(prompt):
    await asyncio.sleep(random.Random(prompt.text).uniform(0.001, 0.005))
    (item,) = set(re.findall(r"item \\S+", prompt.text))
    first, second = map(float, re.findall(r"skill is (\\S+)[.]", prompt.text))
    liked = random.Random(item + " liked").gauss() * OPINION
    if first == 0.0:
        liked = -liked
    noise = random.Random(prompt.text + " noise").gauss() * CALL
    seen = first - second + liked + noise + POSITION
    return "[[A>B]]" if seen > TIE else "[[B>A]]" if seen < -TIE else "[[A=B]]"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What one session of pytest came to."""

    calls: int
    gates: tuple[dict[str, Any], ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--suites", type=int, default=20)
    parser.add_argument("--sizes", type=int, nargs="+", default=[50, 200])
    options = parser.parse_args()
    print(f"| n | true win rate | verdicts of {options.suites} suites | calls | stopping | saved |")
    print("|---|---|---|---|---|---|")
    for n in options.sizes:
        for win_rate in WIN_RATES:
            compare(n, win_rate, options.suites)


def compare(n: int, win_rate: float, suites: int) -> None:
    whole = session(n, win_rate, suites, early_stop=False)
    stopped = session(n, win_rate, suites, early_stop=True)
    assert whole.calls == 4 * n * suites, whole.calls
    assert whole.gates == stopped.gates
    outcomes = Counter(gate["decision"] for gate in whole.gates)
    verdicts = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
    saved = 1.0 - stopped.calls / whole.calls
    each = (one.calls / suites for one in (whole, stopped))
    means = " | ".join(f"{calls:.0f}" for calls in each)
    print(f"| {n} | {win_rate:.2f} | {verdicts} | {means} | {saved:.0%} |", flush=True)


def session(n: int, win_rate: float, suites: int, *, early_stop: bool) -> Session:
    """Run the suites in a fresh folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = MODELS.format(shift=shift_of(win_rate))
        (folder / "models.py").write_text(models, encoding="utf-8")
        for number in range(suites):
            write_suite(folder, f"s{number}", n, early_stop=early_stop, seed=number)
        path = {"PYTHONPATH": os.pathsep.join(filter(None, (f"{ROOT / 'tests'}", python_path())))}
        done = subprocess.run(
            PYTEST, cwd=folder, env=ENVIRON | path, capture_output=True, text=True, check=False
        )
        if done.returncode not in (0, 1):
            raise SystemExit(done.stdout + done.stderr)
        text = (folder / "reports/arena-results.json").read_text(encoding="utf-8")
    results = json.loads(text)
    return Session(calls=results["run"]["calls"], gates=tuple(results["gates"]))


def write_suite(folder: Path, name: str, n: int, *, early_stop: bool, seed: int) -> None:
    lines = (json.dumps({"query": f"item {name}-{i}", "id": f"q{i}"}) + "\n" for i in range(n))
    (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    suite = SUITE.format(name=name, early_stop=str(early_stop).lower(), seed=seed, limit=LIMIT)
    (folder / f"{name}.arena.toml").write_text(suite, encoding="utf-8")


def python_path() -> str:
    return os.environ.get("PYTHONPATH", "")


if __name__ == "__main__":
    main()
