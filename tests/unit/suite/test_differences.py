"""A record answers for a plan only if the evidence is the same: what differs is named."""

from dataclasses import replace

import pytest

from arenatest.model.health import GoldenBattle
from arenatest.model.judgment import Verdict
from arenatest.model.plan import JudgeSeat
from arenatest.suite.differences import answer_differences, differences, judge_differences
from unit.gates.scenes import contestant, plan, prompt, prompts, rule

LLM = JudgeSeat(
    name="llm", kind="llm", fingerprint="f", settings={"model": "m", "params": {"t": 0}}
)
RECORDED = plan(3, judges=(LLM,), rules=(rule(),))
GOLDEN = (GoldenBattle(prompt=prompt(9), text_a="a", text_b="b", expected=(Verdict.TIE,)),)


def test_limits_and_what_is_made_of_verdicts_may_differ():
    other = replace(
        RECORDED,
        rules=(rule(limit=0.6), rule("error_rate", side="max", limit=0.1)),
        max_void=0.5,
        voting="majority",
        early_stop=False,
        path="elsewhere.arena.toml",
        metrics=(),
        judges=(replace(LLM, strength=True),),
        hash="other",
    )
    assert differences(other, RECORDED) == ()


def test_a_record_may_hold_more_candidates_than_are_asked_for():
    fewer = replace(RECORDED, candidates=(contestant("new"),))
    assert differences(fewer, RECORDED) == ()
    assert differences(RECORDED, fewer) == ("the candidate 'other' did not take part",)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"seed": 3}, "the seed is 3, it was 0"),
        ({"repeats": 2}, "repeats is 2, it was 1"),
        ({"prompts": prompts(5)}, "2 prompts new ('p3', 'p4')"),
        ({"prompts": prompts(2)}, "1 prompt gone ('p2')"),
        (
            {"prompts": (*prompts(2), prompt(2, category="kids"))},
            "1 prompt labelled otherwise ('p2')",
        ),
        (
            {"prompts": (*prompts(2), prompt(2, reference="42"))},
            "1 prompt changed ('p2')",
        ),
        ({"prompts": prompts(3)[::-1]}, "the prompts stand in another order"),
        ({"baseline": contestant("gpt")}, "the baseline is 'gpt', it was 'old'"),
        (
            {"baseline": replace(contestant("old"), fingerprint="x")},
            "the baseline 'old' has changed",
        ),
        (
            {"candidates": (replace(contestant("new"), fingerprint="x"),)},
            "the candidate 'new' has changed",
        ),
        ({"judges": (replace(LLM, fingerprint="x"),)}, "the judge 'llm' has changed"),
        ({"judges": (replace(LLM, repeats=3),)}, "the judge 'llm' repeats 3, it was 1"),
        ({"judges": ()}, "the judge 'llm' is gone"),
        ({"judges": (LLM, replace(LLM, name="two"))}, "the judge 'two' did not judge"),
        ({"golden": GOLDEN}, "the golden set is another one"),
    ],
)
def test_what_differs_in_evidence_is_one_line(change, line):
    assert differences(replace(RECORDED, **change), RECORDED) == (line,)


def test_another_seed_names_the_seed_and_not_the_order_it_draws():
    other = replace(RECORDED, seed=1, prompts=prompts(3)[::-1])
    assert differences(other, RECORDED) == ("the seed is 1, it was 0",)


def test_only_some_of_many_prompts_are_named():
    (line,) = differences(replace(RECORDED, prompts=prompts(1203)), RECORDED)
    assert line == "1,200 prompts new ('p3', 'p4', 'p5', ...)"


def test_for_answers_it_does_not_matter_who_judged():
    assert answer_differences(replace(RECORDED, judges=(), golden=GOLDEN), RECORDED) == ()


def test_a_reply_may_be_read_by_another_parser_but_not_be_of_another_judge():
    reader = replace(RECORDED, judges=(replace(LLM, fingerprint="new parser"),))
    assert judge_differences(reader, RECORDED) == ()
    model = replace(LLM, settings={**LLM.settings, "model": "other"})
    other = replace(RECORDED, judges=(model,))
    assert judge_differences(other, RECORDED) == ("the judge 'llm' has changed",)


def test_a_reply_to_another_rubric_is_not_read_again():
    told = replace(RECORDED, judges=(replace(LLM, rubric="r"),))
    other = replace(RECORDED, judges=(replace(LLM, rubric="s"),))
    assert judge_differences(told, told) == ()
    assert judge_differences(other, told) == ("the judge 'llm' has changed",)
    assert judge_differences(told, RECORDED) == (), "an older record does not know its rubric"


def test_a_judge_without_replies_is_known_by_its_fingerprint_alone():
    function = replace(LLM, kind="python")
    recorded = replace(RECORDED, judges=(function,))
    other = replace(RECORDED, judges=(replace(function, fingerprint="x"),))
    assert judge_differences(other, recorded) == ("the judge 'llm' has changed",)
