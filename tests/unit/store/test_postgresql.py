"""A store on a server: what it says when it cannot be reached, and what outlives a restart."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import threading
import time
import traceback
from functools import partial

import pytest

from arenatest.errors import StoreError
from arenatest.model.address import Address
from arenatest.store import Writer, open_store, postgresql
from arenatest.store.database import Refused
from arenatest.store.postgresql import PostgresDatabase
from servers.postgresql import free_port
from unit.store.records import generation, one_of_each, plan, run

PASSWORD = "cAnArY-9f8e7d6c"


@pytest.fixture(scope="module")
def server(server):
    """The same, with a user ``ci`` who needs a password."""
    rules = server.folder / "data/pg_hba.conf"
    rules.write_text(f"host all ci 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
    server.stop("fast")
    server.start()  # which surely reads them
    with open_store(server.url()) as store, store.writing() as connection:
        connection.exec_driver_sql(f"CREATE ROLE ci LOGIN PASSWORD '{PASSWORD}'")
    return server


def error_of(location):
    with pytest.raises(StoreError) as caught:
        open_store(Address(location))
    del location  # the only local value that may show it
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    shown = "".join(told.format())
    assert "engine" in shown or "_driver" in shown or "place" in shown
    assert PASSWORD not in repr(caught.value) + shown
    return str(caught.value)


def test_a_server_that_is_not_there_is_told_with_what_to_do():
    message = error_of(f"postgresql://ci:{PASSWORD}@127.0.0.1:{free_port()}/arena")

    assert "Connection refused" in message
    assert message.endswith("\n  hint: start the server, or check host and port in the URL")


def test_a_wrong_password_is_told_without_any_password(server):
    message = error_of(server.url(user="ci", password=f"{PASSWORD}-wrong"))

    assert message.startswith(f"postgresql://ci@127.0.0.1:{server.port}/postgres: ")
    assert message.endswith("\n  hint: check the user and the password, or set PGPASSWORD")


def test_a_missing_password_is_told(server):
    assert "hint: set PGPASSWORD, write ~/.pgpass" in error_of(server.url(user="ci"))


def test_an_unknown_database_is_told(server):
    message = error_of(server.url("nowhere"))

    assert 'database "nowhere" does not exist' in message
    assert message.endswith("\n  hint: make it: createdb, or check its name in the URL")


def test_a_user_without_rights_is_told(server):
    url = server.url(user="ci", password=PASSWORD)

    message = error_of(f"{url}?options=-csearch_path%3Dpg_catalog")

    assert "permission denied" in message
    assert message.endswith("\n  hint: see docs/store.md for the rights that the user needs")


def test_a_user_who_may_only_read_is_told_at_once_and_not_after_a_minute(server, url, tmp_path):
    with open_store(Address(url)) as store, store.writing() as connection:
        schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
        connection.exec_driver_sql("CREATE ROLE reader LOGIN")
        connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {schema} TO reader")
        connection.exec_driver_sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader")

    async def write(writer: Writer) -> None:
        await writer.write(generation())

    def never(_seconds: float) -> None:
        raise AssertionError

    with open_store(Address(url.replace("arena@", "reader@"))) as store:
        with pytest.raises(Refused, match="permission denied for table meta\n  hint: see docs"):
            store.lock("a plan", tmp_path).acquire(60.0)
        writer = Writer(store, patience=60.0, sleep=never)
        with pytest.raises(StoreError, match=r"permission denied for table .*\n  hint: see docs"):
            asyncio.run(write(writer))
        writer.close()


def test_a_user_with_rights_on_the_tables_alone_can_write_names_and_texts(url):
    with open_store(Address(url)) as store, store.writing() as connection:
        schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
        connection.exec_driver_sql("CREATE ROLE writer LOGIN")
        connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {schema} TO writer")
        rights = "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES"
        connection.exec_driver_sql(f"GRANT {rights} IN SCHEMA {schema} TO writer")

    with open_store(Address(url.replace("arena@", "writer@"))) as store:
        store.begin(plan(), run(), fresh=True, expire=0.0)
        store.write(one_of_each())

        assert store.find_call("c-0")[0].answer.text == "London."


def test_a_schema_that_is_not_there_is_told(server):
    message = error_of(f"{server.url()}?options=-csearch_path%3Dnowhere")

    assert "hint: make the schema of the URL's search_path: CREATE SCHEMA" in message


def test_a_url_that_cannot_be_read_is_told_without_any_of_it():
    message = error_of(f"postgresql://ci:{PASSWORD}@host:port/arena")

    assert message.startswith("postgresql://...: cannot be read")


def test_tables_of_another_program_are_left_alone(url):
    database = PostgresDatabase(Address(url), time.sleep)
    with database.writes.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE invoices (id INTEGER)")
    database.close()

    assert "is a database of another program" in error_of(url)


def test_reading_alone_makes_no_tables(url):
    with pytest.raises(StoreError, match="there is no store\n  hint: run `pytest --arena` first"):
        open_store(url, create=False)


def test_the_driver_is_named_where_it_is_missing(tmp_path):
    script = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from arenatest.store import open_store\n"
        f"open_store('postgresql://ci:{PASSWORD}@h/arena')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert "hint: pip install 'arenatest[postgres]'" in done.stderr
    assert PASSWORD not in done.stderr.replace(script, "")


def test_what_was_acknowledged_outlives_a_crash_of_the_server_and_the_rest_follows(server, url):
    """A writer waits for a server that comes back; nobody is told of it."""
    store = open_store(url)
    store.begin(plan(), run(), fresh=False, expire=0.0)

    async def write():
        writer = Writer(store, patience=store.patience)
        try:
            for number in range(40):
                if number == 20:
                    await asyncio.to_thread(server.stop, "immediate")
                    back = threading.Timer(1.0, server.start)
                    back.start()
                await writer.write(generation(f"c-{number}"))
            back.join()
        finally:
            await asyncio.to_thread(writer.close)

    asyncio.run(write())

    assert store.load("run-1").calls["new"] == 40
    store.close()


def test_reading_waits_for_a_server_that_comes_back(server, url):
    with open_store(url) as store:
        store.begin(plan(), run(), fresh=False, expire=0.0)
        server.stop("fast")
        back = threading.Timer(0.5, server.start)
        back.start()

        assert store.runs() == [run()]
        back.join()


def test_connections_that_the_server_cut_while_nobody_used_them_are_made_anew(url):
    import psycopg

    with open_store(url) as store:
        store.begin(plan(), run(), fresh=False, expire=0.0)
        store.write(one_of_each())
        assert read_at_once(store, 4) == [1] * 4
        with psycopg.connect(url, application_name="a bystander") as others:
            others.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'arenatest'"
            )

        assert read_at_once(store, 4) == [1] * 4
        assert store.find_call("c-0")[0].answer.text == "London."


def read_at_once(store, readers):
    """Have so many read at once, each on a connection of its own."""
    with contextlib.ExitStack() as reading:
        connections = [reading.enter_context(store.reading()) for _ in range(readers)]
        return [one.exec_driver_sql("SELECT 1").scalar_one() for one in connections]


def test_a_record_with_a_new_name_waits_for_a_connection_as_any_other(url, monkeypatch):
    soon = partial(postgresql.create_engine, pool_timeout=0.1)
    monkeypatch.setattr(postgresql, "create_engine", soon)
    with open_store(url) as store, contextlib.ExitStack() as others:
        store.begin(plan(), run(), fresh=False, expire=0.0)
        store.write([generation("c-0")])
        with contextlib.suppress(StoreError):
            while True:
                others.enter_context(store.reading())

        for owner in ("old", "never met"):
            with pytest.raises(StoreError, match="all connections are in use"):
                store.write([generation("c-1", owner=owner)])


def test_a_statement_that_the_server_gives_up_is_told_with_what_to_do(url):
    hint = r"\n  hint: ALTER ROLE .* statement_timeout = 0"
    with (
        open_store(f"{url}%20-cstatement_timeout%3D1000") as store,
        store.reading() as connection,
        pytest.raises(StoreError, match=hint),
    ):
        connection.exec_driver_sql("SELECT pg_sleep(20)")
