from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from arenatest.keeping.choice import DAY, Asked, Held, choose
from arenatest.model.record import Run

NOW = 1_790_000_000.0


def held(name, days, *, suite="support", size=100, reuse=7, **changes):
    """A run that was finished so many days ago."""
    at = NOW - days * DAY
    given = {"finished": at, "reuses_from": at - reuse * DAY, "plan_hash": "p", "session": "s"}
    about = {key: changes.pop(key) for key in ("aa", "aa_within") if key in changes}
    run = Run(id=name, started=at, **(given | changes))
    return Held(run=run, suite=suite, path=f"{suite}.arena.toml", ends=at, size=size, **about)


def chosen(*runs, size=10_000, accepted=(), busy=(), **asked):
    locks = dict.fromkeys(accepted, "support.arena.lock")
    choice = choose(runs, Asked(**asked), now=NOW, size=size, accepted=locks, busy=busy)
    return "".join(one.run.id for one, _ in choice.goes)


def why(*runs, accepted=(), busy=(), **asked):
    locks = dict.fromkeys(accepted, "support.arena.lock")
    choice = choose(runs, Asked(**asked), now=NOW, size=10_000, accepted=locks, busy=busy)
    return {one.run.id: reason for one, reason in choice.stays}


def test_what_is_older_than_the_age_goes_oldest_first():
    assert chosen(held("b", 91), held("a", 200), held("c", 89), older_than=90 * DAY) == "ab"


def test_the_latest_of_each_suite_stay():
    runs = [held("a", 40), held("b", 30), held("c", 20), held("d", 60, suite="other")]

    assert chosen(*runs, keep_runs=2) == "a"


def test_aa_runs_push_no_other_run_out():
    runs = [held("a", 40), held("b", 30, aa=True), held("c", 20, aa=True)]

    assert chosen(*runs, keep_runs=1) == "b"


def test_the_oldest_go_until_the_store_is_small_enough():
    runs = [held("a", 40), held("b", 30), held("c", 20)]

    assert chosen(*runs, size=1000, max_size=850) == "ab"


def test_what_else_goes_counts_for_the_size():
    runs = [held("a", 100), held("b", 30), held("c", 20)]

    assert chosen(*runs, size=1000, max_size=900, older_than=90 * DAY) == "a"


def test_a_run_that_was_accepted_stays():
    assert why(held("a", 200), older_than=90 * DAY, accepted="a") == {
        "a": "it was accepted: support.arena.lock"
    }


def test_a_run_whose_plan_is_being_run_stays_whatever_is_asked():
    run = held("a", 200, finished=None)

    assert chosen(run, older_than=90 * DAY, named=frozenset("a"), busy="a") == ""


def test_a_run_that_can_be_continued_goes_only_by_its_age_or_name():
    runs = [held("a", 3, finished=None), held("b", 1)]

    assert chosen(*runs, keep_runs=1) == ""
    assert why(*runs, keep_runs=1) == {"a": "it can be continued"}
    assert chosen(*runs, older_than=2 * DAY) == "a"
    assert chosen(*runs, named=frozenset("a")) == "a"


def test_answers_that_may_be_used_again_go_only_by_their_age_or_name():
    runs = [held("a", 20, reuse=30), held("b", 19, reuse=30), held("c", 18, reuse=30)]

    assert chosen(*runs, max_size=0) == ""
    assert chosen(*runs, keep_runs=1) == ""
    assert chosen(*runs, older_than=19.5 * DAY) == "a"


def test_an_aa_run_stays_while_a_run_that_rests_upon_it_does():
    trial = held("t", 100, aa=True)
    resting = held("r", 95, aa_within=10 * DAY)

    assert chosen(trial, resting, named=frozenset("t")) == ""
    assert why(trial, resting, named=frozenset("t")) == {"t": "the run r rests upon this A/A run"}
    assert chosen(trial, resting, older_than=90 * DAY) == "tr"


def test_an_aa_run_stays_while_one_does_that_rests_upon_another_that_rests_upon_it():
    first = held("f", 110, aa=True)
    second = held("s", 100, aa=True, aa_within=20 * DAY)
    resting = held("r", 95, aa_within=10 * DAY)

    assert chosen(first, second, resting, max_size=0, busy="r") == ""
    assert why(first, second, resting, named=frozenset("fs")) == {
        "f": "the run s rests upon this A/A run",
        "s": "the run r rests upon this A/A run",
    }


runs = st.builds(
    lambda days, reuse, suite, open_, aa, within, size: (
        days,
        reuse,
        suite,
        open_,
        aa,
        within,
        size,
    ),
    st.floats(0, 400),
    st.integers(0, 60),
    st.sampled_from(["one", "two"]),
    st.booleans(),
    st.booleans(),
    st.none() | st.floats(DAY, 100 * DAY),
    st.integers(0, 1000),
)


@given(
    st.lists(runs, max_size=12),
    st.none() | st.floats(0, 300 * DAY),
    st.none() | st.integers(1, 5),
    st.none() | st.integers(0, 5000),
    st.tuples(st.sets(st.integers(0, 11), max_size=3), st.sets(st.integers(0, 11), max_size=3)),
)
def test_whatever_is_asked_nothing_goes_that_something_rests_upon(
    made, older_than, keep_runs, max_size, needed
):
    accepted, busy = needed
    every = []
    for number, (days, reuse, suite, open_, aa, within, size) in enumerate(made):
        changes = {"finished": None} if open_ else {}
        one = held(f"{number:02}", days, suite=suite, size=size, reuse=reuse, **changes)
        every.append(
            Held(
                run=one.run,
                suite=one.suite,
                path=one.path,
                ends=one.ends,
                size=one.size,
                aa=aa,
                aa_within=within,
            )
        )
    locks = {f"{number:02}": "x.arena.lock" for number in accepted}
    running = {f"{number:02}" for number in busy}
    asked = Asked(older_than=older_than, keep_runs=keep_runs, max_size=max_size)

    choice = choose(every, asked, now=NOW, size=5000, accepted=locks, busy=running)

    going = {one.run.id for one, _ in choice.goes}
    assert not going & (locks.keys() | running)
    assert not going & {one.run.id for one, _ in choice.stays}
    for one, _ in choice.goes:
        old = older_than is not None and NOW - one.ends > older_than
        assert old or NOW - one.ends >= (one.run.started - one.run.reuses_from) - 1e-3
    kept = [one for one in every if one.run.id not in going]
    for trial in every:
        rests = any(
            one.aa_within is not None
            and trial.aa
            and trial.run.finished is not None
            and one.run.started - one.aa_within < trial.run.finished <= one.run.started
            for one in kept
        )
        assert not (rests and trial.run.id in going)
