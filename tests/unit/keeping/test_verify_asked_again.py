"""A run whose voids were asked again is sound, whatever its decisions stood on."""

from __future__ import annotations

from arenatest.store import open_store
from fakes.shops import NOW, Shop, found, new, old, tables

AWAY = set()
"""Prompts to which a model has no answer: what its function closes over is part of its identity."""


def flaky(prompt):
    if prompt.id in AWAY:
        raise RuntimeError("not yet")
    return new(prompt)


def test_a_run_that_was_asked_again_is_sound(tmp_path):
    AWAY.update(("q1", "q2"))
    with open_store(tmp_path) as store:
        shop = Shop(store, tmp_path)
        shop.run(tables(old, flaky))
        AWAY.clear()
        shop.now += 60
        shop.run(tables(old, flaky), rerun="void")

    assert found(tmp_path).told == []


def test_a_gate_that_was_decided_with_voids_before_others_were_asked_again_is_sound(tmp_path):
    """Its decision stands as it was made, and is no damage though its voids have been filled."""
    gates = [
        {"metric": "win_rate", "min": 0.4},
        {"metric": "win_rate", "min": 0.4, "where": {"category": "few"}},
        {"metric": "polite", "min": 0.01},
        {"metric": "error_rate", "max": 0.6},
    ]
    suite = tables(old, flaky, prompts=60, gates=gates)
    suite["run"] |= {"max_void": 0.4}
    many = [f"q{number}" for number in range(12, 60, 3)]
    for number, prompt in enumerate(suite["prompts"]):
        prompt["category"] = "few" if number < 12 else "many"
    with open_store(tmp_path) as store:
        shop = Shop(store, tmp_path)
        for away in (["q1", "q2", "q3", "q4", "q5", "q6", *many], ["q1", "q2", "q3"], []):
            AWAY.clear()
            AWAY.update(away)
            run = shop.run(suite, rerun="void" if store.runs() else None)
            shop.now += 60
        decided = {gate: one.decision for (_, gate), one in store.decisions(run.id).items()}
        before = store.load(run.id).before

    assert before is not None
    assert len(before.decisions) == len(decided) == 4  # one of them since the second time
    assert set(decided.values()) == {"pass"}
    assert found(tmp_path).told == []
    assert found(tmp_path).notes == []


def test_a_gate_that_was_not_selected_keeps_no_decision_on_voids_that_are_filled(tmp_path):
    gates = [
        {"metric": "win_rate", "min": 0.4},
        {"metric": "win_rate", "min": 0.4, "where": {"category": "few"}},
        {"metric": "win_rate", "min": 0.4, "where": {"category": "many"}},
    ]
    suite = tables(old, flaky, prompts=20, gates=gates)
    for number, prompt in enumerate(suite["prompts"]):
        prompt["category"] = "few" if number < 10 else "many"
    with open_store(tmp_path) as store:
        shop = Shop(store, tmp_path)
        AWAY.update(f"q{number}" for number in range(0, 20, 2))
        run = shop.run(suite)
        causes = {gate: one.cause for (_, gate), one in store.decisions(run.id).items()}
        AWAY.clear()
        shop.now += 60
        shop.run(suite, only="win_rate[few]", rerun="void")
        decided = {gate: one.decision for (_, gate), one in store.decisions(run.id).items()}

    assert set(causes.values()) == {"void"}
    assert decided == {"win_rate[few]": "pass"}  # the others have not been decided since
    assert found(tmp_path).told == []


def test_clocks_that_were_put_back_between_two_ends_of_a_run_are_no_damage(tmp_path):
    AWAY.update(("q1", "q2"))
    with open_store(tmp_path) as store:
        shop = Shop(store, tmp_path)
        shop.run(tables(old, flaky))
        AWAY.clear()
        shop.now -= 60
        run = shop.run(tables(old, flaky), rerun="void")
        assert run.finished == NOW - 60

    assert found(tmp_path).told == []
