from __future__ import annotations

from dataclasses import replace

import pytest

from arenatest.store import open_store
from unit.store.records import decided, generation, placed, plan, run


def begin(store, new, *, fresh=False, expire=0.0, of=None):
    return store.begin(of or plan(), new, fresh=fresh, expire=expire)


def test_the_first_run_of_a_plan_is_attempt_one(store):
    begun, continued = begin(store, run())

    assert (begun, continued) == (run(), False)
    assert store.runs() == [run()]


def test_an_unfinished_run_is_continued_by_the_next_session(store):
    begin(store, run())

    begun, continued = begin(store, run("run-2", session="s-2", started=2000.0))

    assert continued
    assert begun == run(session="s-2")
    assert store.runs() == [begun]


def test_a_suite_that_was_moved_is_the_same_plan_under_its_new_path(store, database):
    begin(store, run())
    store.finish("run-1", 1500.0, None)
    moved = replace(plan(), path="suites/moved.arena.toml", description="In new words")

    begun, _ = begin(store, run("run-2", started=2000.0), of=moved)

    assert begun.attempt == 2
    with open_store(database, create=False) as elsewhere:
        assert elsewhere.plan("plan-1") == moved
        assert elsewhere.load("run-2").plan.path == "suites/moved.arena.toml"


def test_a_finished_run_is_closed(store):
    begin(store, run())
    store.finish("run-1", 1500.0, None)

    begun, continued = begin(store, run("run-2", started=2000.0))

    assert not continued
    assert (begun.id, begun.attempt) == ("run-2", 2)
    assert store.run("run-1").finished == 1500.0


def test_a_fresh_run_never_continues(store):
    begin(store, run())

    begun, continued = begin(store, run("run-2", started=2000.0), fresh=True)

    assert (begun.id, begun.attempt, continued) == ("run-2", 2, False)


def test_a_run_that_is_too_old_is_not_continued(store):
    begin(store, run(started=1000.0))

    begun, continued = begin(store, run("run-2", started=2000.0), expire=1000.0)

    assert (begun.id, continued) == ("run-2", False)


def test_the_run_that_was_begun_last_is_continued_though_its_clock_was_behind(store):
    begin(store, run(started=1000.0))
    begin(store, run("run-2", started=3000.0), fresh=True)
    begin(store, run("run-3", started=2000.0), fresh=True)

    begun, _ = begin(store, run("run-4", started=4000.0))

    assert begun.id == "run-3"


def test_runs_of_another_plan_do_not_count(store):
    begin(store, run())

    begun, continued = begin(store, run("run-2"), of=plan(hash="plan-2"))

    assert (begun.plan_hash, begun.attempt, continued) == ("plan-2", 1, False)


def test_a_stopped_run_says_why_until_it_is_continued(store):
    begin(store, run())
    store.finish("run-1", None, ("plan", "interrupted"))
    assert store.run("run-1").stopped == ("plan", "interrupted")

    begun, continued = begin(store, run("run-2"))

    assert continued
    assert begun.stopped is None
    assert store.run("run-1").stopped is None


@pytest.mark.parametrize("cause", ["plan", "budget"])
def test_continuing_a_run_forgets_the_decisions_that_its_end_left_open(store, cause):
    begin(store, run())
    store.write([decided(), decided(gate="ttft", decision="inconclusive", cause=cause)])

    begin(store, run("run-2"))

    assert list(store.decisions("run-1")) == [("new", "win_rate")]


def test_a_continued_run_keeps_its_records(store):
    begin(store, run())
    store.write([generation(), placed()])

    begun, _ = begin(store, run("run-2", session="s-2"))

    assert store.load(begun.id).calls == {"new": 1}


def test_runs_are_listed_by_session_earliest_first(store):
    later = replace(run("run-2", started=2000.0), plan_hash="plan-2")
    begin(store, later, of=plan(hash="plan-2"))
    begin(store, run())
    begin(store, run("run-3", session="s-2"), of=plan(hash="plan-3"))

    assert [found.id for found in store.runs("s-1")] == ["run-1", "run-2"]
    assert len(store.runs()) == 3
    assert store.runs("s-9") == []


def test_what_was_recorded_outlives_the_process_that_wrote_it(folder):
    with open_store(folder) as first:
        begin(first, run())
        first.write([generation(), placed()])

    with open_store(folder) as second:
        assert second.load("run-1").calls == {"new": 1}
