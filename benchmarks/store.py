"""How fast the store takes records, how large it is, and how fast gates are decided from it.

    python benchmarks/store.py [--battles 1000000] [--seconds 20] [--store postgresql://...]

It prints

* records a second beside 200 streams on the same event loop, and how late that loop comes, with
  the writer and without: the streams come over HTTP from a server in a process of its own;
* bytes a battle beyond the texts, table by table, of 20 candidates on 10 repeats of each prompt
  with one judge in both orders: a finished run, written record by record; and of a tenth of it
  whose judge is no model, and makes no calls;
* wall and CPU seconds and peak memory of deciding all 60 gates again from that record, and of
  ``arenatest gate``, which writes the report too.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))


from arenatest.gates.decide import decide_again
from arenatest.hookspec import Call, Context
from arenatest.model.prompt import Message, Prompt
from arenatest.model.record import Record
from arenatest.providers.openai import OPENAI, OpenAIOptions
from arenatest.store import Writer, open_store
from servers.openai_server import spawn
from simulation.large_run import STORE, SUITE_FILE, Size, make_run, records, write_suite

STREAMS = 200
OFFERED = 1_000  # records a second
EACH = 0.01  # seconds between two writes
LOOK = 0.005  # seconds between two looks at the loop
HELD = ("--tokens", "20", "--ttft-ms", "300", "--itl-ms", "50")
CANDIDATES, REPEATS = 20, 10
MB = 1e6


@dataclass(slots=True, kw_only=True)
class Lag:
    """How late an event loop came: seconds, and what was written meanwhile."""

    late: list[float]
    written: int = 0
    streams: int = 0
    slowest: float = 0.0

    def percentile(self, percent: int) -> float:
        """Return a percentile of the lag in seconds."""
        return sorted(self.late)[len(self.late) * percent // 100 - 1]


async def beside_streams(
    url: str, seconds: float, writer: Writer | None, made: list[Record]
) -> Lag:
    """Keep streams open for a while, and write beside them what was made before."""
    lag = Lag(late=[])
    end = time.perf_counter() + seconds
    context = Context(directory=Path(), environ={}, clock=time.perf_counter, shared={})
    provider = OPENAI.build(OpenAIOptions(model="m", base_url=url, api_key_env=""), context)
    tasks = [asyncio.create_task(_stream(provider, lag, end)) for _ in range(STREAMS)]
    await asyncio.sleep(1.0)  # until all connections are open
    tasks.append(asyncio.create_task(_look(lag, end)))
    if writer is not None:
        tasks.append(asyncio.create_task(_write(writer, lag, end, made)))
    await asyncio.gather(*tasks)
    await provider.close()
    return lag


async def _stream(provider: object, lag: Lag, end: float) -> None:
    prompt = Prompt(id="p", messages=(Message(role="user", content="Hello?"),))
    call = Call(chat_id="c", prompt=prompt, messages=prompt.messages, params={}, timeout=60.0)
    while time.perf_counter() < end:
        answer = await provider.answer(call)  # type: ignore[attr-defined]
        if answer.failure is not None:
            raise RuntimeError(answer.failure.message)
        lag.streams += 1


async def _look(lag: Lag, end: float) -> None:
    while (now := time.perf_counter()) < end:
        await asyncio.sleep(LOOK)
        lag.late.append(time.perf_counter() - now - LOOK)


async def _write(writer: Writer, lag: Lag, end: float, made: list[Record]) -> None:
    size = round(OFFERED * EACH)
    batches = iter([made[start : start + size] for start in range(0, len(made), size)])
    waiting: set[asyncio.Task[None]] = set()
    due = time.perf_counter()

    async def keep(some: list[Record]) -> None:
        asked = time.perf_counter()
        await writer.write(*some)
        lag.written += len(some)
        lag.slowest = max(lag.slowest, time.perf_counter() - asked)

    while time.perf_counter() < end:
        waiting.add(asyncio.create_task(keep(next(batches))))
        due += EACH
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    await asyncio.gather(*waiting)


def _made(count: int) -> list[Record]:
    with tempfile.TemporaryDirectory() as name:
        plan = write_suite(Path(name), Size(candidates=2, prompts=count // 10, repeats=1))
    return list(islice(records(plan, "a-run", random.Random(1)), count))


def rate(seconds: float, place: str | None) -> None:
    """Print records a second beside streams, and the loop's lag with and without them."""
    made = _made(round(OFFERED * seconds * 1.1))
    gc.freeze()  # what was made is no part of what is measured
    with spawn(*HELD) as url, tempfile.TemporaryDirectory() as name:
        without = asyncio.run(beside_streams(url, seconds, None, made))
        with open_store(place or Path(name) / STORE) as store:
            writer = Writer(store)
            with_ = asyncio.run(beside_streams(url, seconds, writer, made))
            writer.close()
    for said, lag in (("without a writer", without), ("with a writer", with_)):
        print(
            f"loop lag {said}: p50 {lag.percentile(50) * 1e3:.2f} ms, "
            f"p99 {lag.percentile(99) * 1e3:.2f} ms, {lag.streams / seconds:.0f} streams/s"
        )
    print(
        f"records: {with_.written / (seconds - 1.0):,.0f} a second beside {STREAMS} streams, "
        f"the slowest on disk after {with_.slowest * 1e3:.0f} ms"
    )


