"""What the harness costs beside a bare client that makes the same streamed calls.

    python benchmarks/overhead.py [--prompts 1000] [--rounds 5]

One baseline, two candidates, a judge in both orders: P*3 + P*4 calls. It prints

* CPU per call beyond start-up: (1,000 prompts minus 100) divided by the calls in between, beside a
  bare aiohttp client that makes the same calls in the same run, and their ratio; and what the bare
  client takes if it reads and never looks for the answer. Neighbours on the machine only ever add
  CPU (to whoever runs meanwhile), so the least of all rounds is compared: of the large runs and of
  the small ones apart, for a small one that was disturbed would make the difference too small. The
  medians stand beside, and the ratios of single rounds;
* CPU of the process until its first call arrives at the server;
* wall time at 50 ms to the first token and 5 ms a token, 16 calls wide, beside the bare client's;
* memory per battle beyond the texts.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from servers.openai_server import spawn  # noqa: E402 - found through the line above

BARE_CLIENT = Path(__file__).with_name("bare_client.py")
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "arenatest.plugin", "--arena", ".")
ENVIRON = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # no other plugin's weather
ENVIRON.pop("PYTHONDONTWRITEBYTECODE", None)  # modules are compiled once, not in every process
WIDE = 16
CALLS = 7  # for each prompt: of three contestants, and of a judge on two pairs in both orders
TOKENS = 20

SUITE = """
[suite]
name = "overhead"
[run]
early_stop = false
concurrency = {wide}
[[datasets]]
path = "prompts.jsonl"
[baseline]
name = "base"
provider = "openai"
model = "base"
base_url = "{url}"
api_key_env = ""
[[candidates]]
name = "one"
provider = "openai"
model = "one"
base_url = "{url}"
api_key_env = ""
[[candidates]]
name = "two"
provider = "openai"
model = "two"
base_url = "{url}"
api_key_env = ""
[[judges]]
kind = "llm"
provider = "openai"
model = "judge"
base_url = "{url}"
api_key_env = ""
[[gates]]
metric = "win_rate"
min = 0.4
policy = "no-regression"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one process took: seconds and bytes."""

    cpu: float
    wall: float
    memory: int


def run(command: Sequence[str], folder: Path) -> Cost:
    """Run a command; return its CPU and wall seconds and its peak memory."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=ENVIRON, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, _, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    return Cost(cpu=usage.ru_utime + usage.ru_stime, wall=wall, memory=usage.ru_maxrss * 1024)


