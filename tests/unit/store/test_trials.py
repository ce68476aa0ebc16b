from __future__ import annotations

from dataclasses import replace

import pytest

from arenatest.model.health import GoldenBattle, HumanLabel, JudgeLimits
from arenatest.model.judgment import Verdict
from arenatest.store import open_store
from unit.store.records import contestant, decided, plan, run

ASKING = replace(plan(), limits=JudgeLimits(aa_within=1000.0))
TRIAL = replace(
    plan(hash="trial"), aa=True, candidates=(replace(contestant("old"), name="old again"),)
)
NONE = (
    "the suite asks for an A/A run of old with these judges and prompts within 0.0116 days, "
    "and none is on record: run pytest --arena --arena-aa first"
)


def tried(store, *, finished=1500.0, of=TRIAL, name="aa", **decision):
    store.begin(of, run(name, started=finished - 10.0), fresh=True, expire=0.0)
    store.write([replace(decided(**decision), run=name)])
    store.finish(name, finished, None)


def unfit(store, *, started=2000.0, of=ASKING):
    begun, _ = store.begin(of, run("now", started=started), fresh=True, expire=0.0)
    return store.load(begun.id).unfit


def test_a_suite_that_asks_for_no_aa_run_needs_none(store):
    assert unfit(store, of=plan()) == ""


def test_a_suite_that_asks_for_one_has_none_at_first(store):
    assert unfit(store) == NONE


def test_a_healthy_one_counts(store):
    tried(store, decision="pass", cause=None)
    assert unfit(store) == ""


def test_one_that_lacks_prompts_is_healthy(store):
    tried(store, decision="inconclusive", cause="evidence")
    assert unfit(store) == ""


@pytest.mark.parametrize(
    ("decision", "cause"),
    [("fail", None), ("inconclusive", "judge"), ("inconclusive", "void")],
)
def test_a_sick_one_says_why(store, decision, cause):
    tried(store, decision=decision, cause=cause, reason="what it found")
    assert unfit(store) == "the A/A run was not healthy: what it found"


def test_the_latest_one_counts(store):
    tried(store, decision="fail", cause=None, reason="then", name="a")
    tried(store, finished=1600.0, decision="pass", cause=None, name="b")
    assert unfit(store) == ""


def sliced(plan, *names):
    (rule,) = plan.rules
    return replace(
        plan,
        rules=tuple(
            replace(rule, id=f"win_rate[{name}]", where=(("category", (name,)),)) for name in names
        ),
    )


def test_one_that_left_out_a_slice_speaks_for_the_others_only(store):
    whole = sliced(TRIAL, "a", "b")
    asking = sliced(ASKING, "a", "b")
    tried(store, of=whole, gate="win_rate[a]", decision="pass", cause=None)
    assert unfit(store, of=asking) == NONE.replace("none is", "none of all its gates is")

    tried(store, of=whole, gate="win_rate[b]", decision="fail", cause=None, reason="b", name="b")
    tried(store, of=whole, gate="win_rate[a]", finished=1700.0, cause=None, name="c")
    assert unfit(store, of=asking) == "the A/A run was not healthy: b"

    tried(store, of=whole, gate="win_rate[b]", finished=1600.0, cause=None, name="d")
    assert unfit(store, of=asking) == ""


def test_a_gate_that_came_later_asks_for_an_aa_run_of_its_slice(store):
    tried(store, of=sliced(TRIAL, "a"), gate="win_rate[a]", decision="pass", cause=None)
    assert unfit(store, of=sliced(ASKING, "a")) == ""
    assert "none of all its gates" in unfit(store, of=sliced(ASKING, "a", "b"))


@pytest.mark.parametrize("finished", [999.0, 2001.0])
def test_one_of_another_time_does_not_count(store, finished):
    tried(store, finished=finished, decision="pass", cause=None)
    assert unfit(store) == NONE


@pytest.mark.parametrize(
    "other",
    [
        replace(TRIAL, aa=False),
        replace(TRIAL, baseline=contestant("cheap")),
        replace(TRIAL, judges=()),
        replace(TRIAL, prompts=TRIAL.prompts[:1]),
    ],
)
def test_one_of_something_else_does_not_count(store, other):
    tried(store, of=other, decision="pass", cause=None)
    assert unfit(store) == NONE


def test_one_that_was_not_finished_does_not_count(store):
    store.begin(TRIAL, run("aa"), fresh=True, expire=0.0)
    assert unfit(store) == NONE


def test_the_aa_run_itself_asks_for_none(store):
    assert unfit(store, of=replace(TRIAL, limits=ASKING.limits)) == ""


def test_a_run_that_began_without_it_is_not_continued(store):
    store.begin(ASKING, run("first", started=1400.0), fresh=False, expire=0.0)
    tried(store, decision="pass", cause=None)

    second, continued = store.begin(ASKING, run("now", started=2000.0), fresh=False, expire=0.0)
    assert (second.id, continued) == ("now", False)
    assert store.load("now").unfit == ""

    third, continued = store.begin(ASKING, run("later", started=2001.0), fresh=False, expire=0.0)
    assert (third.id, continued) == ("now", True)


def test_what_judges_are_held_to_is_stored_with_the_plan(store, database):
    golden = GoldenBattle(
        prompt=TRIAL.prompts[0], text_a="a", text_b="b", expected=(Verdict.TIE, Verdict.B_BETTER)
    )
    labels = (HumanLabel(prompt="p0", candidate="new", score=0.5, annotator="ada"),)
    limits = JudgeLimits(first_share=0.7, aa_within=60.0)
    held = replace(plan(), golden=(golden,), labels=labels, limits=limits, aa=True)
    store.begin(held, run(), fresh=True, expire=0.0)
    with open_store(database, create=False) as elsewhere:
        assert elsewhere.plan(held.hash) == held
