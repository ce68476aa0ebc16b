"""Copies with changed fields are those that the standard library makes."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenatest.model.answer import Answer, Timing
from arenatest.model.revised import revised_answer, revised_timing

TIMING = Timing(**{field.name: f"a {field.name}" for field in fields(Timing)})


@given(st.sets(st.sampled_from([field.name for field in fields(Timing)])))
def test_a_revised_value_equals_a_replaced_one(names):
    changes = {name: f"another {name}" for name in names}
    assert revised_timing(TIMING, **changes) == replace(TIMING, **changes)


def test_the_value_itself_stays_as_it_is():
    answer = Answer(text="before", timing=TIMING)
    assert revised_answer(answer, text="after").text == "after"
    assert answer == Answer(text="before", timing=TIMING)


def test_an_unknown_field_is_an_error():
    with pytest.raises(TypeError, match=r"^Answer has no field txet$"):
        revised_answer(Answer(text=""), txet="x", text="y")