def size(database: Path, battles: int) -> None:
    """Print what a battle takes in a SQLite file beyond its texts, by table and index."""
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (texts,) = connection.execute("SELECT sum(length(body)) FROM text").fetchone()
        sizes = Counter(dict(connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY 1")))
    whole = database.stat().st_size
    print(
        f"store: {whole / MB:,.0f} MB, of which texts {texts / MB:,.0f} MB; beyond them "
        f"{(whole - texts) / MB:,.0f} MB, {(whole - texts) / battles:,.0f} bytes a battle"
    )
    sizes["text"] -= texts
    for name, taken in sizes.most_common(9):
        print(f"  {name:32} {taken / battles:6.0f} bytes a battle")


def decide(folder: Path) -> None:
    """Decide all gates of the only run in a store, in this process, and print what that takes."""
    start = time.perf_counter()
    with open_store(folder / STORE, create=False) as store:
        (run,) = store.runs()
        ledger = store.load(run.id)
        read = time.perf_counter() - start
        outcomes = Counter(decide_again(rule, ledger).decision for rule in ledger.plan.rules)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        f"decided again: {time.perf_counter() - start:.1f} s ({read:.1f} s to read the record), "
        f"CPU {used.ru_utime + used.ru_stime:.1f} s, peak {used.ru_maxrss * 1024 / MB:,.0f} MB: "
        + ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    )


def gate(folder: Path) -> None:
    """Run ``arenatest gate``, report and all, and print what that takes."""
    command = "import sys; from arenatest.cli import main; sys.exit(main())"
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", command, "gate", SUITE_FILE],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTEST_ADDOPTS": "-p no:cacheprovider"},
    )
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit("arenatest gate broke down")
    report = (folder / "reports" / "arena-report.html").stat().st_size
    print(
        f"arenatest gate: {time.perf_counter() - start:.1f} s, "
        f"CPU {used.ru_utime + used.ru_stime:.1f} s, peak {used.ru_maxrss * 1024 / MB:,.0f} MB, "
        f"report {report / MB:.1f} MB"
    )


def without_calls(battles: int) -> None:
    """Fill a store with battles that a function judges, and print its size."""
    prompts = max(1, round(battles / CANDIDATES / REPEATS))
    shape = Size(candidates=CANDIDATES, prompts=prompts, repeats=REPEATS, model=False)
    with tempfile.TemporaryDirectory() as name:
        make_run(Path(name), shape)
        print(f"judged by a function, {shape.battles:,} battles:")
        size(Path(name) / STORE / "arena.sqlite", shape.battles)


def large(battles: int) -> None:
    """Fill a store, and print its size and what deciding again takes."""
    prompts = max(1, round(battles / CANDIDATES / REPEATS))
    shape = Size(candidates=CANDIDATES, prompts=prompts, repeats=REPEATS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        start = time.perf_counter()
        make_run(folder, shape)
        print(f"filled with {shape.battles:,} battles in {time.perf_counter() - start:.0f} s")
        size(folder / STORE / "arena.sqlite", shape.battles)
        subprocess.run([sys.executable, __file__, "--decide", name], check=True)
        gate(folder)


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--battles", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--store", help="of the records; default: SQLite in a new folder")
    parser.add_argument("--decide", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.decide is not None:
        decide(options.decide)
        return
    if options.seconds:
        rate(options.seconds, options.store)
    if options.battles:
        without_calls(max(options.battles // 10, 1000))
        large(options.battles)


if __name__ == "__main__":
    main()
