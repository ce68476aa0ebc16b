import difflib

import pytest
import tomli

from arenatest.errors import OptionError
from arenatest.lock.promotion import promote

SUITE = '''\
# support answers
[suite]
name = "support"

# What is in production
[baseline]
name = "old"     # since spring
provider = "openai"
model = "m-1"
[baseline.params]
temperature = 0

# the cheap one
[[candidates]]
name = "new"
provider = "openai"   # same house
model = "m-2"
system = """
[baseline]
# not a comment
"""

[candidates.params]
temperature = 0.5

# the other one
[[candidates]]
name = "third"
provider = "python"
function = "models:third"

# who judges
[[judges]]
kind = "reference"
'''


def diff(after, before=SUITE):
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if line[:2] not in ("--", "++", "@@")]


def test_the_candidate_becomes_the_baseline_and_its_table_goes():
    made = tomli.loads(promote(SUITE, "new"))
    meant = tomli.loads(SUITE)
    assert made["baseline"] == meant["candidates"][0]
    assert made["candidates"] == meant["candidates"][1:]
    assert made["judges"] == meant["judges"]


def test_lines_elsewhere_stay_byte_for_byte():
    assert diff(promote(SUITE, "third")) == [
        '-name = "old"     # since spring',
        '-provider = "openai"',
        '-model = "m-1"',
        "-[baseline.params]",
        "-temperature = 0",
        '+name = "third"',
        '+provider = "python"',
        '+function = "models:third"',
        "-# the other one",
        "-[[candidates]]",
        '-name = "third"',
        '-provider = "python"',
        '-function = "models:third"',
        "-",
    ]


def test_comments_in_the_candidates_table_move_with_its_keys():
    made = promote(SUITE, "new")
    assert 'provider = "openai"   # same house' in made
    assert "# What is in production\n[baseline]\n" in made
    assert "# who judges\n[[judges]]" in made


def test_the_parts_of_a_contestant_move_with_it():
    text = (
        '[baseline]\nname = "a"\n[[baseline.parts]]\nmodel = "x"\n\n[[candidates]]\nname = "b"\n'
        '[[candidates.parts]]\nmodel = "y"\n[[ candidates . parts ]]\nmodel = "z"\n'
    )
    made = tomli.loads(promote(text, "b"))
    assert made == {"baseline": {"name": "b", "parts": [{"model": "y"}, {"model": "z"}]}}


def test_a_kept_table_stays_under_another_name():
    made = promote(SUITE, "new", keep='new "next"')
    read = tomli.loads(made)
    assert [table["name"] for table in read["candidates"]] == ['new "next"', "third"]
    assert read["candidates"][0]["params"] == read["baseline"]["params"]
    assert "# the cheap one\n[[candidates]]" in made


def test_the_last_table_of_a_file_without_a_final_line_feed_is_moved_whole():
    text = '[[candidates]]\nname = "b"\nx = 1\n[baseline]\nname = "a"'
    assert tomli.loads(promote(text, "b"))["baseline"] == {"name": "b", "x": 1}
    reverse = '[baseline]\nname = "a"\n\n[[candidates]]\nname = "b"\nx = 1'
    assert promote(reverse, "b") == '[baseline]\nname = "b"\nx = 1\n\n'


def test_line_ends_of_windows_stay():
    text = SUITE.replace("\n", "\r\n")
    assert promote(text, "third") == promote(SUITE, "third").replace("\n", "\r\n")


def test_an_unknown_candidate_is_refused_with_the_known_ones():
    with pytest.raises(OptionError, match="got 'old', expected a candidate: new, third"):
        promote(SUITE, "old")


@pytest.mark.parametrize(
    "text",
    [
        'baseline = { name = "a" }\n[[candidates]]\nname = "b"\n',
        'candidates = [{ name = "b" }]\n[baseline]\nname = "a"\n',
        '[baseline]\nname = "a"\n[["candidates"]]\nname = "b"\n["candidates".params]\nx = 1\n',
    ],
)
def test_tables_in_other_forms_are_refused_rather_than_guessed(text):
    with pytest.raises(OptionError, match="cannot be edited line by line"):
        promote(text, "b")


def test_a_name_that_is_not_on_a_line_of_its_own_cannot_be_changed():
    text = '[baseline]\nname = "a"\n[[candidates]]\n"name" = "b"\n'
    with pytest.raises(OptionError, match="cannot be edited line by line"):
        promote(text, "b", keep="c")
