from __future__ import annotations

import sqlite3
import struct
import tracemalloc
import zlib
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arenatest import __version__
from arenatest.keeping.choice import Asked
from arenatest.keeping.contents import check_plans, check_texts
from arenatest.keeping.findings import Findings
from arenatest.keeping.prune import Pruning, plan_lock_of
from arenatest.keeping.verify import verify
from arenatest.store import open_store, schema
from fakes.shops import DAY, NOW, Shop, found, new, newest, old, tables
from unit.store.records import run as begun

REFUSED = {"meta"}
"""Whose only row is looked at before anything is read: a store of another version is refused."""


OF_Q1 = "WHERE prompt = (SELECT number FROM name WHERE text = 'q1')"


def failing(prompt):
    if prompt.id == "q3":
        raise RuntimeError("no answer")
    return new(prompt)


def filled(folder):
    """A store with two runs, one of which reuses answers of the other; some calls fail."""
    with open_store(folder) as store:
        shop = Shop(store, folder)
        shop.run(tables(old, failing))
        shop.now += DAY
        shop.run(tables(old, newest, run={"early_stop": True, "concurrency": 4}))
    return folder


def evidence(folder):
    """All that verdicts are computed from, and the verdicts."""
    with open_store(folder) as store:
        read = {}
        for run in store.runs():
            ledger = store.load(run.id)
            placed = (ledger.answers, ledger.timings, ledger.judgments, ledger.measurements)
            spent = ledger.calls, ledger.cost
            read[run.id] = placed, ledger.loads, spent, store.decisions(run.id)
        return read


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Where a store lies that no test may leave changed."""
    return filled(tmp_path_factory.mktemp("keeping") / "store")


def execute(folder, statement, *values):
    connection = sqlite3.connect(folder / "arena.sqlite", isolation_level=None)
    try:
        return connection.execute(statement, values).fetchall()
    finally:
        connection.close()


def select(folder, table, columns):
    names = ", ".join(f'"{name}"' for name in columns)
    rows = execute(folder, " ".join(["SELECT", names, "FROM", table, "ORDER BY", names]))
    return [row for row in rows if row[-1] is not None]


def update(folder, table, column, value, place):
    where = " AND ".join(f'"{name}" IS ?' for name in place)
    words = ["UPDATE", table, "SET", f'"{column}" = ?', "WHERE", where]
    execute(folder, " ".join(words), value, *place.values())


def test_a_store_that_real_runs_have_filled_is_sound(kept):
    findings = found(kept)

    assert findings.told == []
    assert findings.looked["decisions"] == 6
    assert findings.looked["runs"] == findings.looked["plans"] == 2
    assert findings.looked["keys"] > 50


COLUMNS = [
    (table.name, column.name)
    for table in schema.metadata.sorted_tables
    for column in table.c
    if table.name not in REFUSED
]


def flipped(value, bit):
    """The value with one bit changed, as a failing disk would leave it."""
    if isinstance(value, float):
        (bits,) = struct.unpack("<q", struct.pack("<d", value))
        (changed,) = struct.unpack("<d", struct.pack("<q", bits ^ (1 << bit % 62)))
        return changed
    if isinstance(value, int):
        return value ^ (1 << bit % 31)
    raw = bytearray(value if isinstance(value, bytes) else value.encode())
    if not raw:
        return b"\x01" if isinstance(value, bytes) else "\x01"
    raw[bit // 8 % len(raw)] ^= 1 << bit % 7
    return bytes(raw) if isinstance(value, bytes) else raw.decode("utf-8", "replace")


@settings(max_examples=30)
@given(st.data(), st.integers(0, 10**6), st.integers(0, 10**6))
def test_every_changed_bit_is_found_or_changes_no_evidence(kept, data, row, bit):
    table, column = data.draw(st.sampled_from(COLUMNS))
    keys = [key.name for key in schema.metadata.tables[table].primary_key]
    rows = select(kept, table, [*keys, column])
    if not rows:
        return
    *place, value = rows[row % len(rows)]
    changed = flipped(value, bit)
    after = [changed if key == column else one for key, one in zip(keys, place, strict=True)]
    before = evidence(kept)
    try:
        update(kept, table, column, changed, dict(zip(keys, place, strict=True)))
    except sqlite3.IntegrityError:  # there is such a row already
        return
    try:
        findings = found(kept)
        assert findings.count or evidence(kept) == before, (table, column, value, changed)
    finally:
        update(kept, table, column, value, dict(zip(keys, after, strict=True)))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE generation SET ttft = 1000 WHERE rowid = 3", "calls: "),
        (f"UPDATE judgment SET verdict = verdict + 1 {OF_Q1}", "judgments: "),  # noqa: S608
        ("DELETE FROM text WHERE rowid = 2", "found no text, expected the text "),
        ("DELETE FROM plan", "found no plan, expected the plan "),
        ("DELETE FROM generation WHERE rowid = 4", "found no such call, expected the call "),
        ("UPDATE text SET body = x'00' WHERE rowid = 5", "found content with the hash "),
        ("UPDATE decision SET body = replace(body, '\"pass\"', '\"fail\"')", "gate new win_rate"),
        ("UPDATE name SET text = 'q9' WHERE text = 'q1'", "judgments: "),
        ("DELETE FROM name WHERE text = 'q1'", "calls: "),
        ("DELETE FROM name WHERE text = 'q1'", "rows of judgment, prompt: found no such name"),
        ("DELETE FROM name", "the run ?"),
        ("DELETE FROM decision", "found no decision at all"),
        (f"DELETE FROM judgment {OF_Q1}", "gate new win_rate"),  # noqa: S608
        ("DELETE FROM run", "found no such run"),
        ("DELETE FROM prompt WHERE rowid = 1", "lacks 1 of the prompts"),
        ("UPDATE run SET source = 'evalscope', finished = NULL", "import it again"),
        ("UPDATE run SET finished = NULL", "found a run that goes on, expected one that is"),
        ("UPDATE generation SET ttft = 100000, seal = NULL WHERE rowid = 3", "a row with a seal"),
    ],
)
def test_what_is_damaged_is_named_with_what_to_do(tmp_path, damage, said):
    folder = tmp_path / "store"
    with open_store(folder) as store:
        Shop(store, folder).run(tables())
    execute(folder, damage)

    findings = found(folder)

    assert any(said in str(finding) for finding in findings.told), findings.told
    assert all(finding.remedy for finding in findings.told)


def test_a_plan_is_read_from_the_store_though_this_process_holds_it(tmp_path):
    folder = tmp_path / "store"
    with open_store(folder) as store:
        shop = Shop(store, folder)
        suite = shop.suite(tables())
        plan_hash = shop.run(tables()).plan_hash
        store.begin(suite.plan, replace(begun(), id="later"), fresh=True, expire=0.0)
        with store.writing() as connection:
            connection.exec_driver_sql("UPDATE plan SET body = x'00'")
        assert store.plan(plan_hash) is suite.plan

        findings = Findings()
        check_plans(store, findings)

    assert [one.where for one in findings.told] == [f"plan {plan_hash[:16]}"]


def test_a_text_that_unpacks_without_end_is_not_held_in_memory(tmp_path):
    folder = tmp_path / "store"
    with open_store(folder) as store:
        Shop(store, folder).run(tables())
    bomb = zlib.compress(bytes(200 << 20), 9)
    row = sqlite3.Binary(bomb)
    execute(folder, "UPDATE text SET compressed = 1, body = ? WHERE rowid = 1", row)
    tracemalloc.start()
    with open_store(folder) as store:
        findings = Findings()
        check_texts(store, findings)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert findings.count == 1
    assert peak < 20 << 20


def test_many_findings_of_a_kind_are_counted(tmp_path):
    folder = tmp_path / "store"
    with open_store(folder) as store:
        Shop(store, folder).run(tables(prompts=70))
    execute(folder, "UPDATE generation SET cost = 1.5")

    findings = found(folder)

    assert len([one for one in findings.told if one.kind == "generation"]) == 100
    assert findings.untold["generation"] == 40
    assert findings.count == len(findings.told) + 40


def test_another_version_may_decide_otherwise_and_that_is_no_damage(tmp_path):
    folder = tmp_path / "store"
    with open_store(folder) as store:
        Shop(store, folder).run(tables())
    execute(folder, "UPDATE decision SET body = replace(body, 'needs', 'wants')")

    findings = found(folder, version="99.0")

    assert findings.count == 0
    assert "decided otherwise by this version" in " ".join(findings.notes)


def test_a_resumed_run_is_sound(tmp_path):
    folder = tmp_path / "store"
    with open_store(folder) as store:
        shop = Shop(store, folder)
        run = shop.run(tables())
        store.finish(run.id, None, ("plan", "the session was interrupted"))
        execute(folder, "DELETE FROM decision")
        again = shop.run(tables())

    assert again.id == run.id
    assert found(folder).told == []


def test_nothing_is_wrong_with_an_empty_store(tmp_path):
    with open_store(tmp_path) as store:
        assert verify(store, version="1").count == 0


def bought(shop, **changes):
    """A suite with odd ways to buy answers, and what they need."""
    suite = tables(prompts=4)
    suite["prompts"] += [
        {"id": "talk", "turns": ["Hello?", "And then?"], "response": ["Town 1", "Town 2"]}
    ]
    return shop.run({**suite, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"run": {"early_stop": False, "repeats": 2}},
        {"latency": {"lane": "dedicated"}},
        {
            "load": {"concurrency": [2], "requests": 20, "warmup": 1},
            "gates": [{"metric": "e2e", "stat": "p50", "max": "9 s", "at": 2}],
        },
        {"golden": {"path": "golden.jsonl"}},
    ],
    ids=["repeats", "a latency lane", "load", "a golden set"],
)
def test_whatever_a_run_buys_is_sound(tmp_path, changes):
    golden = '{"id": "g", "query": "2+2?", "text_a": "4", "text_b": "five", "expected": "A>B"}\n'
    (tmp_path / "golden.jsonl").write_text(golden, encoding="utf-8")
    with open_store(tmp_path) as store:
        shop = Shop(store, tmp_path)
        bought(shop)
        shop.now += DAY
        bought(shop, **changes)

    assert found(tmp_path).told == []


def test_a_run_that_is_pruned_while_it_is_looked_at_is_no_damage(tmp_path):
    class Read:
        """The store, from which another process takes the first run when it is to be read."""

        def __init__(self, store):
            self._store = store

        def __getattr__(self, name):
            return getattr(self._store, name)

        def load(self, run):
            named = Asked(named=frozenset({run}))
            taking = partial(plan_lock_of, self._store, tmp_path / "locks")
            at = {"now": NOW + DAY, "accepted": {}, "taking": taking}
            Pruning(self._store, named, **at).prune(tmp_path)
            return self._store.load(run)

    with open_store(tmp_path) as store:
        Shop(store, tmp_path).run(tables(prompts=2))

        assert verify(Read(store), version=__version__).told == []
        assert store.runs() == []


@pytest.mark.filterwarnings(  # the damaged text ends a read halfway, with its cursor
    "ignore:.*<function ServerCursorMixin:pytest.PytestUnraisableExceptionWarning"
)
def test_damage_is_found_in_every_database(database, tmp_path):
    call, judged, text = schema.generation, schema.judgment, schema.text
    with open_store(database) as store:
        shop = Shop(store, tmp_path)
        shop.run(tables(prompts=3))
        assert verify(store, version=__version__).count == 0
        with store.writing() as connection:
            connection.execute(call.update().where(call.c.prompt == "q1").values(e2e=7.5))
            connection.execute(judged.update().where(judged.c.prompt == "q2").values(verdict="A=B"))
            long = connection.execute(text.select().where(text.c.compressed)).first()
            gone = {"body": long.body[:-3]}
            connection.execute(text.update().where(text.c.sha == long.sha).values(gone))

        findings = verify(store, version=__version__)

    kinds = {finding.kind for finding in findings.told}
    assert {"generation", "judgment", "text"} <= kinds
    assert [f.found for f in findings.told if f.kind == "text"] == [
        "content that cannot be unpacked (cut short)"
    ]
