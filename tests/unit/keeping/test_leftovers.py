from __future__ import annotations

import os

from arenatest.keeping.leftovers import leftovers

DAY = 86400.0
NOW = 1_790_000_000.0


def touch(path, days):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")
    os.utime(path, (NOW - days * DAY, NOW - days * DAY))
    return path


def left(folder, older_than=None, plans=frozenset()):
    found = leftovers(folder, folder / "locks", plans, now=NOW, older_than=older_than)
    return [path.name for path in found]


def test_locks_of_plans_that_are_gone_go_and_others_stay(tmp_path):
    touch(tmp_path / "locks" / f"{'a' * 32}.lock", 2)
    touch(tmp_path / "locks" / f"{'b' * 32}.lock", 2)
    touch(tmp_path / "locks" / f"{'c' * 32}.lock", 0.1)  # it may be about to be run
    touch(tmp_path / "locks" / "latency.lock", 99)

    assert left(tmp_path, plans={"b" * 32}) == [f"{'a' * 32}.lock"]


def test_copies_from_before_a_migration_go_by_their_age_alone(tmp_path):
    old = touch(tmp_path / "arena-version-1-20260101T000000Z.sqlite", 100)
    touch(tmp_path / "arena-version-1-20260801T000000Z.sqlite", 10)
    touch(tmp_path / "arena.sqlite", 400)
    touch(tmp_path / "my-version-of-it.sqlite", 400)

    assert left(tmp_path) == []
    assert left(tmp_path, older_than=90 * DAY) == [old.name]
