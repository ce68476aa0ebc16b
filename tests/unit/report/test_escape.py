import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenatest.report.escape import for_junit, for_markdown, for_terminal, visible


def test_hidden_characters_are_written_out():
    assert visible("a\u202eb\x00c\u200bd\x9be") == "a⟦U+202E⟧b⟦U+0000⟧c⟦U+200B⟧d⟦U+009B⟧e"


def test_a_lone_surrogate_is_written_out_so_that_it_can_be_encoded():
    assert visible("x\ud83dy").encode() == "x⟦U+D83D⟧y".encode()


def test_tabs_lines_emoji_families_and_scripts_stay():
    text = "tab\tline\n👩\u200d👧 \u0645\u06cc\u200c\u062e\u0648 中文"
    assert visible(text) == text


def test_a_joiner_between_plain_letters_is_written_out():
    assert visible("pass\u200dword") == "pass⟦U+200D⟧word"


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[31mred\x1b[0m",
        "\x1b]0;title\x07red",
        "\x1b]8;;https://evil\x1b\\red\x1b]8;;\x1b\\",
        "\x9b31mred",
        "\x1bcred",
    ],
)
def test_a_terminal_gets_no_escape_sequence(hostile):
    assert for_terminal(hostile) == "red"


@pytest.mark.parametrize(
    ("hostile", "tame"),
    [
        ("::error::x", ": :error::x"),
        ("a\n  ::set-env name=x::y", "a\n  : :set-env name=x::y"),
        ("\x1b[0m::error::x", ": :error::x"),
        ("##[error]x", "# #[error]x"),
        ("text ##vso[task.setvariable]x", "text # #vso[task.setvariable]x"),
        ("a\r::error::x", "a⟦U+000D⟧::error::x"),
    ],
)
def test_a_ci_service_gets_no_command(hostile, tame):
    assert for_terminal(hostile) == tame


def test_ordinary_colons_and_headings_stay():
    assert for_terminal("a::b\n## heading [x]") == "a::b\n## heading [x]"


@given(st.text())
def test_junit_text_is_always_well_formed_xml(text):
    root = ET.Element("x")
    root.text = for_junit(text)
    ET.fromstring(ET.tostring(root, encoding="unicode"))


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("a|b\n`c`", r"a&#124;b \`c\`"),
        ("<img> &amp;", "&lt;img&gt; &amp;amp;"),
        ("[d](http://e) ![f](g)", r"\[d\](http&#58;//e) !\[f\](g)"),
        ("@h *i* _j_ ~~k~~ $l$", r"&#64;h \*i\* \_j\_ \~\~k\~\~ \$l\$"),
        ("https://m www.n.org :smile:", "https&#58;//m www&#46;n.org &#58;smile:"),
        ("# o", r"\# o"),
        ("- p", r"\- p"),
        ("1. q", r"1\. q"),
        ("gpt-5-mini: 0.531 (n=3)", "gpt-5-mini: 0.531 (n=3)"),
    ],
)
def test_markdown_shows_text_literally_on_one_line(hostile, shown):
    assert for_markdown(hostile) == shown
