"""Levels of load that another run recorded, for a suite that may have changed since."""

from dataclasses import replace

import pytest

from arenatest.collection.record import read_for
from arenatest.gates.decide import decide_again
from arenatest.lock.making import gates_of
from arenatest.model.load import LoadSlot, Slo
from arenatest.model.record import LoadPlaced
from arenatest.store import open_store
from unit.gates.scenes import rule
from unit.store.records import generation, plan, run
from unit.store.test_loads import LOAD

PLAN = replace(plan(), load=LOAD)
GATE = rule("goodput", limit=0.5, at=4.0)


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path) as store:
        store.begin(PLAN, run(), fresh=False, expire=0.0)
        for number in range(2):
            chat, slot = f"c-{number}", LoadSlot("new", 4.0)
            placed = LoadPlaced(run="run-1", slot=slot, number=number, chat_id=chat, due=0.1)
            store.write([generation(chat, role="load"), placed])
        store.finish("run-1", 9.0)
        yield store


def value_of(store, **changes):
    then = replace(PLAN, load=replace(LOAD, **changes), hash="other")
    return decide_again(GATE, read_for(store, run(), then)).value


def test_another_slo_is_held_against_the_same_requests(store):
    assert value_of(store, slo=Slo(ttft=0.3)) == 1.0
    assert value_of(store, slo=Slo(ttft=0.2)) == 0.0
    assert value_of(store, slo=Slo(ttft=0.3), levels=(2.0, 4.0)) == 1.0


@pytest.mark.parametrize("changes", [{"arrivals": "closed"}, {"requests": 1, "warmup": 1}])
def test_requests_of_another_load_are_no_evidence(store, changes):
    assert value_of(store, slo=Slo(ttft=0.3), **changes) is None


def test_a_lock_says_at_which_load_a_gate_holds():
    assert gates_of([GATE]) == {
        GATE.id: "goodput rate >= 0.5 at 0.95, non-inferior, population, load 4"
    }
