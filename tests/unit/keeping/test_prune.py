from __future__ import annotations

import random
import shutil
import threading
from contextlib import contextmanager, suppress
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from arenatest import __version__
from arenatest.arena.run import SuiteRun
from arenatest.errors import OptionError
from arenatest.gates.referee import Referee
from arenatest.keeping.choice import DAY, Asked
from arenatest.keeping.holdings import accepted_runs
from arenatest.keeping.prune import Pruning, plan_lock_of
from arenatest.keeping.verify import verify
from arenatest.lock.files import lock_text
from arenatest.lock.making import make_lock
from arenatest.store import open_store, schema
from fakes.shops import NOW, Shop, new, newest, old, tables

JUDGED = [{"metric": "win_rate", "min": 0.3}]
GOLDEN = (
    '{"id": "g1", "query": "2+2?", "text_a": "4", "text_b": "quite a long five", '
    '"expected": "A>B"}\n'
)


def failing(prompt):
    if prompt.id == "q3":
        raise RuntimeError("no answer")
    return new(prompt)


def pruning(store, folder, *, now, accepted=(), **asked):
    return Pruning(
        store,
        Asked(**asked),
        now=now,
        accepted=dict.fromkeys(accepted, "capitals.arena.lock"),
        taking=partial(plan_lock_of, store, folder / "locks"),
    )


def evidence(store):
    """What each run reads back as, whole."""
    return {run.id: (store.load(run.id), store.decisions(run.id)) for run in store.runs()}


def sound(store):
    findings = verify(store, version=__version__)
    assert findings.told == []
    return findings


def fill(shop):
    """Runs over three weeks, some of which reuse what others bought; two suites."""
    runs = []
    for number, candidate in enumerate((new, failing, newest, new, newest, new)):
        suite = tables(old, candidate, prompts=6 + number % 3)
        if number == 2:
            suite["suite"] = {"name": "others"}
        runs.append(shop.run(suite, fresh=number == 4))
        shop.now += 4 * DAY
    return runs


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pruning") / "store"
    with open_store(folder) as store:
        shop = Shop(store, folder)
        fill(shop)
    return folder, shop.now


conditions = st.fixed_dictionaries(
    {},
    optional={
        "older_than": st.floats(0, 30 * DAY),
        "keep_runs": st.integers(1, 4),
        "max_size": st.integers(100_000, 300_000),
        "named": st.sets(st.integers(0, 5), max_size=2),
    },
)


@settings(max_examples=6)
@given(conditions, st.sets(st.integers(0, 5), max_size=2), st.integers(0, 40))
def test_what_stays_is_sound_and_reads_back_as_it_was(
    template, tmp_path_factory, asked, accepted, kill
):
    made, now = template
    folder = tmp_path_factory.mktemp("copy") / "store"
    shutil.copytree(made, folder)
    with open_store(folder) as store:
        runs = [run.id for run in store.runs()]
        before = evidence(store)
        locked = {runs[number] for number in accepted}
        asked["named"] = frozenset(runs[number] for number in asked.get("named", ())) - locked
        foreseen = pruning(store, folder, now=now, accepted=locked, **asked).foresee()
        with suppress(Killed):
            pruning(Dying(store, kill), folder, now=now, accepted=locked, **asked).prune(folder)

        assert evidence(store).items() <= before.items()  # whole runs only
        assert sound(store).count == 0

        pruned = pruning(store, folder, now=now, accepted=locked, **asked).prune(folder)
        left = evidence(store)

        assert left.items() <= before.items()
        assert locked <= left.keys()
        gone = {one.run.id for one, _ in foreseen.goes}
        if "max_size" in asked:
            assert gone <= before.keys()
        else:
            assert left.keys() == before.keys() - gone
        assert pruned.after <= pruned.before
        notes = " ".join(sound(store).notes)
        assert "left over" not in notes


class Killed(Exception):
    """The process is no more."""


class Dying:
    """A store whose process is killed before a certain transaction."""

    def __init__(self, store, transactions):
        self._store, self._left = store, transactions

    def __getattr__(self, name):
        return getattr(self._store, name)

    @contextmanager
    def writing(self):
        if not self._left:
            raise Killed
        self._left -= 1
        with self._store.writing() as connection:
            yield connection


def test_pruning_is_the_same_in_every_database(database, tmp_path):
    with open_store(database) as store:
        shop = Shop(store, tmp_path)
        runs = fill(shop)
        before = evidence(store)

        done = pruning(store, tmp_path, now=shop.now, older_than=13 * DAY)
        pruned = done.prune(tmp_path / "store")

        assert [one.run.id for one, _ in pruned.goes] == [run.id for run in runs[:3]]
        assert evidence(store) == {run.id: before[run.id] for run in runs[3:]}
        assert pruned.swept.calls > 0
        assert pruned.swept.plans == 2
        assert sound(store).looked["runs"] == 3


def test_a_run_that_goes_leaves_the_answers_that_others_use(tmp_path):
    with open_store(tmp_path) as store:
        shop = Shop(store, tmp_path)
        first = shop.run(tables(old, new))
        shop.now += DAY
        second = shop.run(tables(old, newest, gates=JUDGED))

        pruning(store, tmp_path, now=shop.now, named=frozenset({first.id})).prune(tmp_path)

        answers = store.load(second.id).answers
        assert {found.reused for slot, found in answers.items() if slot.contestant == "old"} == {
            True
        }
        assert sound(store).count == 0
        shop.now += DAY
        third = shop.run(tables(old, newest, gates=JUDGED))
        assert store.load(third.id).calls == {}


