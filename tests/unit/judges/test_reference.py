import asyncio

import pytest

from arenatest.judges.reference import REFERENCE, ReferenceJudge, ReferenceOptions
from arenatest.model.judgment import Game, Verdict
from arenatest.model.prompt import Message, Prompt


def say(reference, a, b, method="recall"):
    prompt = Prompt(id="p", messages=(Message(role="user", content="?"),), reference=reference)
    game = Game(prompt=prompt, text_a=a, text_b=b)
    return asyncio.run(ReferenceJudge(method).judge(game, never_asked))


async def never_asked(prompt, messages):
    raise AssertionError("this judge needs no model")


def test_the_answer_that_holds_the_reference_wins():
    assert say("Paris", "It is Rome.", "I think it is Paris.").verdict is Verdict.B_BETTER
    assert say("Paris", "I think it is Paris.", "It is Rome.").verdict is Verdict.A_BETTER


def test_between_two_right_answers_the_brief_one_wins():
    assert say("Paris", "Paris.", "It is Paris, on the Seine.").verdict is Verdict.A_BETTER


def test_two_wrong_answers_tie():
    assert say("Paris", "Rome.", "It is Madrid, on no river at all.").verdict is Verdict.TIE


def test_a_difference_of_two_hundredths_is_a_tie():
    words = [f"w{number}" for number in range(50)]
    reference = " ".join(words)
    at_limit = say(reference, " ".join(words[:24]), " ".join(words[:25]))
    assert at_limit.verdict is Verdict.TIE
    assert say(reference, " ".join(words[:23]), " ".join(words[:25])).verdict is Verdict.B_BETTER


@pytest.mark.parametrize("method", ["recall", "exact", "contains", "numeric", "token_f1"])
def test_swapping_the_seats_mirrors_the_verdict(method):
    texts = ("7", "it is 7.0 or 8", "seven", "about 6", "")
    mirror = dict(zip(Verdict, reversed(Verdict), strict=True))
    for a in texts:
        for b in texts:
            assert say("7", a, b, method).verdict is mirror[say("7", b, a, method).verdict]


def test_exact_and_contains_tie_where_both_or_none_do():
    assert say("red car", "Red car", "a red car", "exact").verdict is Verdict.TIE
    assert say("red car", "my red car", "Red car", "exact").verdict is Verdict.B_BETTER
    assert say("red car", "my red car", "Red car", "contains").verdict is Verdict.TIE
    assert say("red car", "my red car", "car", "contains").verdict is Verdict.A_BETTER


def test_token_f1_looks_past_recall():
    assert say("a b c d", "b c", "b c d e f g h i j", "token_f1").verdict is Verdict.A_BETTER


def test_the_closer_number_wins():
    assert say("42", "It is 40.", "It is 45.", "numeric").verdict is Verdict.A_BETTER
    assert say("42", "No idea.", "It is 4500.", "numeric").verdict is Verdict.B_BETTER
    assert say("42", "42.0", "It is 42", "numeric").verdict is Verdict.TIE
    assert say("42", "none", "nothing", "numeric").verdict is Verdict.TIE


@pytest.mark.parametrize("reference", [None, "  "])
def test_it_abstains_from_a_prompt_without_reference(reference):
    said = say(reference, "x", "y")
    assert (said.void, said.explanation) == ("abstained", "the prompt has no reference answer")


def test_it_abstains_from_numbers_where_the_reference_has_none():
    assert say("many", "1", "2", "numeric").explanation == "no number in the reference 'many'"


def test_the_explanation_shows_what_was_compared():
    assert say("Paris", "Rome", "Paris").explanation == (
        "reference 'Paris': recall A 0.00, B 1.00; token F1 A 0.00, B 1.00"
    )


def test_the_method_is_part_of_the_identity(tmp_path):
    options = ReferenceOptions(method="numeric")
    assert REFERENCE.identity(options, tmp_path)["method"] == "numeric"
    assert ReferenceOptions().method == "recall"
