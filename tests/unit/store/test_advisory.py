"""A lock that a server holds: who has it, and what becomes of it when connections are lost."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from arenatest.errors import StoreError
from arenatest.store import open_store
from arenatest.store.locks import LockLost
from unit.store.records import one_of_each, plan, run


def test_a_lock_is_held_by_one_and_free_again_when_its_process_dies(url, tmp_path):
    with open_store(url) as store:
        store.lock("plan-1", tmp_path).release()  # was never held
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, url], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout.readline() == "held\n"
        lock = store.lock("plan-1", tmp_path)
        assert not lock.acquire(0.1)
        assert store.lock("plan-2", tmp_path).acquire(0.1)
        process.kill()
        process.communicate()

        assert lock.acquire(10.0)
        lock.check()
        lock.release()
        with store.lock("plan-1", tmp_path):
            pass


HOLD = """
import sys, time
from pathlib import Path
from arenatest.store import open_store
lock = open_store(sys.argv[1]).lock("plan-1", Path())
assert lock.acquire(1.0)
print("held", flush=True)
time.sleep(60)
"""


def cut(store):
    """End the connection of whoever holds a lock, as a network would."""
    with store.writing() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        )


def until(ready):
    deadline = time.monotonic() + 20.0
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_held(lock):
    try:
        lock.check()
    except StoreError:
        return False
    return True


def test_a_lock_whose_connection_was_lost_is_got_back_where_nobody_took_it(url, tmp_path):
    with open_store(url) as store:
        lock = store.lock("plan-1", tmp_path)
        assert lock.acquire(1.0)
        held = store.held_by(lock)
        held.begin(plan(), run(), fresh=False, expire=0.0)
        cut(store)
        until(lambda: not is_held(lock))
        until(lambda: is_held(lock))
        held.write(one_of_each())
        lock.release()


def test_whoever_lost_its_lock_to_another_process_writes_nothing_any_more(url, tmp_path):
    with open_store(url) as store, open_store(url) as elsewhere:
        lock, other = store.lock("plan-1", tmp_path), elsewhere.lock("plan-1", tmp_path)
        assert lock.acquire(1.0)
        held = store.held_by(lock)
        held.begin(plan(), run(), fresh=False, expire=0.0)
        cut(store)
        assert other.acquire(1.0)
        until(lambda: lock._lost)

        with pytest.raises(LockLost, match="another process has taken over the run\n  hint: run"):
            held.write(one_of_each())
        assert store.load("run-1").answers == {}
        lock.release()
        other.check()
        other.release()


def test_whoever_does_not_know_yet_that_its_lock_was_taken_writes_nothing_either(url, tmp_path):
    with open_store(url) as store, open_store(url) as elsewhere:
        lock, other = store.lock("plan-1", tmp_path), elsewhere.lock("plan-1", tmp_path)
        lock._tick = 60.0
        assert lock.acquire(1.0)
        held = store.held_by(lock)
        held.begin(plan(), run(), fresh=False, expire=0.0)
        cut(store)
        assert other.acquire(1.0)
        lock.check()  # as far as it knows, all is well

        with pytest.raises(LockLost, match="another process has taken over the run"):
            held.write(one_of_each())
        assert store.load("run-1").answers == {}
        elsewhere.held_by(other).write(one_of_each())
        lock.release()
        other.release()


def test_whoever_takes_over_waits_for_what_is_being_written(url, tmp_path):
    with open_store(url) as store, open_store(url) as elsewhere:
        lock, other = store.lock("plan-1", tmp_path), elsewhere.lock("plan-1", tmp_path)
        lock._tick = 60.0
        assert lock.acquire(1.0)
        taken = threading.Event()
        taking = threading.Thread(target=lambda: other.acquire(10.0) and taken.set())
        with store.held_by(lock).writing():
            cut(store)
            taking.start()
            assert not taken.wait(0.3)
        assert taken.wait(10.0)
        taking.join()
        lock.release()
        other.release()


class Pooled:
    """A connection through a pooler that keeps no sessions: each statement may go elsewhere."""

    def __init__(self, connect, number):
        self.behind = [connect() for _ in range(2)]
        self.number, self.statements = number, 0

    def execute(self, *statement):
        self.statements += 1
        return self.behind[self.statements > self.number].execute(*statement)

    def close(self):
        for one in self.behind:
            one.close()


@pytest.mark.parametrize("statements", [1, 2], ids=["at-once", "later"])
def test_a_pooler_that_keeps_no_sessions_is_refused(url, tmp_path, statements):
    with open_store(url) as store:
        lock = store.lock("plan-1", tmp_path)
        connect = lock._connect
        lock._connect, lock._tick = lambda: Pooled(connect, statements), 0.05

        def hold():
            lock.acquire(1.0)
            until(lambda: lock._lost)
            lock.check()

        with pytest.raises(StoreError, match=r"no lock holds\n  hint: .*pool_mode = session"):
            hold()
        lock.release()
