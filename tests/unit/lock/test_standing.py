from dataclasses import replace

import pytest

from arenatest.lock import standing as module
from arenatest.lock.flips import flips
from arenatest.lock.making import make_lock
from arenatest.lock.standing import Standing
from fakes.ledgers import plan, prompt, rule
from unit.lock.recorded import record

PLAN = plan([prompt(name) for name in "abc"], rules=[rule("win_rate")])


def standing(*asked):
    """Where a run stands, but for its life and the attempts at its plan."""
    return replace(module.standing(*asked), attempts=None, events=())


def turned(store, run, where):
    earlier = where.earlier["gpt-5-mini"]
    found = flips(store.load(run.id), "gpt-5-mini", earlier)
    return earlier.run, [flip.prompt.id for flip in found.flips]


def test_a_run_is_set_beside_the_latest_finished_one_before_it(store):
    record(store, PLAN, "one", "www", started=1.0)
    record(store, PLAN, "two", "lww", started=2.0)
    record(store, PLAN, "open", "lll", started=3.0, finished=False)
    now = record(store, PLAN, "now", "lwl", started=4.0)
    record(store, PLAN, "later", "www", started=5.0)
    assert turned(store, now, standing(store, now, PLAN, None, "warn")) == ("two", ["c"])


def test_the_accepted_run_comes_before_the_latest(store):
    accepted = record(store, PLAN, "one", "www", started=1.0)
    record(store, PLAN, "two", "lww", started=2.0)
    now = record(store, PLAN, "now", "lwl", started=4.0)
    lock = make_lock(PLAN, accepted, {}, ())
    where = standing(store, now, PLAN, lock, "warn")
    assert turned(store, now, where) == ("one", ["a", "c"])
    assert where.earlier["gpt-5-mini"].accepted


def test_an_accepted_run_of_another_machine_is_passed_over(store):
    elsewhere = record(store, PLAN, "one", "www", started=1.0)
    lock = make_lock(PLAN, replace(elsewhere, id="elsewhere"), {}, ())
    now = record(store, PLAN, "now", "lwl", started=4.0)
    where = standing(store, now, PLAN, lock, "warn")
    assert turned(store, now, where) == ("one", ["a", "c"])
    assert not where.earlier["gpt-5-mini"].accepted


@pytest.mark.parametrize(
    "other",
    [
        {"suite": "another"},
        {"path": "elsewhere.arena.toml"},
        {"rules": ()},
        {"aa": True},
        {"candidates": plan([], candidates=("third",)).candidates},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_runs_of_something_else_are_no_earlier_ones(store, other):
    record(store, replace(PLAN, hash="other", **other), "one", "www", started=1.0)
    now = record(store, PLAN, "now", "lll", started=2.0)
    assert standing(store, now, PLAN, None, "warn") == Standing()


def test_drift_is_refused_only_where_that_is_wanted(store):
    now = record(store, PLAN, "now", "www")
    lock = make_lock(replace(PLAN, seed=7), now, {}, ())
    said = ("seed: locked 7, found 0",)
    assert standing(store, now, PLAN, lock, "warn") == Standing(drift=said)
    assert standing(store, now, PLAN, lock, "refuse") == Standing(drift=said, refused=True)
    assert standing(store, now, PLAN, lock, "off") == Standing()


def test_a_model_that_a_server_names_is_part_of_what_is_locked(store):
    then = record(store, PLAN, "then", "www", models="m", started=1.0)
    lock = make_lock(PLAN, then, store.served("then"), ())
    now = record(store, PLAN, "now", "www", models="n", started=2.0)
    where = standing(store, now, PLAN, lock, "refuse")
    assert where.drift == (
        "gpt-4o: another model is served: locked gpt-4o-m, found gpt-4o-n",
        "gpt-5-mini: another model is served: locked gpt-5-mini-m, found gpt-5-mini-n",
    )
    assert where.refused


def test_another_model_than_in_the_run_before_is_told_without_a_lock(store):
    record(store, PLAN, "then-one-and-only", "www", models="m", started=1.0)
    now = record(store, PLAN, "now", "www", models="n", started=2.0)
    first, _ = standing(store, now, PLAN, None, "warn").models
    assert first == (
        "gpt-4o: the server names gpt-4o-n, and named gpt-4o-m in the run then-one; "
        "recorded answers of another model are not reused"
    )


def test_two_models_in_one_run_are_told(store):
    now = record(store, PLAN, "now", "www", models="mnn")
    first, _ = standing(store, now, PLAN, None, "warn").models
    assert first == (
        "gpt-4o: the server named more than one model: gpt-4o-m, gpt-4o-n; "
        "recorded answers of another one are not reused any more"
    )


def test_the_same_model_as_before_says_nothing(store):
    record(store, PLAN, "then", "www", started=1.0)
    now = record(store, PLAN, "now", "www", started=2.0)
    assert standing(store, now, PLAN, None, "warn").models == ()


def test_the_baseline_against_itself_stands_beside_nothing(store):
    record(store, PLAN, "then", "www", started=1.0)
    twins = replace(PLAN, hash="aa", aa=True)
    now = record(store, twins, "now", "www", started=2.0)
    assert standing(store, now, twins, None, "warn") == Standing()


def test_the_attempts_at_its_plan_are_counted(store):
    record(store, PLAN, "one", "www", started=1.0)
    now = record(store, PLAN, "now", "lwl", started=4.0)
    where = module.standing(store, now, PLAN, None, "warn")
    assert (where.attempts.runs, where.attempts.judged) == (2, 2)
    assert [event.kind for event in where.events] == ["begun", "finished"]
