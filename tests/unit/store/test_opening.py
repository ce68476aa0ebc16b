from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select

from arenatest.errors import OptionError, StoreError
from arenatest.store import open_store, schema
from arenatest.store.opening import open_database
from arenatest.store.views import drop_views
from unit.store.records import one_of_each, plan, run


def test_a_new_folder_is_marked_as_nothing_to_commit_or_back_up(folder):
    open_store(folder).close()

    assert "*" in (folder / ".gitignore").read_text().splitlines()
    assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886")
    assert (folder / "arena.sqlite").is_file()


def test_somebody_elses_folder_gets_the_database_alone(tmp_path):
    open_store(str(tmp_path)).close()

    assert [path.name for path in tmp_path.iterdir()] == ["arena.sqlite"]


def test_a_store_that_is_only_read_must_exist(folder):
    with pytest.raises(StoreError, match=r"there is no store\n  hint: run `pytest --arena` first"):
        open_store(folder, create=False)
    assert not folder.exists()

    open_store(folder).close()
    open_store(folder, create=False).close()


def test_a_newer_store_is_refused_with_what_to_do(folder):
    open_store(folder).close()
    change(folder, "UPDATE meta SET value = '3' WHERE name = 'schema_version'")

    with pytest.raises(StoreError) as caught:
        open_store(folder)

    path = folder / "arena.sqlite"
    assert str(caught.value) == (
        f"{path}: has schema version '3', expected '2': it was written by a newer arenatest\n"
        "  hint: pip install --upgrade arenatest, or choose another place for this version"
    )


def test_the_database_of_another_program_is_refused(folder):
    folder.mkdir()
    change(folder, "CREATE TABLE invoices (id INTEGER)")

    with pytest.raises(StoreError, match="is a database of another program"):
        open_store(folder)


def test_a_file_that_is_no_database_is_refused(folder):
    folder.mkdir()
    (folder / "arena.sqlite").write_bytes(b"not at all a database " * 100)

    with pytest.raises(StoreError, match=r"file is not a database\n  hint: move it away"):
        open_store(folder)


def test_a_damaged_database_is_an_error_of_the_store(folder):
    with open_store(folder) as store:
        store.begin(plan(prompts=300), run(), fresh=False, expire=0.0)
        store.write(one_of_each())
    path = folder / "arena.sqlite"
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + bytes(len(whole) - 4096))

    with (
        pytest.raises(StoreError, match=r"malformed\n  hint: move it away"),
        open_store(folder) as store,
    ):
        store.load("run-1")


def test_a_file_where_the_folder_should_be_is_an_error_of_the_store(tmp_path):
    (tmp_path / "store").write_text("")

    with pytest.raises(StoreError, match="cannot create the folder of the store: File exists"):
        open_store(tmp_path / "store")


def test_the_url_of_another_database_is_refused_without_its_password():
    message = "got a URL of mysql, expected a folder or postgresql://..."
    with pytest.raises(OptionError) as caught:
        open_store("mysql://ci:secret@db.example/arena")
    assert str(caught.value) == message


@pytest.fixture
def as_nobody():
    """Give up the super-user's rights, to whom no folder is read-only."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def read_only():
    folder = Path(tempfile.mkdtemp())  # pytest's own are closed to nobody
    open_store(folder / "old").close()  # also loads the driver while we still may
    (folder / "old" / "arena.sqlite").chmod(0o444)
    (folder / "old").chmod(0o555)
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)
    (folder / "old").chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.usefixtures("as_nobody")
def test_a_read_only_parent_is_an_error_of_the_store(read_only):
    with pytest.raises(StoreError, match=r"Permission denied\n  hint: make its parent writable"):
        open_store(read_only / "new")


@pytest.mark.usefixtures("as_nobody")
def test_a_read_only_store_is_an_error_of_the_store(read_only):
    with pytest.raises(StoreError, match=r"hint: make the "), open_store(read_only / "old") as it:
        it.begin(plan(), run(), fresh=False, expire=0.0)


def change(folder, statement):
    connection = sqlite3.connect(folder / "arena.sqlite")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_store_that_another_process_is_creating_is_waited_for(folder):
    folder.mkdir()
    other = sqlite3.connect(folder / "arena.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            other.close()

    open_store(folder, sleep=sleep).close()

    assert len(pauses) == 3


def test_a_store_that_never_comes_free_is_an_error_of_the_store(folder):
    folder.mkdir()
    other = sqlite3.connect(folder / "arena.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    pauses = []

    with pytest.raises(StoreError, match=r"locked\n  hint: another process holds it"):
        open_store(folder, sleep=pauses.append)

    other.close()
    assert 4.0 < sum(pauses) <= 5.0


def test_tables_from_between_two_releases_are_refused(database):
    opened = open_database(database)
    with opened.alone() as connection:
        drop_views(connection)
        schema.name.drop(connection)
    opened.close()

    with pytest.raises(StoreError, match=r"between two releases.*\n  hint: choose another place"):
        open_store(database)


def test_what_an_error_cuts_short_is_undone_and_the_next_is_written(database):
    opened = open_database(database)
    insert = "INSERT INTO meta (name, value) VALUES ('{}', '')"

    with suppress(ZeroDivisionError), opened.inserting() as cursor:
        cursor.execute(insert.format("cut"))
        raise ZeroDivisionError
    with opened.inserting() as cursor:
        cursor.execute(insert.format("next"))

    with opened.reads.begin() as connection:
        names = connection.execute(select(schema.meta.c.name)).scalars().all()
    opened.close()
    assert "cut" not in names
    assert "next" in names
