import random

import pytest

from arenatest.gates.needs import Needs, needs, union
from arenatest.gates.referee import Referee
from arenatest.model.metric import MetricSpec
from unit.gates.scenes import POLITE, Scene, plan, prompt, rule

OF_BATTLES = MetricSpec(
    name="closer", unit="fraction", direction="higher", range=(0.0, 1.0), of="battle"
)


def wants(answers=(), timings=(), judgments=(), metrics=()):
    return Needs(
        answers=frozenset(answers),
        timings=frozenset(timings),
        judgments=frozenset(judgments),
        metrics=frozenset(metrics),
    )


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        (rule(), wants(("new", "old"), judgments=["new"])),
        (
            rule(against="other"),
            wants(("new", "old", "other"), judgments=["new", "other"]),
        ),
        (rule("flip_rate", side="max"), wants(("new", "old"), judgments=["new"])),
        (rule("void_rate", side="max"), wants(("new", "old"), judgments=["new"])),
        (rule("error_rate", side="max"), wants(["new"])),
        (rule("ttft", "p95", side="max"), wants(timings=["new"])),
        (rule("ttft", "ratio", side="max"), wants(timings=["new", "old"])),
        (rule("cost", "ratio", side="max", against="other"), wants(["new", "other"])),
        (rule(POLITE, "mean"), wants(["new"], metrics=[("polite", "new")])),
        (
            rule(POLITE, "ratio"),
            wants(["new", "old"], metrics=[("polite", "new"), ("polite", "old")]),
        ),
        (rule(OF_BATTLES, "mean"), wants(["new", "old"], metrics=[("closer", "new")])),
    ],
)
def test_only_what_a_gate_needs_is_bought(gate, expected):
    assert needs(gate, plan(3)) == expected


def test_nothing_needs_nothing():
    assert union([]) == Needs()


def test_a_decided_gate_needs_nothing_more():
    planned = plan(60)
    latency = rule("ttft", "p95", side="max", limit=0.8)
    referee = Referee(planned, [rule(), latency])
    scene = Scene(planned)
    assert referee.wanted() == union([needs(rule(), planned), needs(latency, planned)])
    assert referee.settle(scene.ledger) == []
    scene.battles(["win"] * 30)
    (decision,) = referee.settle(scene.ledger)
    assert (decision.gate, decision.decision) == ("win_rate", "pass")
    assert referee.settle(scene.ledger) == []
    assert referee.wanted() == needs(latency, planned)


def test_without_early_stopping_everything_is_bought_and_the_decision_is_the_same():
    early, late = plan(60), plan(60, early_stop=False)
    decisions = []
    for planned in (early, late):
        referee = Referee(planned, [rule()])
        decisions += referee.settle(Scene(planned).battles(["win"] * 60).ledger)
        assert (referee.wanted() == Needs()) == planned.early_stop
    assert decisions[0] == decisions[1]


def test_a_prompt_outside_every_open_slice_needs_nothing():
    asked = [prompt(i, category="kids" if i % 2 else "adults") for i in range(60)]
    planned = plan(asked)
    kids = rule(where=(("category", ("kids",)),))
    referee = Referee(planned, [kids])
    assert referee.wanted(asked[0]) == Needs()
    assert referee.wanted(asked[1]) == referee.wanted() == needs(kids, planned)


def test_decisions_come_in_the_order_of_the_rules():
    planned = plan(60)
    rules = [rule(id="a", limit=0.99), rule(id="b"), rule(id="c", limit=0.2)]
    referee = Referee(planned, rules)
    ledger = Scene(planned).battles(["win"] * 40).ledger
    assert [one.gate for one in referee.conclude(ledger, ("plan", "deadline"))] == ["a", "b", "c"]


def test_the_running_win_rate_is_that_of_the_widest_gate():
    asked = [prompt(i, category="kids" if i % 2 else "adults") for i in range(8)]
    planned = plan(asked)
    kids = rule(where=(("category", ("kids",)),))
    referee = Referee(planned, [kids, rule()])
    assert referee.running("new") is None
    referee.settle(Scene(planned).battles(["loss", "win"] * 4).ledger)
    assert referee.running("new") == 0.5
    assert referee.running("other") is None


class Counting(dict):
    """Counts how often somebody looks into it."""

    looks = 0

    def get(self, key, default=None):
        self.looks += 1
        return super().get(key, default)


def test_it_looks_at_a_record_as_often_as_there_is_something_new():
    planned = plan(1_000)
    rules = [
        rule(limit=0.5),
        rule("error_rate", side="max", limit=0.02),
        rule("ttft", "p95", side="max", limit=0.8),
        rule("ttft", "ratio", side="max", limit=1.1),
    ]
    scene = Scene(planned)
    ledger = scene.ledger
    ledger.answers, ledger.timings = Counting(ledger.answers), Counting(ledger.timings)
    rng = random.Random(1)
    order = list(range(1_000))
    rng.shuffle(order)
    referee = Referee(planned, rules)
    for i in order:
        scene.battle(i, rng.choice(["win", "loss"])).clock(i, 0.1 + rng.random() / 10)
        referee.settle(ledger)
    read_once, asked_again = 2 * len(rules) * 1_000, 2 * len(rules) * 1_000
    assert 0 < ledger.answers.looks + ledger.timings.looks <= read_once + asked_again


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize(
    ("lost", "left"),
    [
        (("new", False), [1]),
        (("old", False), [1, 2]),
        (("other", False), [0, 2]),
        (("judge", True), [1, 2]),
    ],
)
def test_gates_that_rest_on_who_cannot_be_asked_want_nothing_more(early, lost, left):
    planned = plan(60, early_stop=early)
    gates = [
        rule(),
        rule("error_rate", side="max", limit=0.1, candidate="other"),
        rule("ttft", "p95", side="max", limit=0.8),
    ]
    referee = Referee(planned, gates)
    name, judging = lost
    referee.lose(name, judging=judging)
    assert referee.wanted() == union(needs(gates[number], planned) for number in left)
    decisions = referee.conclude(Scene(planned).ledger, ("plan", "it is down"))
    assert [(d.decision, d.cause) for d in decisions] == [("inconclusive", "plan")] * 3
    assert all("it is down" in d.reason for d in decisions)
