import dataclasses
import json
import math
import random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from arenatest.gates.decide import decide
from arenatest.gates.referee import Referee
from arenatest.gates.watch import Watch
from arenatest.model.record import Ledger
from unit.gates.scenes import Scene, plan, prompt, rule

WORDS = [
    *("win", "tie", "loss", "flip", "half", "void", "equal", "blank"),
    *("failed", "excused", "lost"),
]
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=60)
clear = st.lists(st.sampled_from(["win", "half", "tie", "loss"]), min_size=1, max_size=60)
limits = st.sampled_from([0.0, 0.3, 0.45, 0.5, 0.55, 0.7, 1.0])
sides = st.sampled_from(["min", "max"])
targets = st.sampled_from(["population", "suite"])


@st.composite
def scenes(draw):
    said = draw(words)
    repeats = draw(st.sampled_from([1, 2]))
    families = draw(st.sampled_from([1, 3]))
    asked = [prompt(i, family=f"f{i // families}") for i in range(len(said))]
    planned = plan(asked, repeats=repeats, max_void=draw(st.sampled_from([0.05, 0.5, 1.0])))
    scene = Scene(planned)
    for i, word in enumerate(said):
        for repeat in range(repeats):
            scene.battle(i, word if repeat == 0 else draw(st.sampled_from(WORDS)), repeat=repeat)
    return scene


@st.composite
def rules(draw):
    metrics = ["win_rate", "flip_rate", "tie_rate", "void_rate", "error_rate", "never_regress"]
    metric = draw(st.sampled_from(metrics))
    if metric == "never_regress":
        return rule(stat="losses", side="max", limit=0.0, target="suite")
    return rule(
        metric,
        side=draw(sides),
        limit=draw(limits),
        target=draw(targets),
        slices=draw(st.sampled_from([1, 4])),
        policy=draw(st.sampled_from(["non-inferior", "no-regression"])),
    )


def shuffled(ledger, seed):
    rng = random.Random(seed)

    def mixed(mapping):
        items = list(mapping.items())
        rng.shuffle(items)
        return dict(items)

    return Ledger(
        run=ledger.run,
        plan=ledger.plan,
        answers=mixed(ledger.answers),
        timings=mixed(ledger.timings),
        judgments=mixed(ledger.judgments),
    )


@settings(deadline=None)
@given(scenes(), rules(), st.integers(0, 99))
def test_the_order_of_the_record_does_not_matter(scene, gate, seed):
    assert decide(gate, scene.ledger) == decide(gate, shuffled(scene.ledger, seed))


@settings(deadline=None)
@given(scenes(), rules(), st.integers(0, 99))
def test_watching_a_record_grow_is_deciding_on_it_at_once(scene, gate, seed):
    growing = Ledger(run=scene.ledger.run, plan=scene.plan)
    watch = Watch(gate, scene.plan)
    whole = shuffled(scene.ledger, seed)
    for slot, answered in whole.answers.items():
        growing.answers[slot] = answered
        watch.advance(growing)
    for slot, judgment in whole.judgments.items():
        growing.judgments[slot] = judgment
        watch.advance(growing)
    assert watch.conclude(growing) == decide(gate, scene.ledger)


@settings(deadline=None)
@given(scenes(), rules())
def test_what_comes_later_never_enters_a_decided_gate(scene, gate):
    first = None
    growing = Scene(scene.plan)
    for asked in scene.plan.prompts:
        for source, sink in (
            (scene.ledger.answers, growing.ledger.answers),
            (scene.ledger.judgments, growing.ledger.judgments),
        ):
            sink.update({slot: said for slot, said in source.items() if slot.prompt == asked.id})
        decision = decide(gate, growing.ledger)
        if first is None and decision.cause != "plan":
            first = decision
        assert first is None or decision == first
    assert first is not None


@settings(deadline=None)
@given(scenes())
def test_pinned_prompts_pass_only_where_every_one_is_known_and_none_is_lost(scene):
    decision = decide(rule(stat="losses", side="max", limit=0.0, target="suite"), scene.ledger)
    first = {slot.prompt for slot in scene.ledger.judgments}
    if decision.decision == "pass":
        assert (decision.voids, decision.low, decision.high) == (0, 0.0, 0.0)
        assert decision.n == decision.planned
    if decision.decision == "fail":
        assert decision.value >= 1.0
        assert decision.reason.partition("in both orders: ")[2].split(",")[0].split()[0] in first


