import asyncio
from importlib.metadata import entry_points
from pathlib import Path

import arenatest_example
import pytest
from arenatest_example.word_count import WORD_COUNT, WordCountOptions
from pydantic import ValidationError

from arenatest import hookspec
from arenatest.hookspec import Context, Sample
from arenatest.model.answer import Answer
from arenatest.model.prompt import Message, Prompt


@pytest.mark.parametrize(
    ("text", "words"), [("", 0), ("one", 1), (" two\nwords ", 2), ("don't stop - now", 4)]
)
def test_words_are_what_stands_between_white_space(text, words):
    context = Context(directory=Path(), environ={}, clock=lambda: 0.0, shared={})
    metric = WORD_COUNT.build(WordCountOptions(), context)
    prompt = Prompt(id="p", messages=(Message(role="user", content="hi"),))
    sample = Sample(prompt=prompt, answer=Answer(text=text, finish="stop"), baseline=None)
    assert asyncio.run(metric.measure(sample)) == words


def test_it_is_declared_in_words_without_bounds():
    spec = WORD_COUNT.spec(WordCountOptions())
    assert (spec.name, spec.unit, spec.direction, spec.range) == (
        "word_count",
        "words",
        "lower",
        None,
    )


def test_it_takes_no_options():
    with pytest.raises(ValidationError):
        WordCountOptions(language="en")


def test_pytest_finds_it_through_its_entry_point():
    (found,) = entry_points(group="pytest11", name="arenatest_example")
    assert found.load() is arenatest_example
    assert arenatest_example.pytest_arena_metrics() == {"word_count": WORD_COUNT}


def test_the_hook_is_spelt_as_arenatest_spells_it():
    hooks = [name for name in vars(arenatest_example) if name.startswith("pytest_")]
    assert hooks == ["pytest_arena_metrics"]
    assert all(hasattr(hookspec, name) for name in hooks)
