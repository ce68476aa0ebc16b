"""Stores of an older arenatest: read as they were, whatever happens on the way."""

from __future__ import annotations

import contextlib
import json
import lzma
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from arenatest.errors import StoreError
from arenatest.keeping.verify import verify
from arenatest.store import open_store, schema
from arenatest.store.migrating import FOLDER
from arenatest.store.migrations.versions import version_1
from arenatest.store.opening import open_database
from arenatest.store.versions import prepare
from arenatest.store.views import VIEWS
from unit.store.records import one_of_each, plan, run

DATA = Path(__file__).with_name("data")
OPEN = "import sys; from arenatest.store import open_store; open_store(sys.argv[1]).close()"


def packed(name):
    return lzma.decompress((DATA / name).read_bytes())


@pytest.fixture
def old(folder):
    """A store of version 1, as the last arenatest that made such wrote it."""
    folder.mkdir()
    (folder / "arena.sqlite").write_bytes(packed("version_1.sqlite.xz"))
    return folder


@pytest.fixture
def old_tables(database):
    """A database with empty tables of version 1, in which one plan and run stand."""
    opened = open_database(database)  # a new one, whose tables are taken away
    with opened.alone() as connection:
        for view in reversed([*VIEWS]):
            connection.execute(text(f"DROP VIEW {view}"))
        schema.metadata.drop_all(connection)
        with Operations.context(MigrationContext.configure(connection)):
            version_1.upgrade()
        connection.execute(text("INSERT INTO meta VALUES ('schema_version', '1')"))
    yield opened
    opened.close()


