import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenatest.providers.sse import EventParser


def payloads(*reads):
    parser = EventParser()
    found = [payload.strip() for read in reads for payload in parser.feed(read)]
    rest = parser.rest()
    return found if rest is None else [*found, rest.strip()]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data:a\n\ndata:b\n\n", [b"a", b"b"]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
        (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
        (b": keep-alive\n\ndata: a\n\n: keep-alive\n\n", [b"a"]),
        (b": note\ndata: a\n\n", [b"a"]),
        (b"event: message\nid: 7\nretry: 10\ndata: a\n\n", [b"a"]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b"\n\n\n\ndata: a\n\n\n\n\ndata: b\n\n", [b"a", b"b"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"data\n\nid: 1\n\ndatabase: x\n\ndata: a\n\n", [b"a"]),
        (b"data: a\n\ndata: b\n", [b"a", b"b"]),
        (b"data: a\n\ndata: b", [b"a", b"b"]),
        (b"", []),
    ],
)
def test_data_is_found_whatever_the_line_ends_and_the_fields_beside_it(stream, expected):
    assert payloads(stream) == expected
    assert payloads(*(stream[at : at + 1] for at in range(len(stream)))) == expected


@given(
    texts=st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1), max_size=6
    ),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    data=st.data(),
)
def test_no_cut_of_the_bytes_changes_the_events(texts, newline, data):
    stream = "".join(f": c{newline}data: {text}{newline}{newline}" for text in texts).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reads = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert payloads(*reads) == [text.encode().strip() for text in texts]


def test_an_event_is_given_with_the_read_that_ends_it():
    parser = EventParser()
    assert parser.feed(b"data: a\r\n\r") == [b"a"]
    assert parser.feed(b"\ndata: b\r\n") == []
    assert parser.feed(b"\r\ndata: c\n\n") == [b"b", b"c"]


def test_an_event_of_ten_megabytes_is_put_together():
    text = b"x" * 10_000_000
    data = b"data: " + text + b"\n\n"
    parser = EventParser()
    reads = [data[at : at + 2**16] for at in range(0, len(data), 2**16)]
    assert [found for read in reads for found in parser.feed(read)] == [text]
