"""Real processes: killed while they write, writing side by side, running out of space."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from arenatest.store import open_store
from unit.store.records import answer, generation, plan, run

TESTS = Path(__file__).parents[2]

WRITE_FOR_EVER = """
import asyncio, itertools, sys
from unit.store.records import generation, placed, plan, run
from arenatest.model.record import AnswerSlot
from arenatest.store import Writer, open_store

async def write(writer, lane):
    for i in itertools.count():
        chat_id = f"c-{lane}-{i}"
        place = placed(chat_id, slot=AnswerSlot("new", chat_id))
        await writer.write(generation(chat_id), place)
        print(chat_id, flush=True)

async def main(writer):
    await asyncio.gather(*(write(writer, lane) for lane in range(4)))

store = open_store(sys.argv[1])
store.begin(plan(), run(), fresh=False, expire=0.0)
asyncio.run(main(Writer(store)))
"""

WRITE_BESIDE_OTHERS = """
import sys
from unit.store.records import generation, plan, run
from arenatest.store import open_store

name = sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
with open_store(sys.argv[1]) as store:
    begun, continued = store.begin(plan(), run(f"run-{name}"), fresh=False, expire=0.0)
    for i in range(100):
        store.write([generation("shared"), generation(f"{name}-{i}", run=begun.id)])
print(begun.id, continued, flush=True)
"""

RUN_OUT_OF_SPACE = """
import asyncio, json, pathlib, resource, sys
from unit.store.records import answer, generation, plan, run
from arenatest.errors import StoreError
from arenatest.store import Writer, open_store

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

class Clock:
    now = 0.0
    def read(self):
        return self.now
    def sleep(self, seconds):
        self.now += seconds
        if self.now > 1.0 and sys.argv[2] == "cleared":
            limit(resource.RLIM_INFINITY)

async def main(store):
    clock = Clock()
    writer = Writer(store, patience=3.0, clock=clock.read, sleep=clock.sleep)
    acknowledged = []
    try:
        for i in range(40):
            text = answer(f"{i}: " + "words " * 300)
            await writer.write(generation(f"c-{i}", answer=text))
            acknowledged.append(f"c-{i}")
    except StoreError as error:
        return acknowledged, str(error)
    finally:
        writer.close()
    return acknowledged, None

store = open_store(sys.argv[1])
store.begin(plan(), run(), fresh=False, expire=0.0)
largest = max(file.stat().st_size for file in pathlib.Path(sys.argv[1]).iterdir())
limit(largest + 120_000)
print(json.dumps(asyncio.run(main(store))))
"""


@pytest.fixture
def start():
    started = []

    def start(script, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", script, *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(TESTS)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@pytest.mark.parametrize("lines", [1, 50, 400])
def test_what_was_acknowledged_survives_kill_9(folder, start, lines):
    process = start(WRITE_FOR_EVER, folder)
    acknowledged = [process.stdout.readline().strip() for _ in range(lines)]

    process.send_signal(signal.SIGKILL)
    acknowledged += process.stdout.read().split("\n")[:-1]

    with open_store(folder) as store:
        ledger = store.load("run-1")
        stored = {found.chat_id for found in ledger.answers.values()}
        assert len(acknowledged) >= lines
        assert stored >= set(acknowledged)
        assert ledger.calls == {"new": len(stored)}  # a call and its place are one transaction


def test_processes_that_begin_at_once_share_one_run_and_lose_nothing(folder, start):
    processes = [start(WRITE_BESIDE_OTHERS, folder, name) for name in "abcd"]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()

    begun = [process.stdout.readline().split() for process in processes]

    assert sorted(continued for _, continued in begun) == ["False", "True", "True", "True"]
    (run_id,) = {run_id for run_id, _ in begun}
    with open_store(folder) as store:
        assert [run.id for run in store.runs()] == [run_id]
        assert store.load(run_id).calls == {"new": 400}
        assert store.find_call("shared")


def test_a_full_disk_is_told_and_loses_nothing_that_was_acknowledged(folder, start):
    process = start(RUN_OUT_OF_SPACE, folder, "full")
    acknowledged, error = json.loads(process.stdout.readline())
    process.wait()

    assert error is not None
    assert "hint: free some space" in error
    with open_store(folder) as store:
        assert store.load("run-1").calls["new"] == len(acknowledged)


def test_a_disk_that_is_cleared_in_time_goes_unnoticed(folder, start):
    process = start(RUN_OUT_OF_SPACE, folder, "cleared")
    acknowledged, error = json.loads(process.stdout.readline())
    process.wait()

    assert (len(acknowledged), error) == (40, None)
    with open_store(folder) as store:
        assert store.load("run-1").calls == {"new": 40}


def test_importing_the_store_imports_no_numpy_and_no_engine(start):
    process = start("import sys, arenatest.store; print(*sys.modules)")

    imported = set(process.stdout.readline().split())

    assert not imported & {"numpy", "aiohttp", "pydantic", "pytest"}
    assert "sqlalchemy.dialects.postgresql" not in imported


def test_a_store_that_two_processes_make_at_once_is_made_once(database):
    script = "import sys; from arenatest.store import open_store; open_store(sys.argv[1]).close()"
    started = [subprocess.Popen([sys.executable, "-c", script, database]) for _ in range(3)]

    assert [process.wait(60) for process in started] == [0, 0, 0]
    with open_store(database, create=False) as store:
        assert store.runs() == []


def test_texts_that_two_processes_write_in_any_order_never_stop_them(database):
    """Rows are inserted in one order, so that two transactions wait, but not for each other."""
    texts = [answer(f"text {number}") for number in range(300)]

    def write(store, name, order):
        store.write([generation(f"{name}-{i}", answer=texts[i]) for i in order])

    with open_store(database) as first, open_store(database) as second:
        for turn in range(5):
            there, back = range(300), range(299, -1, -1)
            threads = [
                threading.Thread(target=write, args=(first, f"a{turn}", there)),
                threading.Thread(target=write, args=(second, f"b{turn}", back)),
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        first.begin(plan(), run(), fresh=False, expire=0.0)

        assert first.load("run-1").calls["new"] == 10 * 300
