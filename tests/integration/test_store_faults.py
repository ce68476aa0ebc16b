"""What happens to a store while a session runs on it: no space, no server, other processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from fakes.databases import new_schema
from servers.postgresql import Server, Unavailable
from simulation.ends import hold_end, hold_ledger
from simulation.sessions import PATIENCE, World


@pytest.fixture
def undisturbed(whole):
    """The undisturbed end of the whole plan."""
    return whole["whole"]


@pytest.fixture
def world_on(request, tmp_path, crash_models):
    """Makes worlds of this test, each in a folder of its own."""

    def make(store, name="one"):
        folder, known = tmp_path / name, f"{request.node.name}-{name}"
        return World(folder, crash_models, variant="whole", store=str(store), name=known)

    return make


def until(world, calls, process):
    """Wait until a session has made so many calls."""
    deadline = time.monotonic() + PATIENCE
    while len(world.calls) < calls:
        assert process.poll() is None, world.output()
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, of 4 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder))
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("file systems cannot be mounted here; a limit on file sizes stands in for it")
    yield folder
    subprocess.run(("umount", "--lazy", str(folder)), check=True)


def fill(folder):
    """Write until nothing more fits; return what is in the way."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


def test_a_disk_that_is_full_for_a_while_is_waited_for_and_for_long_is_told(
    small_disk, world_on, undisturbed
):
    world = world_on(small_disk / "store")
    process = world.start()
    until(world, 60, process)
    ballast = fill(small_disk)
    time.sleep(1.5)
    ballast.unlink()
    until(world, 100, process)
    fill(small_disk)
    assert process.wait(PATIENCE) == 1
    said = world.output()
    assert "database or disk is full" in said or "disk I/O error" in said
    assert "free some space" in said
    assert "Traceback" not in said
    ballast.unlink()
    hold_end(world, world.run(), undisturbed, kills=1)


@contextmanager
def ended_now_and_then(url):
    """End all connections of arenatest several times a second."""
    import psycopg

    over, ended = threading.Event(), []

    def end():
        query = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE application_name = 'arenatest' AND pid <> pg_backend_pid()"
        )
        with psycopg.connect(url, autocommit=True) as connection:
            while not over.wait(0.25):
                ended.append(connection.execute(query).fetchone()[0])

    thread = threading.Thread(target=end)
    thread.start()
    try:
        yield ended
    finally:
        over.set()
        thread.join()


@pytest.fixture(scope="module")
def own_postgres():
    """A server that a test may stop."""
    folder = Path(tempfile.mkdtemp(prefix="arena-pg-own-"))
    server = Server(folder, survives=True)
    try:
        server.make()
        server.start()
    except Unavailable as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))
    yield server
    server.stop("immediate")
    shutil.rmtree(folder)


def test_a_server_that_crashes_and_comes_back_or_ends_connections_loses_nothing(
    own_postgres, world_on, undisturbed
):
    with new_schema(own_postgres.url()) as url:
        world = world_on(url)
        process = world.start()
        until(world, 10, process)
        with ended_now_and_then(own_postgres.url()) as ended:
            until(world, 100, process)
        assert sum(ended) > 1
        own_postgres.stop("immediate")
        own_postgres.start()
        assert process.wait(PATIENCE) == undisturbed.status, world.output()
        hold_end(world, world.seen(undisturbed.status), undisturbed, kills=0)


def test_two_sessions_on_one_plan_buy_once(database, world_on, undisturbed):
    world = world_on(database)
    first = world.start(reports="first")
    second = world.start(reports="second")
    for process, reports in ((first, "first"), (second, "second")):
        assert process.wait(PATIENCE) == undisturbed.status, world.output()
        ended = world.seen(undisturbed.status, reports)
        assert hold_end(world, ended, undisturbed, kills=0) == 0


def test_a_session_that_waits_takes_over_from_one_that_is_killed(database, world_on, undisturbed):
    world = world_on(database)
    first = world.start(reports="first")
    until(world, 30, first)
    second = world.start(reports="second")
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert second.wait(PATIENCE) == undisturbed.status, world.output()
    hold_end(world, world.seen(undisturbed.status, "second"), undisturbed, kills=1)


def test_two_plans_at_once_share_a_store_and_disturb_each_other_in_nothing(
    database, world_on, undisturbed
):
    one, other = world_on(database), world_on(database, "other")
    suite = other.folder / "crash.arena.toml"
    suite.write_text(suite.read_text(encoding="utf-8").replace("min = 0.35", "min = 0.36"))
    processes = [one.start(), other.start()]
    for world, process in zip((one, other), processes, strict=True):
        assert process.wait(PATIENCE) == undisturbed.status, world.output()
        ended = world.seen(undisturbed.status)
        hold_ledger(ended.ledger, undisturbed.ledger, whole=True)
        assert ended.cases == undisturbed.cases
    assert len(one.calls) + len(other.calls) <= 2 * undisturbed.calls
    assert other.run().calls == 0
