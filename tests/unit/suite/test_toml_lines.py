import tomli

from arenatest.suite.toml_lines import Lines

DOCUMENT = '''\
# [suite] in a comment
title = """
[gates]
name = 1 ""\\"
""""   # five quotes, and a comment

[suite]   # tail
name = "a # b [x]"
notes = [  # a list ] over lines
  "x]", 'y\\',
  """
  z = 1
  """,
]
literal = \'\'\'
[[gates]]
it\'\'s\'\'\'
"quoted.key" . sub = { a = 1, b = "}" }
run.seed = 1

[[gates]]
metric = "x"
where.category = 'k'
  [gates.inner]
  z = 1
  [[gates.list]]
  [[gates.list]]
  y = 2
[[ gates ]]
min=1
[gates.inner]
[a.b.'c d']
e = 2024-01-01T00:00:00Z
'''


def test_headers_and_keys_have_their_lines():
    tomli.loads(DOCUMENT)
    assert Lines(DOCUMENT).known == {
        ("title",): 2,
        ("suite",): 7,
        ("suite", "name"): 8,
        ("suite", "notes"): 9,
        ("suite", "literal"): 15,
        ("suite", "quoted.key"): 18,
        ("suite", "quoted.key", "sub"): 18,
        ("suite", "run"): 19,
        ("suite", "run", "seed"): 19,
        ("gates",): 21,
        ("gates", 0): 21,
        ("gates", 0, "metric"): 22,
        ("gates", 0, "where"): 23,
        ("gates", 0, "where", "category"): 23,
        ("gates", 0, "inner"): 24,
        ("gates", 0, "inner", "z"): 25,
        ("gates", 0, "list"): 26,
        ("gates", 0, "list", 0): 26,
        ("gates", 0, "list", 1): 27,
        ("gates", 0, "list", 1, "y"): 28,
        ("gates", 1): 29,
        ("gates", 1, "min"): 30,
        ("gates", 1, "inner"): 31,
        ("a",): 32,
        ("a", "b"): 32,
        ("a", "b", "c d"): 32,
        ("a", "b", "c d", "e"): 33,
    }


def test_what_has_no_line_of_its_own_has_that_of_what_holds_it():
    lines = Lines("[a]\nb = { c = [1, { d = 2 }] }\n")
    assert lines.find(("a", "b", "c", 1, "d")) == 2
    assert lines.find(("a", "missing")) == 1
    assert lines.find(("nowhere",)) is None


def test_windows_line_ends_count_once():
    assert Lines("a = 1\r\n\r\n[b]\r\nc = '''\r\n'''\r\nd = 1\r\n").known == {
        ("a",): 1,
        ("b",): 3,
        ("b", "c"): 4,
        ("b", "d"): 6,
    }


def test_a_document_may_be_empty_or_end_without_a_line_end():
    assert Lines("").known == {}
    assert Lines("# only a comment").known == {}
    assert Lines("a = 1").known == {("a",): 1}
