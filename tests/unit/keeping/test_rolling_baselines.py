"""What a promotion costs: the candidate that passed is asked nothing again as the baseline."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select

from arenatest.arena.run import SuiteRun
from arenatest.gates.referee import Referee
from arenatest.store import open_store, schema
from fakes.shops import DAY, Shop, new, newest, old, tables

JUDGED = [{"metric": "win_rate", "min": 0.01}]
TIMED = [{"metric": "e2e", "stat": "p50", "max": "9 s"}, {"metric": "e2e", "max_ratio": 40}]

AWAY = set()
"""Prompts to which a model has no answer: what its function closes over is part of its identity."""


def flaky(prompt):
    if prompt.id in AWAY:
        raise RuntimeError("not yet")
    return new(prompt)


@pytest.fixture
def shop(tmp_path):
    with open_store(tmp_path) as store:
        yield Shop(store, tmp_path)


def calls(shop, run):
    """How many calls a run made, by whom it asked."""
    return Counter(shop.store.load(run.id).calls)


def clocks(shop, run):
    """The runs that made the calls whose clocks stand in a run."""
    placed, call = schema.placed_answer, schema.generation
    query = (
        select(call.c.run, placed.c.reused)
        .select_from(placed.join(call, call.c.chat_id == placed.c.chat_id))
        .where(placed.c.run == run.id, placed.c.purpose == "timing")
    )
    with shop.store.reading() as connection:
        return {tuple(row) for row in connection.execute(query)}


def test_a_promoted_candidate_is_asked_nothing_again(shop):
    first = shop.run(tables(old, new, gates=JUDGED))
    shop.now += DAY
    second = shop.run(tables(new, newest, gates=JUDGED))

    assert calls(shop, first) == {"old": 8, "new": 8}
    assert calls(shop, second) == {"newest": 8}
    assert all(a.reused for slot, a in answers(shop, second) if slot.contestant == "new")


def answers(shop, run):
    return shop.store.load(run.id).answers.items()


def test_a_rolling_baseline_is_bought_again_once_it_is_too_old(shop):
    shop.run(tables(old, new, gates=JUDGED))
    shop.now += 7.5 * DAY

    late = shop.run(tables(new, newest, gates=JUDGED))

    assert calls(shop, late) == {"new": 8, "newest": 8}


@pytest.mark.parametrize("swapped", [False, True], ids=["same baseline", "after a promotion"])
def test_no_clock_of_an_earlier_run_ever_counts(shop, swapped):
    shop.run(tables(old, new, gates=[*JUDGED, *TIMED]))
    shop.now += DAY
    models = (new, newest) if swapped else (old, newest)

    run = shop.run(tables(*models, gates=[*JUDGED, *TIMED]))

    assert clocks(shop, run) == {(run.id, False)}
    reused = {slot.contestant for slot, found in answers(shop, run) if found.reused}
    assert reused == {models[0].__name__}  # its text, beside fresh clocks
    causes = {d.cause for d in shop.store.decisions(run.id).values()}
    assert causes <= {None, "evidence", "latency"}  # the last where this machine had no time for us


def test_a_resumed_run_takes_its_own_clocks_alone(shop):
    shop.run(tables(old, new, gates=[*JUDGED, *TIMED]))
    shop.now += DAY
    made = shop.suite(tables(old, newest, gates=[*JUDGED, *TIMED]))
    begun = SuiteRun(
        made, shop.store, Referee(made.plan, made.plan.rules), shop.conditions()
    )  # not started: it was killed before its first call
    shop.now += 60

    run = shop.run(tables(old, newest, gates=[*JUDGED, *TIMED]))

    assert run.id == begun.run.id
    assert clocks(shop, run) == {(run.id, False)}


def test_clocks_of_a_run_that_was_asked_again_are_its_own(shop):
    AWAY.update(("q1", "q2"))
    suite = tables(old, flaky, gates=[*JUDGED, *TIMED])
    first = shop.run(suite)
    AWAY.clear()
    shop.now += 60

    again = shop.run(suite, rerun="failed")

    assert again.id == first.id
    assert clocks(shop, again) == {(first.id, False)}