def plain(value):
    """Return a value as JSON knows it."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        pairs = [[plain(key), plain(item)] for key, item in value.items()]
        if all(isinstance(key, str) for key in value):
            return dict(pairs)
        return sorted(pairs, key=json.dumps)
    if isinstance(value, Set):
        return sorted(value, key=str)
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def known(now, then):
    """Return a value without the fields that an older arenatest did not know."""
    if isinstance(then, dict):
        return {key: known(now[key], item) for key, item in then.items()}
    if isinstance(then, float) and abs(now - then) <= 5e-7:  # a microsecond is the finest now
        return then
    if isinstance(then, list):
        assert len(now) == len(then)
        return [known(*both) for both in zip(now, then, strict=True)]
    return now


def test_all_that_an_older_arenatest_recorded_is_read_as_it_read_it(old):
    then = json.loads(packed("version_1.json.xz"))
    with open_store(old) as store:
        now = {"runs": plain(store.runs())}
        for one in store.runs():
            now[f"ledger {one.id}"] = plain(store.load(one.id))
            now[f"decisions {one.id}"] = plain(store.decisions(one.id))
            now[f"served {one.id}"] = plain(store.served(one.id))
        now["calls"] = {chat: plain(store.find_call(chat)) for chat in then["calls"]}

    assert known(now, then) == then
    assert len(then["runs"]) == 3
    assert len(then["calls"]) == 5


def test_a_migrated_store_is_sound_though_its_clocks_were_finer(old):
    with open_store(old) as store:
        findings = verify(store, version="0.1.0")
        runs = {run.versions["arenatest"] for run in store.runs()}

    assert runs == {"0.1.0"}
    assert findings.told == []
    assert len([one for one in findings.notes if "finer than the microseconds" in one]) == 2


@pytest.mark.parametrize(("word", "other"), [('"value":2.67', '"value":9.67'), ("needs", "wants")])
def test_what_no_rounding_made_is_found_in_a_migrated_store(old, word, other):
    open_store(old).close()
    with contextlib.closing(sqlite3.connect(old / "arena.sqlite")) as connection:
        connection.execute("UPDATE decision SET body = replace(body, ?, ?)", (word, other))
        connection.commit()

    with open_store(old) as store:
        assert {one.kind for one in verify(store, version="0.1.0").told} == {"decision"}


def test_a_text_that_was_lost_is_still_missed_in_a_migrated_store(old):
    with contextlib.closing(sqlite3.connect(old / "arena.sqlite")) as connection:
        lost = "DELETE FROM text WHERE sha = (SELECT MAX(text) FROM generation WHERE final)"
        assert connection.execute(lost).rowcount == 1
        connection.commit()

    with open_store(old) as store:
        assert "text" in {one.kind for one in verify(store, version="0.1.0").told}


def test_a_plan_that_was_migrated_is_the_one_that_would_be_stored_today(old):
    with open_store(old) as store:
        (first, *_) = store.runs()
        of_old = store.plan(first.plan_hash)
        with store.reading() as connection:
            before = connection.execute(text("SELECT * FROM plan")).all()
        store.begin(of_old, run("again"), fresh=True, expire=0.0)
        with store.reading() as connection:
            assert connection.execute(text("SELECT * FROM plan")).all() == before
            counts = "SELECT (SELECT COUNT(*) FROM prompt), (SELECT COUNT(*) FROM contestant)"
            assert tuple(connection.execute(text(counts)).one()) == (11, 8)


def test_the_old_file_is_kept_beside_the_new_one(old):
    before = rows(old / "arena.sqlite")

    open_store(old).close()

    (backup,) = old.glob("arena-version-1-*.sqlite")
    assert rows(backup) == before
    with open_store(old) as store:
        (event,) = store.events("")
    assert (event.kind, event.details) == (
        "migrated",
        {"before": 1, "after": 2, "backup": str(backup)},
    )


def rows(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [line for line in connection.iterdump() if not line.startswith("BEGIN")]


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_a_new_store_and_a_migrated_one_have_equal_tables(database, old_tables):
    prepare(old_tables, 0.0)
    migrated = shape(old_tables)
    with old_tables.writes.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert not [
            change
            for change in compare_metadata(context, schema.metadata)
            if "_key" not in str(change)  # indexes of expressions: compared below as they were made
        ]
    with old_tables.alone() as connection:
        for view in reversed([*VIEWS]):
            connection.execute(text(f"DROP VIEW {view}"))
        schema.metadata.drop_all(connection)
    prepare(old_tables, 0.0)

    assert shape(old_tables) == migrated


INDEXES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND name LIKE 'ix%'",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes"
    " WHERE schemaname = current_schema() AND indexname LIKE 'ix%'",
}


def shape(opened):
    """Return columns, keys, indexes and views, whatever the order of the columns."""
    with opened.writes.connect() as connection:
        found = inspect(connection)
        return {
            "indexes": {*map(tuple, connection.execute(text(INDEXES[connection.dialect.name])))},
            "views": {name: found.get_view_definition(name) for name in found.get_view_names()},
            "tables": {
                name: (
                    sorted(
                        (one["name"], str(one["type"]), one["nullable"], one["primary_key"] > 0)
                        if "primary_key" in one
                        else (one["name"], str(one["type"]), one["nullable"])
                        for one in found.get_columns(name)
                    ),
                    found.get_pk_constraint(name)["constrained_columns"],
                )
                for name in found.get_table_names()
            },
        }


def test_the_steps_lead_to_the_version_of_the_schema():
    script = ScriptDirectory(str(FOLDER))

    assert script.get_heads() == [str(schema.SCHEMA_VERSION)]
    assert [step.revision for step in script.walk_revisions()] == ["2", "1"]


def test_a_migrated_store_takes_all_that_a_new_one_takes(database, old_tables):
    prepare(old_tables, 0.0)
    with open_store(database) as store:
        store.begin(plan(), run(), fresh=False, expire=0.0)
        store.write(one_of_each())
        ledger = store.load("run-1")

    assert (len(ledger.answers), len(ledger.judgments)) == (2, 1)


def test_postgresql_keeps_the_old_tables_in_a_schema_of_their_own(database, old_tables):
    if isinstance(database, Path):
        pytest.skip("of the other database")
    prepare(old_tables, 0.0)

    with open_store(database) as store:
        (event,) = store.events("")
    backup = event.details["backup"].rpartition(" ")[2]
    assert backup.endswith("_version_1_19700101t000000z")
    with old_tables.reads.connect() as connection:
        copied = text(f"SELECT * FROM {backup}.meta")  # noqa: S608 - our own name
        found = connection.execute(copied).all()
    assert [tuple(row) for row in found] == [("schema_version", "1")]


def test_an_early_version_1_is_migrated_with_what_it_lacks(old):
    with contextlib.closing(sqlite3.connect(old / "arena.sqlite")) as connection:
        connection.execute("ALTER TABLE generation DROP COLUMN stream_lag")
        connection.execute("DROP TABLE placed_load")
        connection.commit()

    with open_store(old) as store:
        store.begin(plan(), run(), fresh=False, expire=0.0)
        store.write(one_of_each())

        assert store.load(run().id).timings


def test_a_disk_without_room_for_the_backup_leaves_the_old_store_as_it_was(old, monkeypatch):
    before = (old / "arena.sqlite").read_bytes()
    room = type("Room", (), {"free": 1000})()
    monkeypatch.setattr("arenatest.store.sqlite.shutil.disk_usage", lambda _folder: room)

    with pytest.raises(StoreError, match=r"0 MB are free\n  hint: free some space and run again"):
        open_store(old)

    assert rows(old / "arena.sqlite") == rows_of_bytes(before, old)
    assert not [*old.glob("*version-1*")]


def rows_of_bytes(content, folder):
    path = folder / "copy.sqlite"
    path.write_bytes(content)
    return rows(path)


def test_processes_that_open_an_old_store_at_once_migrate_it_once(old):
    started = [subprocess.Popen([sys.executable, "-c", OPEN, str(old)]) for _ in range(2)]

    assert [process.wait(60) for process in started] == [0, 0]
    assert len([*old.glob("arena-version-1-*.sqlite")]) == 1
    with open_store(old) as store:
        assert len(store.runs()) == 3
        assert len(store.events("")) == 1


def test_a_migration_that_is_killed_leaves_one_version_whole(old):
    """Whenever it is: what is opened next has all, of one version or the other."""
    make_larger(old, plans=300)
    script = OPEN.replace("; open_store", "; print('.', flush=True); open_store")
    for milliseconds in (5, 40, 90, 160, 300):
        process = subprocess.Popen(
            [sys.executable, "-c", f"import arenatest.store.migrating; {script}", str(old)],
            stdout=subprocess.PIPE,
            text=True,
        )
        process.stdout.readline()
        time.sleep(milliseconds / 1000)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        with contextlib.closing(sqlite3.connect(old / "arena.sqlite")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            version = connection.execute("SELECT value FROM meta").fetchone()[0]
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            runs = connection.execute("SELECT COUNT(*) FROM run").fetchone()[0]
        assert ("prompt" in names) == (version == "2")
        assert runs == 3
    with open_store(old) as store:
        assert {len(store.plan(one.plan_hash).prompts) for one in store.runs()} == {9}
    assert not [*old.glob("*.unfinished*")]


def make_larger(folder, plans):
    with contextlib.closing(sqlite3.connect(folder / "arena.sqlite")) as connection:
        (body,) = connection.execute("SELECT body FROM plan LIMIT 1").fetchone()
        rows = [(f"more-{number}", body) for number in range(plans)]
        connection.executemany("INSERT INTO plan VALUES (?, ?)", rows)
        connection.commit()


def test_a_process_that_migrates_needs_alembic_and_no_other_does(folder, old):
    script = OPEN + "; print('alembic' in sys.modules)"
    found = [
        subprocess.run(
            [sys.executable, "-c", script, str(place)], capture_output=True, text=True, check=True
        ).stdout.split()
        for place in (old, old, folder.with_name("new"))
    ]

    assert found == [["True"], ["False"], ["False"]]
