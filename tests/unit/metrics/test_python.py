import asyncio
import math

import pytest
from pydantic import ValidationError

from arenatest.hookspec import Context, Sample
from arenatest.metrics.python import PYTHON, PythonMetric, PythonOptions
from arenatest.model.answer import Answer
from arenatest.model.prompt import Message, Prompt

SAMPLE = Sample(
    prompt=Prompt(id="p", messages=(Message(role="user", content="hi"),)),
    answer=Answer(text="thank you", finish="stop"),
    baseline=None,
)


def measure(function):
    return asyncio.run(PythonMetric(function).measure(SAMPLE))


def test_a_scorer_gets_the_prompt_and_the_answer():
    assert measure(lambda prompt, answer: float("thank" in answer.text and prompt.id == "p")) == 1.0


def test_an_async_scorer_is_awaited():
    async def half(prompt, answer):
        return 0.5

    assert measure(half) == 0.5


def test_none_says_that_it_does_not_apply():
    assert measure(lambda prompt, answer: None) is None


@pytest.mark.parametrize(
    ("options", "bounds", "unit"),
    [
        ({}, (0.0, 1.0), "fraction"),
        ({"unit": "fraction"}, (0.0, 1.0), "fraction"),
        ({"unit": "words"}, None, "words"),
        ({"unit": "words", "range": [0, 50]}, (0.0, 50.0), "words"),
        ({"range": "none"}, None, "fraction"),
    ],
)
def test_a_range_is_assumed_only_where_no_unit_is_given(options, bounds, unit):
    spec = PYTHON.spec(PythonOptions(function="scorers:polite", **options))
    assert (spec.name, spec.range, spec.unit) == ("polite", bounds, unit)
    assert (spec.direction, spec.rate, spec.source) == ("higher", False, "plugin")


@pytest.mark.parametrize("limits", [[1, 0], [1, 1], [0, math.inf], [0], "all"])
def test_a_range_that_is_none_is_refused(limits):
    with pytest.raises(ValidationError, match="range"):
        PythonOptions(function="a:b", range=limits)


def test_it_is_built_from_the_file_beside_the_suite(tmp_path):
    (tmp_path / "scorers.py").write_text("def one(prompt, answer):\n    return 1\n")
    options = PythonOptions(function="scorers:one")
    context = Context(directory=tmp_path, environ={}, clock=lambda: 0.0, shared={})
    assert asyncio.run(PYTHON.build(options, context).measure(SAMPLE)) == 1.0
    assert "sha256" in PYTHON.identity(options, tmp_path)
