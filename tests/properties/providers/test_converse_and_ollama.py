import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenatest.providers.clocks import Clocks
from arenatest.providers.converse_stream import ConverseStream
from arenatest.providers.ollama_stream import OllamaStream
from servers import frames

texts = st.text(st.characters(codec="utf-8"), max_size=12)
said = st.lists(st.tuples(st.sampled_from(("text", "thought")), texts), max_size=8)


def of_bedrock(pieces):
    def delta(kind, text):
        return {"text": text} if kind == "text" else {"reasoningContent": {"text": text}}

    return [
        *(frames.event("contentBlockDelta", {"delta": delta(*piece)}) for piece in pieces),
        frames.event("messageStop", {"stopReason": "end_turn"}),
        frames.event("metadata", {"usage": {"inputTokens": 7, "outputTokens": 9}}),
    ]


def of_ollama(pieces):
    def message(kind, text):
        return {"content": text} if kind == "text" else {"content": "", "thinking": text}

    end = {"done": True, "done_reason": "stop", "prompt_eval_count": 7, "eval_count": 9}
    events = [*({"message": message(*piece)} for piece in pieces), end]
    return [json.dumps(event).encode() + b"\n" for event in events]


dialects = pytest.mark.parametrize(
    ("make", "written"), [(ConverseStream, of_bedrock), (OllamaStream, of_ollama)]
)


@dialects
@given(pieces=said, data=st.data())
def test_any_answer_comes_through_whatever_the_reads_cut(make, written, pieces, data):
    body = b"".join(written(pieces))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    stream = make(Clocks(start=0.0, headers=0.0))
    for stamp, (a, b) in enumerate(zip([0, *cuts], [*cuts, len(body)], strict=True), start=1):
        stream.feed(float(stamp), body[a:b])
    answer = stream.finish(99.0)
    assert answer.failure is None
    assert answer.text == "".join(text for kind, text in pieces if kind == "text")
    assert answer.reasoning == "".join(text for kind, text in pieces if kind == "thought")
    assert (answer.finish, answer.usage.input_tokens, answer.usage.output_tokens) == ("stop", 7, 9)
    assert stream.done


@dialects
@given(pieces=said.filter(lambda pieces: any(text for _, text in pieces)))
def test_the_first_token_is_the_first_piece_that_is_not_empty(make, written, pieces):
    stream = make(Clocks(start=0.0, headers=0.0))
    for stamp, event in enumerate(written(pieces), start=1):
        stream.feed(float(stamp), event)
    at = [float(n) for n, (_, text) in enumerate(pieces, start=1) if text]
    answers = [
        float(n) for n, (kind, text) in enumerate(pieces, start=1) if text and kind == "text"
    ]
    clocks = stream.clocks
    assert (clocks.first, clocks.last) == (at[0], at[-1])
    assert clocks.answer == (answers[0] if answers else None)


@dialects
@given(pieces=said.filter(lambda pieces: any(text for _, text in pieces)), data=st.data())
def test_an_answer_that_lacks_its_end_is_cut_and_no_answer(make, written, pieces, data):
    body = b"".join(written(pieces)[: len(pieces)])
    stream = make(Clocks(start=0.0, headers=0.0))
    stream.feed(1.0, body[: data.draw(st.integers(0, len(body)))])
    answer = stream.finish(2.0)
    assert (answer.failure.kind, answer.text, answer.finish) == ("cut", "", None)