@settings(deadline=None)
@given(scenes(), rules())
def test_a_decision_is_consistent_and_can_be_written_as_json(scene, gate):
    decision = decide(gate, scene.ledger)
    json.dumps(dataclasses.asdict(decision), allow_nan=False)
    assert (decision.cause is None) == (decision.decision != "inconclusive")
    assert decision.passed == (
        decision.decision == "pass"
        or (decision.cause == "evidence" and gate.policy == "no-regression" and decision.n > 0)
    )
    low = -math.inf if decision.low is None else decision.low
    high = math.inf if decision.high is None else decision.high
    if decision.decision == "inconclusive":
        assert low <= gate.limit <= high
    elif (decision.decision == "pass") == (gate.side == "min"):
        assert low >= gate.limit
    else:
        assert high <= gate.limit
    assert "\n" not in decision.reason


@settings(deadline=None)
@given(clear, limits, targets)
def test_one_more_win_never_lowers_the_value_or_the_lower_bound(said, limit, target):
    planned = plan(len(said) + 1)
    gate = rule(limit=limit, target=target)
    before = Watch(gate, planned)
    scene = Scene(planned).battles(said)
    was = before.conclude(scene.ledger)
    became = decide(gate, scene.battle(len(said), "win").ledger)
    assume("judge" not in (was.cause, became.cause))
    assert became.value >= was.value
    assert was.low is None or became.low >= was.low
    assert not (was.decision == "pass" and became.decision != "pass")


@settings(deadline=None)
@given(clear, st.sampled_from([0.3, 0.45, 0.5, 0.7]))
def test_swapping_the_sides_swaps_pass_and_fail(said, limit):
    swap = {"win": "loss", "loss": "win", "tie": "tie"}
    said = ["tie" if word == "half" else word for word in said]
    one = decide(rule(limit=limit), Scene(plan(len(said))).battles(said).ledger)
    mirrored = Scene(plan(len(said))).battles([swap[word] for word in said])
    other = decide(rule(side="max", limit=1 - limit), mirrored.ledger)
    assert one.decision == other.decision
    assert one.n == other.n
    assert abs(one.low - (1 - other.high)) < 2e-4


@settings(max_examples=30, deadline=None)
@given(scenes(), st.lists(rules(), min_size=1, max_size=4), st.booleans())
def test_a_referee_says_what_each_gate_says_alone(scene, gates, early_stop):
    planned = dataclasses.replace(scene.plan, early_stop=early_stop)
    scene.ledger.plan = planned
    referee = Referee(planned, gates)
    settled = referee.settle(scene.ledger)
    concluded = referee.conclude(scene.ledger, None)
    assert list(concluded) == [decide(gate, scene.ledger) for gate in gates]
    assert set(settled) <= set(concluded)


seconds = st.one_of(st.floats(0.01, 5.0), st.just(math.inf), st.none())


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(seconds, seconds), min_size=1, max_size=70),
    st.sampled_from(["p50", "p95", "mean", "ratio"]),
    sides,
    targets,
)
def test_latency_gates_are_consistent_too(pairs, stat, side, target):
    scene = Scene(plan(len(pairs), max_void=1.0))
    for i, (ours, theirs) in enumerate(pairs):
        scene.clock(i, ours).clock(i, theirs, who="old")
    gate = rule("ttft", stat, side=side, limit=1.0, target=target)
    decision = decide(gate, scene.ledger)
    json.dumps(dataclasses.asdict(decision), allow_nan=False)
    assert decision == decide(gate, shuffled(scene.ledger, 1))
    low = -math.inf if decision.low is None else decision.low
    high = math.inf if decision.high is None else decision.high
    if decision.decision == "inconclusive":
        assert low <= 1.0 <= high
    elif (decision.decision == "pass") == (side == "min"):
        assert low >= 1.0
    else:
        assert high <= 1.0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.01, 5.0), min_size=59, max_size=80), st.integers(0, 58))
def test_a_slower_call_never_helps_a_latency_gate(calls, which):
    gate = rule("ttft", "p95", side="max", limit=1.0)
    rank = {"fail": 0, "inconclusive": 1, "pass": 2}
    before = decide(gate, Scene(plan(len(calls))).clocks(calls).ledger)
    slower = [*calls]
    slower[which] = math.inf
    after = decide(gate, Scene(plan(len(calls))).clocks(slower).ledger)
    assert rank[after.decision] <= rank[before.decision]
