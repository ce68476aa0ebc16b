from pathlib import Path

import pytest

from arenatest.commands.rerun import part_of
from arenatest.errors import OptionError
from fakes.ledgers import rule
from fakes.plans import plan_of, prompt_of
from fakes.runs import FakeJudge, naming, suite_of

TURNS = [prompt_of(f"talk/{n + 1}", conversation="talk", turn=n) for n in range(3)]
PLAN = plan_of([*TURNS, "alone", "other"], candidates=("new", "third"), rules=(rule("win_rate"),))
MODELS = {name: naming(name) for name in ("old", "new", "third")}
SUITE = suite_of(PLAN, MODELS, FakeJudge(), folder=Path())


def asked(*prompts, candidate=None, times=1):
    return part_of(SUITE, prompts, candidate, times)


def test_only_what_was_named_is_asked_and_no_gate_is_decided():
    plan = asked("alone").plan
    assert [prompt.id for prompt in plan.prompts] == ["alone"]
    assert plan.rules == ()


def test_earlier_turns_of_a_conversation_come_along_and_later_ones_do_not():
    assert [prompt.id for prompt in asked("talk/2").plan.prompts] == ["talk/1", "talk/2"]


def test_one_candidate_may_be_asked_alone():
    part = asked("alone", candidate="third")
    assert [one.name for one in part.plan.candidates] == ["third"]
    assert [setup.name for setup in part.contestants] == ["old", "third"]


def test_what_is_asked_more_often_is_another_plan():
    once, twice = asked("alone").plan, asked("alone", times=2).plan
    assert twice.repeats == 2
    assert len({once.hash, twice.hash, PLAN.hash}) == 3


def test_an_unknown_prompt_or_candidate_is_told_with_what_is_near():
    with pytest.raises(OptionError, match=r"no prompt has the id 'alon', did you mean 'alone'\?"):
        asked("alon")
    with pytest.raises(OptionError, match="got 'old', expected a candidate: new, third"):
        asked("alone", candidate="old")
