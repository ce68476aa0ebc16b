"""The scanner of lines against tomli, on documents whose lines are known from their making."""

import tomli
from hypothesis import given
from hypothesis import strategies as st

from arenatest.suite.toml_lines import Lines

bare = st.text("abcXYZ09_-", min_size=1, max_size=6)
quoted = st.text("ab.[]#='é \t", max_size=5).map(lambda text: '"' + text.replace("\t", "\\t") + '"')
literal = st.text('ab.[]#="\\ ', max_size=5).map(lambda text: f"'{text}'")
words = st.lists(
    st.sampled_from(["a", "#", "[x]", "y = 1", "\n", "]", "}", "'", ",", "[[z]]", "\\\\", '\\"']),
    max_size=6,
).map("".join)
one_line = words.map(lambda text: text.replace("\n", " "))
scalars = st.one_of(
    st.sampled_from(["1", "-0.5", "true", "inf", "2024-01-01", "07:32:00", "0x1F"]),
    one_line.map(lambda text: f'"{text}"'),
    one_line.map(lambda text: "'" + text.replace("'", "") + "'"),
    words.map(lambda text: f'"""{text}"""'),
    words.map(lambda text: f'"""{text}x""""'),
    words.map(lambda text: "'''" + text.replace("'", "") + "'''"),
    words.map(lambda text: "'''" + text.replace("'", "") + "x'''''"),
)
breaks = st.sampled_from(["", " ", "\n", " # ] ' \"\n", "\r\n"])


def arrays(values):
    items = st.lists(st.tuples(breaks, values, breaks), max_size=3)
    return items.map(lambda parts: "[" + ",".join(f"{a}{v}{b}" for a, v, b in parts) + "\n]")


def inline(values):
    inner = st.lists(values.filter(lambda value: "\n" not in value), max_size=3)
    return inner.map(
        lambda parts: "{" + ", ".join(f"k{i} = {part}" for i, part in enumerate(parts)) + "}"
    )


values = st.recursive(scalars, lambda inner: st.one_of(arrays(inner), inline(inner)), max_leaves=6)
keys = st.lists(st.one_of(bare, quoted, literal), min_size=1, max_size=3)
blanks = st.lists(st.sampled_from(["", "  # [no] = 'x", "\t", '# """']), max_size=2)
statements = st.lists(
    st.tuples(st.sampled_from(["[]", "[[]]", "=", "=", "="]), keys, values, blanks, st.booleans()),
    max_size=8,
)


def resolved(document, key):
    """The place of a header in the document made so far: a list means its last table."""
    place, held = [], document
    for part in key:
        place.append(part)
        held = held[part]
        if isinstance(held, list):
            place.append(len(held) - 1)
            held = held[-1]
    return tuple(place)


def names(key):
    (document,) = [tomli.loads(".".join(key) + " = 1")]
    found = []
    while isinstance(document, dict):
        ((name, document),) = document.items()
        found.append(name)
    return found


def written(kind, key, value):
    dotted = " . ".join(key)
    return (
        f"{dotted} = {value}"
        if kind == "="
        else f"{kind[: len(kind) // 2]} {dotted} {']' * (len(kind) // 2)}"
    )


@given(statements)
def test_every_line_is_where_the_statement_was_written(parts):
    text, table, expected = "", (), {}
    for kind, key, value, before, comment in parts:
        gap = "".join(f"{blank}\n" for blank in before)
        line = text.count("\n") + len(before) + 1
        candidate = f"{text}{gap}{written(kind, key, value)}{' # [x]' if comment else ''}\n"
        try:
            document = tomli.loads(candidate)
        except tomli.TOMLDecodeError:
            continue  # a key or a table twice: not a document
        text = candidate
        if kind == "=":
            expected[(*table, *names(key))] = line
        else:
            table = resolved(document, names(key))
            expected[table] = line
    lines = Lines(text)
    assert {place: lines.find(place) for place in expected} == expected


@given(statements)
def test_every_known_place_is_in_the_document(parts):
    text = ""
    for kind, key, value, _, _ in parts:
        candidate = f"{text}{written(kind, key, value)}\n"
        try:
            tomli.loads(candidate)
        except tomli.TOMLDecodeError:
            continue
        text = candidate
    document = tomli.loads(text)
    for place in Lines(text).known:
        held = document
        for part in place:
            held = held[part]
