import signal
import subprocess
import sys
import time

import pytest

from arenatest.arena.minute import Rate
from arenatest.arena.roads import Places
from arenatest.arena.throttle import Throttle
from arenatest.collection.minutes import Minutes, SharedMinute


def throttle_on(file, rate=None):
    """What a process has that shares a key's minute through a file."""
    throttle = Throttle("http://server", SharedMinute(file))
    throttle.state(rate or Rate())
    return throttle


def test_processes_that_share_a_file_keep_one_limit_between_them(tmp_path):
    file = tmp_path / "locks/key.minute"
    one, other = (throttle_on(file, Rate(requests=12)) for _ in range(2))
    taken = sum(who.take(0, 0.0) == 0.0 for who in (one, other) * 12)
    assert taken == 3  # ten seconds' worth, and the first
    assert one.take(0, 30.0) == other.take(0, 30.0) == 0.0


def test_a_process_whose_suites_state_no_limit_keeps_to_that_of_others(tmp_path):
    file = tmp_path / "key.minute"
    careless = throttle_on(file)
    assert careless.take(0, 0.0) == 0.0
    assert not file.exists()
    throttle_on(file, Rate(requests=1)).take(0, 0.5)
    assert careless.take(0, 2.0) > 0.0
    assert careless.rate == Rate(requests=1)  # from now on its calls count as the others' do


def test_who_waits_for_others_looks_again_every_second(tmp_path):
    throttle = throttle_on(tmp_path / "key.minute", Rate(tokens=1000))
    assert throttle.take(1000, 0.0) == 0.0
    assert throttle.take(1000, 0.0) == 1.0
    throttle.settle(0.0, 1000, 10)
    assert throttle.take(500, 1.0) == 0.0


def test_the_smallest_limit_of_all_processes_counts_and_outlives_a_broken_file(tmp_path):
    file = tmp_path / "key.minute"
    one = throttle_on(file, Rate(requests=600))
    throttle_on(file, Rate(requests=1))
    assert one.take(0, 0.0) == 0.0
    file.write_bytes(b"[1, null, 0.5, ")  # killed while it wrote
    assert one.take(0, 0.1) == 0.0
    assert one.take(0, 0.2) > 0.0


@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"7",
        b"\xff\xfe",
        b"[" * 60_000,
        b"[0, null, 0, 0, 0, 0, 0, []]",
        b'["60", null, 0, 0, 0, 0, 0, []]',
        b"[60, null, NaN, 0, 0, 0, 0, []]",
        b'[60, null, 0, 0, 0, 0, 0, [["a", 1, 2]]]',
        b'[60, null, 0, 0, 0, 0, 0, [[1, "b", 2]]]',
        b"[60, null, 0, 0, 0, 0, 0, 5]",
    ],
    ids=range(10),
)
def test_whatever_stands_in_the_file_breaks_nobody_down_and_lifts_no_limit(tmp_path, body):
    file = tmp_path / "key.minute"
    throttle = throttle_on(file, Rate(requests=1))
    file.write_bytes(body)
    assert throttle.take(0, 0.1) == 0.0
    assert throttle.take(0, 0.2) > 0.0


HOLDING = """
import sys, time
from pathlib import Path
from arenatest.collection.minutes import SharedMinute

file = Path(sys.argv[1])
with SharedMinute(file).open():
    file.with_suffix(".held").touch()
    time.sleep(60)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills as POSIX does")
def test_a_process_that_is_killed_while_it_looks_holds_nobody_up(tmp_path):
    file = tmp_path / "key.minute"
    process = subprocess.Popen([sys.executable, "-c", HOLDING, str(file)])
    while not file.with_suffix(".held").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert throttle_on(file, Rate(requests=5)).take(0, 0.0) == 0.0


def test_nothing_is_written_where_nothing_is_limited_and_nothing_left_behind(tmp_path):
    folder = tmp_path / "locks"
    minutes = Minutes(folder, "session", several=True, clock=time.perf_counter)
    minutes.traffic.lane("http://server", places=Places(1))
    assert not folder.exists()
    minutes.traffic.lane("http://server", places=Places(1), rate=Rate(requests=5))
    assert list(folder.iterdir()) != []
    minutes.close(forget=True)
    assert list(folder.iterdir()) == []
