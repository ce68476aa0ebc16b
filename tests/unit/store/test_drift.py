from __future__ import annotations

from dataclasses import replace

from sqlalchemy import event

from arenatest.model.health import GOLDEN, GoldenBattle
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.record import GameSlot, JudgmentPlaced
from arenatest.store import open_store
from arenatest.store.drift import golden_drift
from unit.store.records import plan, run

BATTLE = GoldenBattle(
    prompt=plan().prompts[0], text_a="a", text_b="b", expected=(Verdict.A_BETTER,)
)
HELD = replace(plan(), golden=(BATTLE,))
A, B, TIE, A_MUCH = Verdict.A_BETTER, Verdict.B_BETTER, Verdict.TIE, Verdict.A_MUCH_BETTER
DRIFT = "the judge jury drifts: it names another winner than when it was last asked in "


def judged(store, name, made, verdicts, *, candidate=GOLDEN, reused=()):
    store.begin(HELD, run(name, started=made), fresh=True, expire=0.0)
    store.write(
        [
            JudgmentPlaced(
                run=name,
                slot=GameSlot(candidate, f"g{number}", 0, "jury", 0, Order.BASELINE_FIRST),
                key=f"key {number}",
                judgment=Judgment(verdict=verdict) if verdict else Judgment(void="unparsed"),
                made=made,
                reused=number in reused,
            )
            for number, verdict in enumerate(verdicts)
        ]
    )
    return store.load(name).warnings


def test_the_first_time_there_is_nothing_to_compare(store):
    assert judged(store, "one", 10.0, [A, B]) == []


def test_other_winners_than_the_last_time_are_a_drift(store):
    judged(store, "one", 10.0, [A, A, A, A])
    assert judged(store, "two", 20.0, [A, B, TIE, A]) == [f"{DRIFT}2 of 4 golden games"]


def test_strength_and_rare_changes_are_none(store):
    judged(store, "one", 10.0, [A] * 20)
    assert judged(store, "two", 20.0, [B] + [A_MUCH] * 19) == []
    assert judged(store, "three", 30.0, [B, TIE, TIE] + [A] * 17) == [
        f"{DRIFT}2 of 20 golden games"
    ]


def test_voids_and_what_was_reused_are_not_compared(store):
    judged(store, "one", 10.0, [A, A, None])
    assert judged(store, "two", 20.0, [None, A, B], reused=[1]) == []


def test_the_latest_of_earlier_runs_is_compared_and_later_ones_are_not(store):
    judged(store, "one", 10.0, [B, B])
    judged(store, "two", 20.0, [A, A])
    assert judged(store, "three", 30.0, [A, A]) == []
    assert store.load("two").warnings == [f"{DRIFT}2 of 2 golden games"]


def test_games_of_candidates_are_not_compared(store):
    judged(store, "one", 10.0, [A, A], candidate="new")
    assert judged(store, "two", 20.0, [B, B], candidate="new") == []


def test_earlier_games_are_found_by_an_index(folder):
    steps = []

    def explain(connection, _cursor, statement, parameters, _context, _many):
        cursor = connection.connection.cursor()
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps.extend(detail for *_, detail in cursor.fetchall())

    with open_store(folder) as store:
        judged(store, "one", 10.0, [A, B])
        with store.reading() as connection:
            event.listen(connection, "before_cursor_execute", explain)
            golden_drift(connection, "one")

    assert any("USING INDEX ix_judgment_key" in step for step in steps)
    assert not any("SCAN judgment" in step for step in steps)
