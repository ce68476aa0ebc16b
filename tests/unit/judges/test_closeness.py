from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenatest.judges.closeness import last_number, overlap, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Answer, is: PARIS!", ["answer", "is", "paris"]),
        ("Don't", ["dont"]),
        ("1,000.5 and 9:15", ["1000.5", "and", "9", "15"]),
        ("\uff30\uff41\uff52\uff49\uff53", ["paris"]),
        ("北京是首都", list("北京是首都")),
        ("Tokyo(東京)", ["tokyo", "東", "京"]),
        ("naïve café", ["naïve", "café"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("“quoted” \u2013 text…", ["quoted", "text"]),
        ("", []),
    ],
)
def test_texts_are_compared_by_words_in_any_script(text, expected):
    assert tokens(text) == expected


def test_recall_is_the_share_of_the_reference_that_the_answer_holds():
    assert overlap("240 euros", "It is 240 dollars").recall == 0.5
    assert overlap("under the piano", "Under a piano.").recall == 1.0
    assert overlap("go go go", "go").recall == pytest.approx(1 / 3)


def test_token_f1_falls_with_what_is_said_beside():
    brief, long = overlap("Paris", "Paris."), overlap("Paris", "It might well be Paris")
    assert (brief.f1, long.f1) == (1.0, pytest.approx(2 / 6))


def test_exact_and_contains_look_at_the_order_of_words():
    assert overlap("the red car", "Red car!").exact
    assert not overlap("red car", "car red").contains
    assert overlap("red car", "a big red car there").contains


def test_a_reference_of_an_article_alone_counts():
    assert overlap("A", "The answer is A.").recall == 1.0
    assert overlap("A", "The answer is B.").recall == 0.0


@pytest.mark.parametrize("reference", ["+", "👍", "?!"])
def test_a_reference_without_words_is_looked_for_as_it_stands(reference):
    assert overlap(reference, f"I say {reference}").recall == 1.0
    assert overlap(reference, "I say nothing").recall == 0.0
    assert overlap(reference, f" {reference} ").exact


@given(st.text(max_size=40), st.text(max_size=40))
def test_shares_stay_between_0_and_1(reference, answer):
    found = overlap(reference, answer)
    assert 0.0 <= found.recall <= 1.0
    assert 0.0 <= found.f1 <= 1.0
    same = overlap(answer, answer)
    assert same.recall == same.f1 == 1.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The total is 1,000.5.", "1000.5"),
        ("1.000,5 km", "1000.5"),
        ("-3", "-3"),
        ("\u2212 3", "-3"),
        ("costs -$4", "-4"),
        ("5-3", "3"),
        ("3/4", "3/4"),
        ("1 1/2 cups", "3/2"),
        ("1\u00bd", "3/2"),
        ("2.5e3", "2500"),
        (".5", "1/2"),
        ("42.", "42"),
        ("12,34", "34"),
        ("first 7, then 8", "8"),
    ],
)
def test_the_last_number_is_read(text, value):
    assert last_number(text).value == Fraction(value)


@pytest.mark.parametrize("text", ["", "none at all", "9" * 5000])
def test_no_number_is_none(text):
    assert last_number(text) is None


def test_percent_is_as_good_as_its_fraction():
    assert last_number("50 %").distance(last_number("0.5")) == 0
    assert last_number("50").distance(last_number("50%")) == 0
    assert last_number("50%").distance(last_number("40%")) == 10


@given(st.text(alphabet="0123456789.,-/% eE$", max_size=30))
def test_any_digits_are_read_or_refused(text):
    number = last_number(text)
    assert number is None or float(number.value) == pytest.approx(float(number.value))
