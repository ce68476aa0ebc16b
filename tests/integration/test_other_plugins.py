"""Plugins and options that repeat, shuffle, split or leave out: verdicts are the plain run's."""

from __future__ import annotations

from collections import Counter

import pytest

pytest.importorskip("xdist")
for plugin in ("randomly", "repeat", "rerunfailures", "split"):
    pytest.importorskip(f"pytest_{plugin}")

GATES = """
[[gates]]
metric = "win_rate"
min = 0.4
[[gates]]
metric = "win_rate"
min = 0.3
by = "category"
[[gates]]
metric = "error_rate"
max = 0.3
[[gates]]
metric = "answer_length"
stat = "p90"
max = 1000
"""
IN = {
    "reruns": ("-p", "rerunfailures", "--reruns", "2"),
    "count": ("-p", "repeat", "--count", "2"),
    "randomly": ("-p", "randomly", "-p", "no:cacheprovider"),
    "split": ("-p", "pytest-split", "--splits", "2", "--group"),
}
FIXTURE = """
def battle(arena):
    return arena.battle(
        baseline={"name": "old", "provider": "python", "function": "models:old"},
        candidate={"name": "new", "provider": "python", "function": "models:bad"},
        prompts=[{"query": f"question {n}", "response": f"answer {n}"} for n in range(20)],
        judge={"kind": "reference"},
    )

def test_good(arena):
    assert battle(arena).win_rate.passes(max=0.5)

def test_bad(arena):
    assert battle(arena).win_rate.passes(min=0.4)
"""


@pytest.fixture
def plain(project):
    """A project whose candidate ``bad`` fails, and what a plain run makes of it."""
    project.suite(
        gates=GATES,
        candidates={"new": "new", "bad": "bad"},
        run="early_stop = false",
        judge='kind = "python"\nfunction = "models:longer"',
    )
    project.run("--arena-store=plain", "-p", "no:cacheprovider")
    whole = project.gates
    assert {gate["decision"] for gate in whole.values()} == {"pass", "fail"}
    return project, whole, Counter(project.calls())


def ran(project, name, *arguments):
    """Run into a store of its own: the outcomes, the gates and the calls."""
    (project.path / "reports/arena-results.json").unlink(missing_ok=True)
    result = project.run(f"--arena-store={name}", *arguments)
    return result.parseoutcomes(), project.gates, Counter(project.calls())


def test_a_rerun_of_a_failed_gate_buys_nothing_and_turns_nothing(plain):
    project, whole, bought = plain
    failed = sum(not gate["passed"] for gate in whole.values())
    for name, more in (("alone", ()), ("workers", ("-n2",))):
        outcomes, gates, calls = ran(project, name, *IN["reruns"], *more)
        assert (outcomes["failed"], outcomes["rerun"]) == (failed, 2 * failed)
        assert outcomes["passed"] == len(whole) - failed
        assert (gates, calls) == (whole, bought)


@pytest.mark.parametrize("seed", [1, 2])
def test_shuffled_gates_come_to_the_same(plain, seed):
    project, whole, bought = plain
    shuffled = (*IN["randomly"], f"--randomly-seed={seed}")
    _, gates, calls = ran(project, "shuffled", *shuffled, *(["-n2"] if seed == 2 else []))
    assert (gates, calls) == (whole, bought)


def test_each_part_of_a_split_gives_its_gates_the_verdicts_of_the_whole(plain):
    project, whole, bought = plain
    found = {}
    for group in "12":
        _, gates, calls = ran(project, f"machine-{group}", *IN["split"], group)
        assert gates
        assert not gates.keys() & found.keys()
        assert calls <= bought
        found |= gates
    assert found == whole


def test_what_is_selected_or_stopped_is_as_in_the_whole_or_undecided(plain):
    project, whole, _ = plain
    failed = [gate for gate in whole.values() if not gate["passed"]]
    _, gates, calls = ran(project, "again")
    assert gates == whole
    outcomes, gates, calls = ran(project, "again", "--lf")
    assert outcomes["failed"] == len(failed) == sum(outcomes.values()) - outcomes["deselected"]
    assert calls == {}
    assert all(gate == whole[key] for key, gate in gates.items())
    _, gates, calls = ran(project, "again", "--ff", *IN["count"])
    assert (gates, calls) == (whole, {})
    for stop in ("-x", "--maxfail=1", "-n2 -x"):
        outcomes, gates, calls = ran(project, f"stopped{stop}", *stop.split())
        assert outcomes["failed"] >= 1
        for key, gate in gates.items():
            assert gate == whole[key] or (gate["decision"], gate["cause"]) == (
                "inconclusive",
                "plan",
            )
            assert gate["passed"] <= whole[key]["passed"]


def test_tests_with_the_fixture_repeat_rerun_and_shuffle_without_buying_again(project):
    project.write("test_x.py", FIXTURE)
    repeated = (*IN["count"], *IN["reruns"], *IN["randomly"])
    result = project.run("-p", "no:xdist", *repeated)
    outcomes = result.parseoutcomes()
    assert (outcomes["passed"], outcomes["failed"], outcomes["rerun"]) == (2, 2, 4)
    assert Counter(call.split()[0] for call in project.calls()) == {"old": 20, "bad": 20}
