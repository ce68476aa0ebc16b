from dataclasses import replace

import pytest

from arenatest.lock.drift import drift, served_drift
from arenatest.lock.files import lock_text
from arenatest.lock.making import make_lock
from arenatest.model.metric import MetricSpec
from arenatest.model.price import Price
from fakes.ledgers import LedgerBuilder, contestant, decision, plan, prompt, rule

PROMPTS = [
    prompt("a", dataset="support.jsonl", category="kids"),
    prompt("b", dataset="support.jsonl"),
    prompt("c"),
]
SERVED = {
    ("answer", "gpt-4o"): ("gpt-4o-x",),
    ("answer", "gpt-5-mini"): ("mini-x",),
    ("judge", "sonnet"): ("sonnet-x",),
}


def suite(**changes):
    base = plan(PROMPTS, rules=[rule("win_rate")])
    base = replace(
        base, baseline=asked("gpt-4o", model="m", params={"temperature": 0}, path="/home/me/a.gguf")
    )
    return replace(base, **changes)


def asked(name, **settings):
    return contestant(name, **settings)


def lock(plan=None, **changes):
    plan = plan or suite()
    run = LedgerBuilder(plan).ledger.run
    return make_lock(plan, run, SERVED, [decision()], **changes)


def test_what_was_locked_has_no_drift():
    assert drift(lock(), suite()) == ()
    assert served_drift(lock(), SERVED) == ()


def test_the_order_of_prompts_is_no_drift():
    assert drift(lock(), suite(prompts=tuple(reversed(PROMPTS)))) == ()


CHANGES = {
    "params": (
        {"baseline": asked("gpt-4o", model="m", params={"temperature": 1}, path="/x/a.gguf")},
        ["gpt-4o params.temperature: locked 0, found 1"],
    ),
    "model": (
        {"baseline": asked("gpt-4o", model="n", params={"temperature": 0}, path="/x/a.gguf")},
        ["gpt-4o options.model: locked m, found n"],
    ),
    "system": (
        {"baseline": replace(suite().baseline, system="Be brief.")},
        ["gpt-4o system prompt: locked none, found "],
    ),
    "code": (
        {"baseline": replace(suite().baseline, fingerprint="f" * 32)},
        ["gpt-4o code or package: locked gpt-4oxx, found ffffffff"],
    ),
    "baseline": (
        {"baseline": asked("gpt-6")},
        ["baseline: locked gpt-4o, found gpt-6"],
    ),
    "dataset": (
        {"prompts": (*PROMPTS[1:], prompt("a", "Reworded?", dataset="support.jsonl"))},
        ["dataset support.jsonl: locked 2 prompts (", ", found 2 prompts ("],
    ),
    "inline": (
        {"prompts": (*PROMPTS, prompt("d"))},
        ["prompts of the suite: locked 1 prompts (", "), found 2 prompts ("],
    ),
    "judge": (
        {"judges": (replace(suite().judges[0], fingerprint="e" * 32, repeats=2),)},
        ["judge sonnet repeats: locked 1, found 2"],
    ),
    "rubric": (
        {"judges": (replace(suite().judges[0], fingerprint="e" * 32),)},
        ["judge sonnet rubric or code: locked jjjjjjjj, found eeeeeeee"],
    ),
    "no judge": ({"judges": ()}, ["judge sonnet: locked, found none"]),
    "metric": (
        {
            "metrics": (MetricSpec(name="polite", unit="", direction="higher", source="plugin"),),
            "metric_fingerprints": ("d" * 32,),
        },
        ["metric polite: locked none, found dddddddd"],
    ),
    "price": (
        {"baseline": replace(suite().baseline, price=Price(input=1.0, output=2.5))},
        ["gpt-4o price: locked none, found $1 in and $2.5 out"],
    ),
    "seed": ({"seed": 7}, ["seed: locked 0, found 7"]),
    "gate": (
        {"rules": (rule("win_rate", limit=0.4),)},
        [
            "gate win_rate: locked win_rate rate >= 0.45 at 0.95, non-inferior, population, "
            "found win_rate rate >= 0.4 at 0.95, non-inferior, population"
        ],
    ),
    "gone gate": ({"rules": ()}, ["gate win_rate: locked ", ", found none"]),
}


def judged(**changes):
    return suite(judges=(replace(suite().judges[0], **changes),))


def test_a_rubric_and_what_reads_the_replies_are_told_apart():
    locked = lock(judged(rubric="r" * 32))
    (line,) = drift(locked, judged(rubric="s" * 32, fingerprint="e" * 32))
    assert line == "judge sonnet rubric: locked rrrrrrrr, found ssssssss"
    (line,) = drift(locked, judged(rubric="r" * 32, fingerprint="e" * 32))
    assert line == "judge sonnet parser or code: locked jjjjjjjj, found eeeeeeee"


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_named_with_what_was_locked_and_what_was_found(change):
    changes, said = CHANGES[change]
    (line,) = drift(lock(), suite(**changes))
    assert all(part in line for part in said)


def parted(model):
    def part(where, name):
        one = replace(contestant("gpt-4o", model=name), where=(("category", (where,)),))
        return replace(one, fingerprint=f"{name:0<32}"[:32])

    parts = (part("kids", "m"), part("law", model))
    return replace(contestant("gpt-4o"), kind="parts", parts=parts, fingerprint=model * 8)


def test_the_models_of_a_contestant_are_told_apart():
    locked = lock(suite(baseline=parted("x")))
    assert [part.name for part in locked.baseline.parts] == ["gpt-4o[kids]", "gpt-4o[law]"]
    assert drift(locked, suite(baseline=parted("x"))) == ()
    assert drift(locked, suite(baseline=parted("y"))) == (
        "gpt-4o[law] options.model: locked x, found y",
    )
    (line, *_) = drift(locked, suite())
    assert line == "gpt-4o parts: locked gpt-4o[kids], gpt-4o[law], found gpt-4o"


def test_a_candidate_that_the_lock_does_not_name_is_no_drift():
    locked = lock(promoted="gpt-5-mini")
    promoted = suite().candidates[0]
    now = suite(baseline=promoted, candidates=(asked("gpt-6"),), rules=(rule("win_rate", "gpt-6"),))
    assert drift(locked, now) == ()


def test_another_model_that_a_server_names_is_drift():
    found = {**SERVED, ("answer", "gpt-4o"): ("gpt-4o-x", "gpt-4o-y"), ("judge", "sonnet"): ("z",)}
    assert served_drift(lock(), found) == (
        "gpt-4o: another model is served: locked gpt-4o-x, found gpt-4o-x, gpt-4o-y",
        "judge sonnet: another model is served: locked sonnet-x, found z",
    )


def test_a_server_that_named_no_model_cannot_drift():
    assert served_drift(lock(), {}) == ()


def test_a_promoted_candidate_is_the_locked_baseline_and_the_old_one_is_named():
    made = lock(promoted="gpt-5-mini", forced=["the suite drifted"])
    assert made.baseline.name == made.accepted.candidate == "gpt-5-mini"
    assert made.baseline.served == ["mini-x"]
    assert made.accepted.over.name == "gpt-4o"
    assert made.accepted.forced == ["the suite drifted"]
    assert [gate.value for gate in made.accepted.gates] == [0.531]


def test_a_price_is_locked_and_no_place_on_a_machine_is():
    priced = replace(suite().baseline, price=Price(input=1.0, output=2.0))
    text = lock_text(lock(suite(baseline=priced)))
    assert '"output": 2.0' in text
    assert "/home/me" not in text
    assert '"path": "a.gguf"' in text
