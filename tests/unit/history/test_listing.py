"""The list of runs, and one run in detail, from counts that the database makes."""

from dataclasses import replace

import pytest

from arenatest.history.as_json import as_json
from arenatest.history.listing import listing, listing_lines, short_ids
from arenatest.history.one_run import detail_lines, run_detail
from arenatest.model.judgment import Judgment, Order
from arenatest.model.record import Event
from unit.store import records

HOSTILE = "evil\x1b[2J\nname ::error::"


def begin(store, name, *, its=None, started=1_790_000_000.0, finished=None, **changes):
    its = its or records.plan()
    run = replace(records.run(name, started=started), plan_hash=its.hash, **changes)
    store.begin(its, run, fresh=True, expire=0.0)
    if finished is not None:
        store.finish(name, finished)
    return name


@pytest.fixture
def filled(store):
    """A run with calls, judgments, gates and events; and a later one that was stopped."""
    begin(store, "aaaabbbbcccc", finished=1_790_000_075.0, commit="0123456789abcdef", source="x")
    failed = records.generation("c-2", run="aaaabbbbcccc", owner="old", answer=records.failed())
    judge = records.generation("j-1", run="aaaabbbbcccc", role="judge", owner="jury", cost=0.01)
    void = Judgment(void="unparsed")
    store.write(
        [
            records.generation("c-1", run="aaaabbbbcccc"),
            records.placed("c-1", run="aaaabbbbcccc", reused=True),
            records.placed("c-1", run="aaaabbbbcccc", purpose="timing"),
            failed,
            records.placed(
                "c-2", run="aaaabbbbcccc", slot=records.placed().slot._replace(contestant="old")
            ),
            judge,
            records.judged(run="aaaabbbbcccc"),
            records.judged(Order.CANDIDATE_FIRST, run="aaaabbbbcccc", judgment=void, reused=True),
            replace(records.decided(), run="aaaabbbbcccc"),
            replace(
                records.decided(gate="ttft", decision="fail", passed=False), run="aaaabbbbcccc"
            ),
            Event(id="e-1", run="aaaabbbbcccc", at=1_790_000_001.0, kind="rerun", details={"n": 1}),
        ]
    )
    begin(store, "aaaadddd", started=1_790_000_100.0)
    store.finish("aaaadddd", None, ("budget", "max_cost of $1.00 is spent"))
    return store


def test_runs_are_listed_the_latest_first_with_what_they_came_to(filled):
    found = listing(filled, limit=20)
    later, first = found.runs
    assert (later.id, later.state, later.stopped) == (
        "aaaadddd",
        "stopped",
        "max_cost of $1.00 is spent",
    )
    assert (later.attempt, later.calls, later.cost) == (2, 0, None)
    assert (first.short, first.state, first.commit) == ("aaaabbbb", "finished", "0123456789abcdef")
    assert (first.passed, first.failed, first.inconclusive) == (1, 1, 0)
    assert (first.calls, first.cost) == (3, pytest.approx(0.014))
    told = list(listing_lines(found))
    assert told[0].split() == ["RUN", "WHEN", "(UTC)", "STATE", "P/F/I", "CALLS", "COST", "SUITE"]
    assert told[1].split()[:7] == ["aaaadddd", "2026-09-21", "14:15", "stopped", "0/0/0", "0", "-"]
    assert told[1].endswith("; attempt 2; max_cost of $1.00 is spent")
    assert told[2].endswith("; commit 0123456789; from x")
    partly = replace(first, uncosted=1)
    *_, line = listing_lines(replace(found, runs=(partly,)))
    assert line.split()[6] == "$0.014+", "one call's cost is unknown"


def test_a_limit_leaves_out_the_earlier_runs_and_says_how_many(filled):
    found = listing(filled, limit=1)
    assert [run.id for run in found.runs] == ["aaaadddd"]
    assert list(listing_lines(found))[-1] == "1 earlier run not shown: --limit N shows more"


def test_runs_of_one_suite_are_found_by_its_name_or_its_file(filled):
    other = replace(records.plan(hash="plan-2"), suite="sales", path="suites/sales.arena.toml")
    begin(filled, "eeeeffff", its=other, started=1_790_000_200.0)
    for asked in ("sales", "suites/sales.arena.toml"):
        assert [run.id for run in listing(filled, suite=asked, limit=9).runs] == ["eeeeffff"]
    begin(filled, "ffffaaaa", its=other, started=1_790_000_300.0)
    *_, last = listing_lines(listing(filled, suite="sales", limit=1))
    told = "3 earlier runs of this and other suites not shown: --limit N shows more"
    assert last == told, "which of them are of this one, nobody has looked"
    none = listing(filled, suite="nothing", limit=9)
    assert list(listing_lines(none)) == ["no run of the suite 'nothing' is recorded"]


def test_an_empty_store_lists_nothing(store):
    assert list(listing_lines(listing(store, limit=9))) == ["no run is recorded"]


def test_ids_are_as_long_as_it_takes_to_tell_them_apart():
    assert short_ids(["a" * 32]) == {"a" * 32: "a" * 8}
    assert set(short_ids(["a" * 32, "a" * 31 + "b"]).values()) == {"a" * 32, "a" * 31 + "b"}
    assert short_ids(["ab", "abc"]) == {"ab": "ab", "abc": "abc"}


def test_lines_are_cut_to_the_terminal_and_hostile_names_are_harmless(store):
    its = replace(records.plan(hash="plan-2"), suite=HOSTILE)
    begin(store, "aaaabbbbcccc", its=its)
    found = listing(store, limit=9)
    for line in listing_lines(found, width=80):
        assert len(line) <= 80
        assert "\x1b" not in line
    assert "evil name ::error::: new" in list(listing_lines(found))[1], "not where a line begins"
    for line in detail_lines(run_detail(store, store.run("aaaabbbbcccc"))):
        assert "\x1b" not in line
        assert "\n" not in line


def test_one_run_is_told_in_detail(filled):
    found = run_detail(filled, filled.run("aaaabbbbcccc"))
    told = list(detail_lines(found))
    assert told[0] == "run          aaaabbbbcccc"
    assert "finished     2026-09-21 14:14:35 UTC, after 1 min 15 s" in told
    assert "calls        3, $0.014" in told
    (old, new, *_, jury) = found.seats
    assert (old.role, old.answers.placed, old.answers.failed) == ("baseline", 1, 1)
    assert (new.role, new.answers.placed, new.answers.reused) == ("candidate", 1, 1)
    assert jury.games["new"].voids == {"unparsed": 1}
    assert "             on new: 2 games, 1 reused, 1 void (1 unparsed)" in told
    assert "             1 answer, 1 reused, 0 failed" in told
    assert "  2026-09-21 14:13:21 UTC  rerun     n 1" in told


def test_gates_without_a_decision_are_told(filled):
    its = filled.plan(filled.run("aaaadddd").plan_hash)
    found = run_detail(filled, filled.run("aaaadddd"))
    assert found.undecided == tuple(f"{rule.candidate} {rule.id}" for rule in its.rules)


def test_programs_get_all_of_it(filled):
    import json

    listed = json.loads(as_json(listing(filled, limit=9)))
    assert listed["runs"][1]["id"] == "aaaabbbbcccc"
    shown = json.loads(as_json(run_detail(filled, filled.run("aaaabbbbcccc"))))
    assert shown["run"]["cost"] == pytest.approx(0.014)
    assert [event["kind"] for event in shown["events"]] == ["begun", "rerun", "finished"]
    assert shown["events"][1]["details"] == {"n": 1}
