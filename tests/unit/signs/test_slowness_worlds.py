"""How often advice is right: in worlds where a cause was planted, and where there is none.

The figures in docs/latency.md were made the same way with 200 runs of each world.
"""

import pytest

from arenatest.signs.slowness.advice import advise
from arenatest.signs.slowness.arms import arms_of
from simulation.slowness import NEW, OLD, WORLDS, run_of

CLOCKS = ("ttft", "e2e")
RUNS = 20
ALIKE = 60


def advised(ledger, **asked):
    arms = arms_of(ledger)
    return advise(arms[NEW], arms[OLD], **asked)


@pytest.mark.parametrize("name", WORLDS)
def test_a_planted_cause_is_named_and_comes_first(name):
    cause, twist, how = WORLDS[name]
    asked = {"compared": CLOCKS, "alone": CLOCKS}
    if cause == "lag":  # which is only looked for where it left a gate open
        asked = {"lagging": CLOCKS}
    firsts = []
    for seed in range(RUNS):
        findings = advised(run_of(seed, twist, **how), **asked)
        firsts.append(findings[0].cause if findings else None)
    assert firsts.count(cause) >= 0.9 * RUNS


def test_contestants_that_are_alike_are_given_none():
    """Whether or not a gate asks: at most one in twenty runs, where one in fifty is expected."""
    marked = asked = 0
    for seed in range(ALIKE):
        ledger = run_of(seed, prompts=30 + seed % 3 * 15, noise=0.2 if seed % 2 else 0.5)
        marked += bool(advised(ledger))
        asked += bool(advised(ledger, compared=CLOCKS, alone=CLOCKS))
    assert marked == 0
    assert asked <= 0.05 * ALIKE


def test_what_both_go_through_alike_is_no_reason_for_one_of_them():
    twists = [WORLDS[name][1] for name in ("slower and slower", "two kinds of calls", "timeouts")]
    told = [
        bool(advised(run_of(seed, both=twist), compared=CLOCKS))
        for twist in twists
        for seed in range(RUNS)
    ]
    assert sum(told) <= 0.05 * len(told)
