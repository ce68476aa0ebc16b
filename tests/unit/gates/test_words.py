import pytest

from arenatest.gates.words import amount, interval, limit


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.5, "fraction", "0.500"),
        (1.0, "fraction", "1.000"),
        (0.64, "s", "640 ms"),
        (0.0064, "s", "6.4 ms"),
        (0.00042, "s", "0.42 ms"),
        (0.0, "s", "0 ms"),
        (0.9997, "s", "1.00 s"),
        (1.234, "s", "1.23 s"),
        (125.4, "s", "125 s"),
        (1.312, "ratio", "1.31x"),
        (0.97, "ratio", "0.97x"),
        (0.0021, "USD", "$0.0021"),
        (1.5, "USD", "$1.50"),
        (1234.5, "USD", "$1,234.50"),
        (-0.5, "USD", "-$0.50"),
        (0.0, "USD", "$0.00"),
        (212.0, "tokens", "212 tokens"),
        (3.27, "tokens", "3.27 tokens"),
        (212.4, "tokens", "212 tokens"),
        (1204567.0, "characters", "1,204,567 characters"),
        (4.0, "", "4"),
    ],
)
def test_amounts_read_as_people_write_them(value, unit, words):
    assert amount(value, unit) == words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.45, "fraction", "0.45"),
        (0.4567, "fraction", "0.4567"),
        (0.0, "fraction", "0"),
        (0.8, "s", "800 ms"),
        (0.0005, "s", "0.5 ms"),
        (2.0, "s", "2 s"),
        (1.1, "ratio", "1.10x"),
        (1.125, "ratio", "1.125x"),
        (0.0015, "USD", "$0.0015"),
        (200.0, "tokens", "200 tokens"),
    ],
)
def test_limits_are_shown_exactly(value, unit, words):
    assert limit(value, unit) == words


def test_digits_are_added_until_value_and_limit_differ():
    assert amount(0.44999, "fraction", near=0.45) == "0.44999"
    assert amount(0.8001, "s", near=0.8) == "800.1 ms"
    assert amount(0.45, "fraction", near=0.45) == "0.450"


def test_an_interval_has_the_scale_of_its_value():
    assert interval(0.9, 1.4, 1.1, "s") == "[0.90, 1.40]"
    assert interval(None, None, 0.5, "fraction") == "[-, -]"


def test_an_interval_has_the_digits_of_its_value():
    assert amount(12.503, "words", near=12.5) == "12.503 words"
    assert interval(12.4871, 12.5189, 12.503, "words", near=12.5) == "[12.487, 12.519]"
