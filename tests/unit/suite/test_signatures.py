import functools

import pytest

from arenatest.suite.mistakes import Mistake
from arenatest.suite.signatures import check_arguments

ASKED = ("prompt", "answer")


def nothing():
    raise AssertionError("never called")


def three(prompt, answer, context):
    raise AssertionError("never called")


async def one(prompt):
    raise AssertionError("never called")


def by_name(prompt, *, answer: "str" = "x" * 99):
    raise AssertionError("never called")


class Model:
    def answer(self, prompt, answer):
        raise AssertionError("never called")

    def __call__(self, prompt, answer):
        raise AssertionError("never called")


def handed_on(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function("a client", *args, **kwargs)

    return wrapper


@pytest.mark.parametrize(
    ("function", "found"),
    [
        (nothing, "nothing takes ()"),
        (three, "three takes (prompt, answer, context)"),
        (one, "one takes (prompt)"),
        (by_name, "by_name takes (prompt, *, answer)"),
        (Model, "Model takes ()"),
        (functools.partial(three, "q", "a", "c"), "functools:partial takes ()"),
    ],
)
def test_a_function_of_other_arguments_is_refused_with_what_it_takes(function, found, tmp_path):
    with pytest.raises(Mistake) as caught:
        check_arguments(function, tmp_path, ASKED)
    message = str(caught.value)
    assert message.removeprefix(f"{__name__}:") == (
        f"{found}, expected a function of (prompt, answer)"
    )
    assert caught.value.place == ("function",)


@pytest.mark.parametrize(
    "function",
    [
        lambda prompt, answer: None,
        lambda p, /, a: None,
        lambda prompt, answer, more=1, *, most=2: None,
        lambda *args: None,
        lambda prompt, *rest, **named: None,
        Model().answer,
        Model(),
        functools.partial(three, context="c"),
        handed_on(three),
    ],
)
def test_whatever_can_be_called_so_passes(function, tmp_path):
    check_arguments(function, tmp_path, ASKED)


def test_what_has_no_signature_passes(tmp_path):
    check_arguments(max, tmp_path, ASKED)

    def odd(prompt):
        raise AssertionError("never called")

    odd.__signature__ = "none"
    check_arguments(odd, tmp_path, ASKED)


def test_a_named_function_is_called_as_the_suite_calls_it(tmp_path):
    (tmp_path / "models.py").write_text("class Bot:\n    def say(self, prompt):\n        1 / 0\n")
    with pytest.raises(Mistake) as caught:
        check_arguments("models:Bot.say", tmp_path, ("prompt",))
    assert str(caught.value) == (
        "models:Bot.say takes (self, prompt), expected a function of (prompt)"
    )
