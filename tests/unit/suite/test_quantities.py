import math

import pytest

from arenatest.suite.mistakes import Mistake
from arenatest.suite.quantities import fraction, number_in, quotient, seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("800 ms", 0.8),
        ("800ms", 0.8),
        ("1.5 s", 1.5),
        (" 2 min ", 120.0),
        ("1 h", 3600.0),
        (".5 s", 0.5),
        ("150 us", 0.00015),
        ("0.3 ms", 0.0003),
    ],
)
def test_a_duration_becomes_seconds(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize(
    "value",
    ["", "s", "1", "-1 s", "1 sec", "1 S", "1,5 s", "1 s s", None, [], True, "0 s", "1e3 s"],
)
def test_what_is_no_duration_is_a_mistake(value):
    with pytest.raises(Mistake, match="expected a duration"):
        seconds(value)


@pytest.mark.parametrize(("value", "hint"), [(800, '"800 ms" or "800 s"'), (1.5, '"1.5 s"')])
def test_a_bare_number_is_told_how_to_write_its_unit(value, hint):
    with pytest.raises(Mistake) as caught:
        seconds(value)
    assert hint in caught.value.hint


@pytest.mark.parametrize("value", [0, 1, 0.45, 1.0])
def test_a_fraction_is_a_number_from_0_to_1(value):
    assert fraction(value) == value


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (55, "percentages are written as fractions: 0.55"),
        (1.5, "percentages are written as fractions: 0.015"),
        ("45 %", "percentages are written as fractions: 0.45"),
        (-0.1, ""),
        (101, ""),
        (True, ""),
        (math.nan, ""),
        ("x", ""),
    ],
)
def test_what_is_no_fraction_is_a_mistake(value, hint):
    with pytest.raises(Mistake, match="expected a fraction from 0 to 1") as caught:
        fraction(value)
    assert caught.value.hint == hint


@pytest.mark.parametrize("value", [0, -1, math.inf, math.nan, "1.1", True, 50, 110])
def test_what_is_no_ratio_is_a_mistake(value):
    with pytest.raises(Mistake, match="expected a ratio"):
        quotient(value)


def test_a_number_keeps_to_its_range():
    assert number_in(3, 0, 10) == 3.0
    assert number_in(-3) == -3.0
    with pytest.raises(Mistake, match="got 11, expected a number from 0 to 10"):
        number_in(11, 0, 10)
    with pytest.raises(Mistake, match="got inf, expected a finite number"):
        number_in(math.inf)
