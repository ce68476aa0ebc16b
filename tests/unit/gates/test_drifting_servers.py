"""A short form of benchmarks/paired_latency.py: drift makes no gate of the latency lane lie."""

import math

import numpy as np
import pytest

from simulation.drifting import NEW, OLD, WORLDS, Design, plan, record, verdict

LANE = Design(name="lane", repeats=2)
APART = Design(name="sequential", mirrored=False)
RUNS = 20


def fails(world, design, *, slower, prompts=60, runs=RUNS):
    chance = np.random.default_rng(7)
    planned = plan(prompts, design.repeats)
    return sum(
        verdict(1.0, record(planned, world, design, chance, slower=slower)).decision == "fail"
        for _ in range(runs)
    )


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_identical_models_seldom_fail_and_a_slower_one_mostly_does(world):
    most = RUNS * 0.05 + 3.0 * math.sqrt(RUNS * 0.05 * 0.95)

    assert fails(world, LANE, slower=1.0) <= most
    assert fails(world, LANE, slower=1.1) >= 0.85 * RUNS


def test_without_the_lane_a_step_makes_identical_models_fail():
    (step,) = [world for world in WORLDS if world.name == "step x1.3"]

    assert fails(step, APART, slower=1.0, runs=10) >= 9


def test_a_made_up_record_has_the_places_and_the_truth_of_a_real_one():
    planned = plan(400, 2)
    ledger = record(planned, WORLDS[0], LANE, np.random.default_rng(1), slower=2.0)

    assert len(ledger.timings) == 400 * 2 * 2
    logs = {
        name: [
            math.log(found.answer.timing.ttft)
            for slot, found in ledger.timings.items()
            if slot.contestant == name
        ]
        for name in (OLD, NEW)
    }
    assert np.mean(logs[NEW]) - np.mean(logs[OLD]) == pytest.approx(math.log(2.0), abs=0.05)
    assert np.std(logs[OLD]) == pytest.approx(0.52, abs=0.06)