def test_space_is_given_back_to_the_disk(tmp_path):
    with open_store(tmp_path) as store:
        shop = Shop(store, tmp_path)
        run = shop.run(tables(wordy, new, prompts=40))
        shop.run(tables(prompts=1))
        pruned = pruning(store, tmp_path, now=shop.now, named=frozenset({run.id})).prune(tmp_path)

        assert "were given back" in pruned.space
        assert (tmp_path / "arena.sqlite").stat().st_size < pruned.before / 2


def wordy(prompt):
    return random.Random(prompt.id).randbytes(20_000).hex()


def test_what_is_named_and_must_stay_is_an_error_and_nothing_goes(tmp_path):
    with open_store(tmp_path) as store:
        shop = Shop(store, tmp_path)
        run, other = shop.run(tables()), shop.run(tables(prompts=3))

        with pytest.raises(OptionError, match=r"what was named must stay:\n.*it was accepted"):
            pruning(
                store,
                tmp_path,
                now=shop.now,
                accepted=[run.id],
                named=frozenset({run.id, other.id}),
            ).prune(tmp_path)

        assert len(store.runs()) == 2


def test_a_lock_file_that_was_moved_with_its_suite_still_keeps_its_run(tmp_path):
    with open_store(tmp_path / ".arenatest") as store:
        shop = Shop(store, tmp_path)
        run = shop.run(tables())
        lock = make_lock(store.plan(run.plan_hash), run, {}, ())
        (tmp_path / "moved").mkdir()
        (tmp_path / "moved" / "towns.arena.lock").write_text(lock_text(lock), encoding="utf-8")

        assert accepted_runs(store, tmp_path) == {run.id: "moved/towns.arena.lock"}


def test_a_run_that_goes_on_beside_it_loses_nothing(database, tmp_path):
    """It has read what it will reuse, and writes that only after the other run is gone."""
    waiting, go_on = threading.Event(), threading.Event()

    def slow(prompt):
        waiting.set()
        assert go_on.wait(30)
        return new(prompt)

    with open_store(database) as store:
        shop = Shop(store, tmp_path)
        first = shop.run(tables(old, newest, prompts=10))
        shop.now += DAY
        suite = shop.suite(
            tables(old, slow, prompts=10, run={"early_stop": False, "concurrency": 1})
        )
        lock = store.lock(suite.plan.hash, tmp_path / "locks")
        assert lock.acquire(1)
        watcher = Referee(suite.plan, suite.plan.rules)
        going_on = SuiteRun(suite, store, watcher, shop.conditions())
        going_on.start()
        assert waiting.wait(30)

        pruned = pruning(store, tmp_path, now=shop.now, older_than=0.0).prune(tmp_path)
        go_on.set()
        assert going_on.join(60)
        going_on.check()
        lock.release()

        assert pruned.goes == ()
        assert {one.run.id: why for one, why in pruned.stays} == {
            first.id: "a run that goes on may use its answers"
        }
        assert sound(store).count == 0


def test_what_a_dead_run_could_use_holds_nothing_up(tmp_path):
    with open_store(tmp_path) as store:
        shop = Shop(store, tmp_path)
        first = shop.run(tables(prompts=3))
        dead = shop.run(tables())
        store.finish(dead.id, None, ("plan", "the session was interrupted"))
        shop.now += 2 * DAY

        asked = pruning(store, tmp_path, now=shop.now, older_than=DAY)
        pruned = asked.prune(tmp_path)

        assert {one.run.id for one, _ in pruned.goes} == {first.id, dead.id}
        assert store.runs() == []
        assert store.decisions(dead.id) == {}


def test_earlier_verdicts_on_the_golden_set_stay_to_be_compared_with(tmp_path):
    (tmp_path / "golden.jsonl").write_text(GOLDEN, encoding="utf-8")
    with open_store(tmp_path) as store:
        shop = Shop(store, tmp_path)
        first = shop.run(tables(golden={"path": "golden.jsonl"}))
        shop.now += 30 * DAY
        second = shop.run(tables(golden={"path": "golden.jsonl"}, prompts=3))
        before = evidence(store)[second.id]
        golden = [slot for slot in before[0].judgments if slot.candidate == ""]
        assert golden

        pruning(store, tmp_path, now=shop.now, named=frozenset({first.id})).prune(tmp_path)

        assert evidence(store) == {second.id: before}
        table = schema.judgment
        query = select(table.c.candidate).where(table.c.run == first.id)
        with store.reading() as connection:
            left = connection.execute(query).scalars().all()
        assert left == ["", ""]
        assert sound(store).count == 0


def test_nothing_is_written_to_foresee(tmp_path):
    with open_store(tmp_path) as store:
        shop = Shop(store, tmp_path)
        shop.run(tables())
        before = evidence(store)

        foreseen = pruning(store, tmp_path, now=NOW + 99 * DAY, older_than=DAY).foresee()

        assert len(foreseen.goes) == 1
        assert foreseen.swept is None
        assert evidence(store) == before
