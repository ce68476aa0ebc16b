import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenatest.providers.chat_stream import ChatStream
from arenatest.providers.chunk_template import ChunkTemplate
from arenatest.providers.clocks import Clocks
from servers.streams import answered, event


def payload(text, **more):
    return event({"content": text}, **more).removeprefix(b"data: ").strip()


def learned(text="abc", **more):
    template = ChunkTemplate()
    template.learn(payload(text, **more), "content", text)
    return template


def text_of(template, payload):
    """The text of one event; None where it is left to the parser."""
    text, after = template.run([payload], 0)
    return text if after else None


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_an_event_like_the_one_learned_gives_its_text_or_nothing(known, text):
    found = text_of(learned(known), payload(text))
    assert found is None or found == text


@pytest.mark.parametrize("text", ["", "x", " 你好 🦊", "{}[],:"])
def test_text_that_stands_for_itself_is_recognised(text):
    assert text_of(learned(), payload(text)) == text


@pytest.mark.parametrize(
    "other",
    [
        payload('a "quoted" word'),
        payload("a\nline"),
        payload("x", finish="stop"),
        payload("x", usage={"completion_tokens": 1}),
        payload("x").replace(b"chatcmpl-1", b"chatcmpl-2"),
        payload("x")[:-1],
        payload("x") + b" ",
        payload("\x7f").replace(b"\x7f", b"\x01"),
        payload("\x7f").replace(b"\x7f", b"\xff"),
        b"",
        b"[DONE]",
    ],
)
def test_any_other_event_is_left_to_the_parser(other):
    assert text_of(learned(), other) is None


def test_nothing_is_recognised_before_anything_was_learned():
    assert text_of(ChunkTemplate(), payload("x")) is None
    assert text_of(ChunkTemplate(), b"") is None


@pytest.mark.parametrize(
    ("known", "text"),
    [
        (b'{"content": "a", "delta": {"content": "b"}}', "a"),
        (b'{"delta": {"content": "a\\u0062"}}', "ab"),
        (b'{"delta": {"content": 5}}', "5"),
        (b'{"delta": {"\\u0063ontent": "a"}}', "a"),
    ],
)
def test_an_event_whose_text_is_not_surely_found_is_not_learned(known, text):
    template = ChunkTemplate()
    template.learn(known, "content", text)
    assert text_of(template, known) is None


PIECES = st.tuples(
    st.sampled_from(["content", "reasoning_content", "reasoning"]),
    st.text(st.sampled_from('ab "\\\n\u2028你🦊{}'), max_size=4),
    st.sampled_from([{}, {"role": "assistant"}, {"extra": None}]),
    st.sampled_from(["1", "2"]),
)


@given(st.lists(PIECES, max_size=30), st.integers(1, 5))
def test_the_shortcut_never_changes_an_answer(pieces, per_read):
    events = [event({**more, key: text}, id=name) for key, text, more, name in pieces]
    starts = range(0, len(events), per_read)
    reads = [(float(at), b"".join(events[at : at + per_read])) for at in starts]
    answer = answered(*reads, (99.0, event({}, "stop")))
    content = [text for key, text, *_ in pieces if key == "content"]
    assert answer.text == "".join(content)
    assert answer.reasoning == "".join(text for key, text, *_ in pieces if key != "content")
    groups = [pieces[at : at + per_read] for at in starts]
    assert answer.timing.reads == sum(any(text for _, text, *_ in group) for group in groups)


def test_a_stream_whose_events_all_differ_is_not_learned_for_ever():
    template = ChunkTemplate()
    stream = ChatStream(Clocks(start=0.0))
    stream.feed(1.0, b"".join(event({"content": "a"}, created=n) for n in range(40)))
    assert stream.finish(2.0).failure.kind == "cut"
    for n in range(template.tries):
        template.learn(payload("a", created=n), "content", "a")
    assert template.tries == 0


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=4), max_size=6), st.integers(0, 6))
def test_events_in_a_row_give_the_text_of_those_before_the_first_that_is_another(texts, start):
    events = [payload(text) for text in texts]
    found, after = learned().run(events, start)
    alone = [text_of(learned(), event) for event in events]
    expected = start
    while expected < len(events) and alone[expected] is not None:
        expected += 1
    assert after == expected
    assert found == "".join(alone[start:expected])


def test_a_character_cut_between_events_is_no_text():
    whole = "é".encode()
    events = [payload("?").replace(b"?", whole[:1]), payload("?").replace(b"?", whole[1:])]
    assert learned().run(events, 0) == ("", 0)
