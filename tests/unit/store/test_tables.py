"""What lies in which table, for those who look into the store with SQL."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import text

from arenatest.model.health import GoldenBattle
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.record import AnswerSlot, Event, GameSlot
from unit.store.records import generation, judged, placed, plan, run

BOTH = (Order.BASELINE_FIRST, Order.CANDIDATE_FIRST)


@pytest.fixture
def begun(store):
    store.begin(plan(), run(), fresh=False, expire=0.0)
    return store


def rows(store, query):
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_each_distinct_prompt_is_stored_once_whatever_the_number_of_plans(begun):
    battle = GoldenBattle(prompt=plan().prompts[0], text_a="A", text_b="B", expected=(Verdict.TIE,))
    longer = replace(plan(hash="plan-2", prompts=3), golden=(battle,))
    begun.begin(longer, run("run-2"), fresh=True, expire=0.0)

    assert rows(begun, "SELECT COUNT(*) FROM prompt") == [(3,)]
    assert begun.plan("plan-1") == plan()
    assert begun.plan("plan-2") == longer


def test_who_takes_part_in_a_plan_is_found_by_name_and_fingerprint(begun):
    query = "SELECT role, name, fingerprint FROM contestant ORDER BY role, name"

    assert rows(begun, query) == [
        ("baseline", "old", "f-old"),
        ("candidate", "cheap", "f-cheap"),
        ("candidate", "new", "f-new"),
        ("judge", "jury", "f-jury"),
    ]


def test_a_fingerprint_says_what_it_stands_for(begun):
    query = "SELECT kind, name, body FROM fingerprint WHERE hash = 'f-new'"

    ((kind, name, body),) = rows(begun, query)

    assert (kind, name) == ("openai", "new")
    assert json.loads(body) == {"settings": {"model": "new", "params": {"temperature": 0}}}


def test_a_run_keeps_its_commit_and_where_it_was_imported_from(store):
    mine = replace(run(), commit="0a1b2c", source="evalscope")

    store.begin(plan(), mine, fresh=False, expire=0.0)

    assert store.run("run-1") == mine


def test_events_come_back_in_the_order_of_time_and_once(begun):
    later = Event(id="e-1", run="run-8", at=20.0, kind="stopped", details={"cause": "budget"})
    first = Event(id="e-2", run="run-8", at=10.0, kind="begun", details={"calls": 3, "cost": 0.5})
    of_another = Event(id="e-3", run="run-9", at=5.0, kind="begun")

    begun.write([later, first, of_another])
    begun.write([replace(first, kind="twice")])

    assert begun.events("run-8") == [first, later]


@pytest.mark.parametrize(
    ("verdict", "winners"),
    [
        (Verdict.A_MUCH_BETTER, ("baseline", "candidate")),
        (Verdict.A_BETTER, ("baseline", "candidate")),
        (Verdict.TIE, ("tie", "tie")),
        (Verdict.B_BETTER, ("candidate", "baseline")),
        (Verdict.B_MUCH_BETTER, ("candidate", "baseline")),
        (None, (None, None)),
    ],
)
def test_a_game_names_its_winner_whatever_the_order(begun, verdict, winners):
    judgment = Judgment(verdict=verdict, void=None if verdict else "unparsed")
    begun.write([judged(order, judgment=judgment) for order in BOTH])

    assert rows(begun, 'SELECT winner FROM game ORDER BY "order"') == [(w,) for w in winners]


def test_a_battle_counts_its_games_and_names_both_answers(begun):
    begun.write(
        [
            generation("c-0", owner="old"),
            generation("c-1"),
            placed("c-0", slot=AnswerSlot("old", "p0")),
            placed("c-1"),
            placed("c-0", slot=AnswerSlot("old", "p1")),
            placed("c-1", slot=AnswerSlot("new", "p1"), purpose="both"),
            placed("c-1", purpose="timing"),
            *(judged(order) for order in BOTH),
            judged(
                slot=GameSlot("new", "p0", 0, "second", 0, Order.BASELINE_FIRST),
                judgment=Judgment(void="unparsed"),
            ),
        ]
    )
    query = "SELECT * FROM battle ORDER BY prompt"

    assert rows(begun, query) == [
        ("run-1", "new", "old", "p0", 0, "c-1", "c-0", 3, 1, 0, 1, 1),
        ("run-1", "new", "old", "p1", 0, "c-1", "c-0", 0, 0, 0, 0, 0),
    ]
