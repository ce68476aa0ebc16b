import asyncio

from arenatest.arena.reuse import Reuse
from fakes.models import said


class Shelf:
    """A store that holds answers by key."""

    def __init__(self, **models):
        self.answers = {key: said(f"text {key}", model=model) for key, model in models.items()}

    def reusable_answers(self, keys, not_before):
        return {key: (f"chat {key}", self.answers[key], 1, None) for key in keys}


def loaded(not_before=0.0, **models):
    reuse = Reuse(Shelf(**models), not_before)
    asyncio.run(reuse.load_answers(models))
    return reuse


def test_a_recorded_answer_is_reused_and_says_so():
    found = loaded(a="m-1").answer("new", "a")
    assert (found.answer.text, found.chat_id, found.reused) == ("text a", "chat a", True)


def test_nothing_is_looked_up_in_a_fresh_run():
    assert loaded(None, a="m-1").answer("new", "a") is None


def test_reuse_ends_when_the_server_names_another_model():
    reuse = loaded(a="m-1", b="m-1")
    assert reuse.answer("new", "a") is not None
    reuse.saw_model("new", "m-2")
    assert reuse.answer("new", "b") is None


def test_an_answer_of_another_model_than_a_fresh_one_is_not_reused():
    reuse = loaded(a="m-1")
    reuse.saw_model("new", "m-2")
    assert reuse.answer("new", "a") is None


def test_recorded_answers_of_two_models_are_not_mixed():
    reuse = loaded(a="m-1", b="m-2", c="m-1")
    found = [reuse.answer("new", key) for key in "abc"]
    assert [answer is not None for answer in found] == [True, False, False]


def test_a_change_of_one_contestants_model_says_nothing_about_another():
    reuse = loaded(a="m-1")
    reuse.saw_model("new", "m-1")
    reuse.saw_model("new", "m-2")
    assert reuse.answer("old", "a") is not None


def test_a_server_that_names_no_model_says_nothing():
    reuse = loaded(a="m-1", b=None)
    assert reuse.answer("new", "a") is not None
    reuse.saw_model("new", None)
    assert reuse.answer("new", "b") is not None