def arena(url: str, prompts: int) -> Cost:
    """Run the suite in a fresh folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = (f'{{"query": "question number {n}", "id": "q{n}"}}\n' for n in range(prompts))
        (folder / "prompts.jsonl").write_text("".join(lines), encoding="utf-8")
        suite = SUITE.format(url=url, wide=WIDE)
        (folder / "overhead.arena.toml").write_text(suite, encoding="utf-8")
        before = asked(url)
        cost = run(PYTEST, folder)
    made = asked(url) - before
    if made != CALLS * prompts:  # a figure of anything else would be of something else
        raise SystemExit(f"{made:,} calls on {prompts:,} prompts, expected {CALLS * prompts:,}")
    return cost


def asked(url: str) -> int:
    """Return how many calls a server has got."""
    with urlopen(f"{url.removesuffix('/v1')}/stats") as answer:  # noqa: S310 - our own, on loopback
        return int(json.load(answer)["requests"])


def bare(url: str, prompts: int, *options: str) -> Cost:
    """Make the same calls with nothing around them."""
    command = [sys.executable, str(BARE_CLIENT), url, str(prompts), str(WIDE), *options]
    return run(command, ROOT)


@dataclass(frozen=True, slots=True)
class Runs:
    """What runs of one client took, round by round: CPU seconds of large and of small ones."""

    calls: int
    large: list[float] = field(default_factory=list)
    small: list[float] = field(default_factory=list)

    def per_call(self, pick: Callable[[list[float]], float]) -> float:
        """Return milliseconds per call beyond start-up, of the runs that are picked."""
        return (pick(self.large) - pick(self.small)) / self.calls * 1e3

    def rounds(self) -> list[float]:
        """Return the same for each round."""
        return [
            (large - small) / self.calls * 1e3
            for large, small in zip(self.large, self.small, strict=True)
        ]


def per_call(rounds: int, many: int, few: int) -> None:
    """Print CPU per call beyond start-up, and memory per battle."""
    calls, memory = CALLS * (many - few), []
    ours, theirs, reading = Runs(calls), Runs(calls), Runs(calls)
    with spawn("--tokens", str(TOKENS), "--say", "judge=[[A>B]]") as url:
        arena(url, few)
        for _ in range(rounds):
            large, small = arena(url, many), arena(url, few)
            memory.append((large.memory - small.memory) / (2 * (many - few)))
            ours.large.append(large.cpu)
            ours.small.append(small.cpu)
            for runs, options in ((theirs, ()), (reading, ("--read-only",))):
                runs.large.append(bare(url, many, *options).cpu)
                runs.small.append(bare(url, few, *options).cpu)
    for name, pick in (("least", min), ("median", statistics.median)):
        mine, bare_client = ours.per_call(pick), theirs.per_call(pick)
        print(
            f"CPU per call, {name} of {rounds} rounds: {mine:.2f} ms, bare client "
            f"{bare_client:.2f} ms, ratio {mine / bare_client:.2f}; "
            f"bare and reading only {reading.per_call(pick):.2f} ms"
        )
    ratios = [a / b for a, b in zip(ours.rounds(), theirs.rounds(), strict=True)]
    print(f"  of single rounds: {', '.join(f'{ratio:.2f}' for ratio in sorted(ratios))}")
    texts = 1.5 * (8 + 5 * (TOKENS - 1))  # of one battle: its candidate and half the baseline
    print(
        f"memory per battle: {statistics.median(memory):.0f} bytes, "
        f"of which texts about {texts:.0f}"
    )


def start_up(rounds: int) -> None:
    """Print the CPU until the first call: the suite's run is cut off by a server that hangs."""
    figures = []
    for _ in range(rounds):
        with (
            spawn("--tokens", "1", "--ttft-ms", "600000") as url,
            tempfile.TemporaryDirectory() as name,
        ):
            folder = Path(name)
            suite = SUITE.format(url=url, wide=1) + '[[prompts]]\nquery = "hello"\n'
            suite = suite.replace('[[datasets]]\npath = "prompts.jsonl"\n', "")
            (folder / "start.arena.toml").write_text(suite, encoding="utf-8")
            process = subprocess.Popen(PYTEST, cwd=folder, env=ENVIRON, stdout=subprocess.DEVNULL)
            port = int(url.rsplit(":", 1)[1].split("/")[0])
            while not connected(port):
                time.sleep(0.002)
            figures.append(cpu_of(process.pid))
            process.kill()
            process.wait()
    print(f"CPU until the first call: {statistics.median(figures):.2f} s")


def connected(port: int) -> bool:
    """Whether somebody has a connection to a local port (state 01 in the kernel's table)."""
    with Path("/proc/net/tcp").open(encoding="ascii") as table:
        next(table)
        for line in table:
            _, _, remote, state, *_ = line.split()
            if state == "01" and remote.endswith(f":{port:04X}"):
                return True
    return False


def cpu_of(pid: int) -> float:
    """CPU seconds that a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wall_time(rounds: int, prompts: int) -> None:
    """Print the wall time beside the bare client's, both without their start-up."""
    ratios = []
    arguments = ("--tokens", str(TOKENS), "--ttft-ms", "50", "--itl-ms", "5")
    with spawn(*arguments, "--say", "judge=[[A>B]]" + " because" * (TOKENS - 1)) as url:
        few = prompts // 10
        for _ in range(rounds):
            ours = arena(url, prompts).wall - arena(url, few).wall
            theirs = bare(url, prompts).wall - bare(url, few).wall
            ratios.append(ours / theirs)
            print(f"  wall: {ours:.2f} s, bare client {theirs:.2f} s")
    print(f"wall time at 50 ms + 5 ms a token, {WIDE} wide: ratio {statistics.median(ratios):.3f}")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    start_up(options.rounds)
    per_call(options.rounds, options.prompts, options.prompts // 10)
    wall_time(options.rounds, options.prompts // 5)


if __name__ == "__main__":
    main()
