"""However answers end and whatever a suite makes of it, no side gains by its own end."""

from __future__ import annotations

from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from arenatest.gates.battles import read_battle
from arenatest.gates.readers import reader_of
from arenatest.model.answer import Failure
from arenatest.model.finish import Finishes, Treatment
from arenatest.model.record import AnswerSlot
from unit.gates.scenes import Scene, answered, plan, rule

ENDS = ("stop", "refusal", "content_filter", "length", "tool_calls", "failed")
quick = settings(deadline=None, max_examples=150)

treatments = st.sampled_from(get_args(Treatment))
finishes = st.builds(Finishes, refusal=treatments, filter=treatments, truncation=treatments)
ends = st.sampled_from(ENDS)
words = st.sampled_from(["win", "tie", "loss"])
MIRRORED = {"win": "loss", "tie": "tie", "loss": "win"}


def fought(taken, new, old, word):
    """A battle that judges would decide with `word`, whose answers ended so."""
    scene = Scene(plan(1, finishes=taken)).battle(0, word)
    for who, end in (("new", new), ("old", old)):
        failure = Failure(kind="server", message="away") if end == "failed" else None
        finish = None if end == "failed" else end
        answer = taken.taken(answered(f"{who} says", finish=finish, failure=failure).answer)
        placed = answered(f"{who} says")
        scene.ledger.answers[AnswerSlot(who, "p0")] = type(placed)(answer=answer, chat_id=who)
    return scene


def battle(scene):
    return read_battle(scene.ledger, "new", "p0", 0, plan=scene.plan)


def evidence(scene, **limits):
    return reader_of(rule(**limits), scene.plan)(scene.ledger, scene.plan.prompts[0])


@quick
@given(finishes, ends, ends, words)
def test_swapping_the_sides_mirrors_the_battle(taken, new, old, word):
    one = battle(fought(taken, new, old, word))
    other = battle(fought(taken, old, new, MIRRORED[word]))
    assert one.forfeit == other.forfeit
    assert (one.candidate_failed, one.baseline_failed) == (
        other.baseline_failed,
        other.candidate_failed,
    )
    assert (one.score is None) == (other.score is None)
    assert one.score is None or one.score == 1.0 - other.score


@quick
@given(finishes, ends, ends, words)
def test_a_candidate_whose_answer_is_not_judged_never_passes_better_by_it(taken, new, old, word):
    as_it_is = evidence(fought(taken, new, old, word))
    had_it_won = evidence(fought(taken, "stop", old, "win"))
    assert sum(as_it_is.passing) <= sum(had_it_won.passing) or not had_it_won.passing
    if not as_it_is.values and as_it_is.passing:
        assert as_it_is.passing == (0.0,)


@quick
@given(finishes, ends, ends, words)
def test_what_is_a_void_is_no_value_and_what_is_none_is_one(taken, new, old, word):
    scene = fought(taken, new, old, word)
    found = evidence(scene)
    assert found.void == (battle(scene).score is None) == (not found.values)
