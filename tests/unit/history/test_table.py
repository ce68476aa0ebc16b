from arenatest.history.table import aligned, shortened


def test_columns_stand_side_by_side_and_numbers_to_the_right():
    rows = [("RUN", "CALLS", "SUITE"), ("5f0c", "1,204", "support"), ("9be0144d", "7", "x")]
    assert list(aligned(rows, right={1})) == [
        "RUN       CALLS  SUITE",
        "5f0c      1,204  support",
        "9be0144d      7  x",
    ]


def test_hostile_names_neither_steer_the_terminal_nor_break_the_line():
    (line,) = aligned([("\x1b[31mred\x1b[0m\nnew", "a\u202eb", "::error::x")])
    assert "\x1b" not in line
    assert "\u202e" not in line
    assert line.startswith("red new  a⟦U+202E⟧b")


def test_wide_letters_take_two_columns():
    assert list(aligned([("日本", "x"), ("abcd", "y")])) == ["日本  x", "abcd  y"]


def test_a_long_line_is_cut_to_the_width_of_the_terminal():
    (line,) = aligned([("abc", "x" * 100)], width=20)
    assert line == "abc  xxxxxxxxxxxx..."
    assert shortened("日本語テキスト", 9) == "日本語..."
