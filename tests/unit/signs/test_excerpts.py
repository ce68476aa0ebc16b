import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenatest.signs import excerpts

PROSE = "The quick brown fox jumps over the lazy dog. " * 20
WORDS = set(PROSE.split())


@pytest.mark.parametrize("place", [0, 7, 40, 100, 450, len(PROSE) - 3])
def test_an_excerpt_holds_whole_words_and_says_where_more_stood(place):
    shown = excerpts.around(PROSE, place)
    assert set(shown.split()) <= WORDS | {"…"}
    assert shown.startswith("… ") == (place > 30)
    assert shown.endswith(" …") == (place < len(PROSE) - 100)


def test_a_short_text_is_shown_whole_on_one_line():
    for cut in (excerpts.beginning, excerpts.ending):
        assert cut("  It is\n\nParis. ") == "It is Paris."


def test_a_beginning_and_an_ending_are_cut_on_one_side_only():
    assert excerpts.beginning(PROSE).endswith(" …")
    assert excerpts.beginning(PROSE).startswith("The quick")
    assert excerpts.ending(PROSE).startswith("… ")
    assert excerpts.ending(PROSE).endswith("lazy dog.")


def test_a_script_without_spaces_is_cut_where_it_must():
    text = "\u6211" * 500
    assert excerpts.around(text, 250) == "… " + "\u6211" * 116 + " …"


@given(st.text(), st.integers(0, 50), st.text(alphabet="ab \n", max_size=300))
def test_no_excerpt_is_longer_than_told_or_loses_its_place(head, gap, tail):
    text = f"{head}{' ' * gap}[[A>B]] {tail}"
    shown = excerpts.around(text, len(head) + gap)
    assert "[[A>B]]" in shown
    for made in (shown, excerpts.beginning(text), excerpts.ending(text)):
        assert len(made) <= excerpts.LONGEST
