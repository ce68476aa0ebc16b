import asyncio
import json
import time

import pytest
from pydantic import ValidationError

from arenatest.hookspec import Call, Context
from arenatest.model.answer import Failure, Timing, Usage
from arenatest.model.prompt import Message, Prompt
from arenatest.providers.replay import REPLAY, ReplayOptions


@pytest.fixture
def write(tmp_path):
    def _write(*lines):
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        (tmp_path / "answers.jsonl").write_text(text, encoding="utf-8")

    return _write


OPTIONS = ReplayOptions(path="answers.jsonl")


def answer(tmp_path, prompt_id="p1", query="Hello?"):
    context = Context(directory=tmp_path, environ={}, clock=time.perf_counter, shared={})
    provider = REPLAY.build(OPTIONS, context)
    assert provider.timing == "recorded"
    prompt = Prompt(id=prompt_id, messages=(Message(role="user", content=query),))
    call = Call(chat_id="c", prompt=prompt, messages=prompt.messages, params={}, timeout=1.0)

    async def run():
        await provider.open()
        found = await provider.answer(call)
        await provider.close()
        return found

    return asyncio.run(run())


def test_an_answer_is_found_by_the_prompts_id_first_and_then_by_its_text(write, tmp_path):
    write(
        {"query": "Hello?", "text": "by query"},
        {"prompt_id": "p1", "text": "by id"},
        "",
        {"prompt_id": "p2", "query": "Both?", "text": "both"},
    )
    assert answer(tmp_path).text == "by id"
    assert answer(tmp_path, "other").text == "by query"
    assert answer(tmp_path, "p2", "x").text == "both"
    assert answer(tmp_path, "other", "Both?").text == "both"


def test_what_was_recorded_comes_back_whole(write, tmp_path):
    write(
        {
            "prompt_id": "p1",
            "text": "Hi \u2028 there",
            "reasoning": "hm",
            "finish": "length",
            "model": "m-1",
            "usage": {"input_tokens": 3, "output_tokens": 9},
            "timing": {"ttft": 0.25, "e2e": 1, "tpot": 0.01, "gaps": [0.1, 0.3, 0.2]},
        }
    )
    found = answer(tmp_path)
    assert (found.text, found.reasoning) == ("Hi \u2028 there", "hm")
    assert (found.finish, found.model) == ("length", "m-1")
    assert found.usage == Usage(input_tokens=3, output_tokens=9)
    assert found.timing == Timing(
        source="recorded",
        ttft=0.25,
        e2e=1.0,
        tpot=0.01,
        icl=0.3,
        gaps=(0.1, 0.3, 0.2),
        reads=4,
    )


def test_what_was_not_recorded_is_unknown(write, tmp_path):
    write({"query": "Hello?", "text": ""})
    found = answer(tmp_path)
    assert (found.ok, found.text, found.finish) == (True, "", "stop")
    assert found.usage is None
    assert found.timing is None


def test_a_prompt_without_a_recorded_answer_is_a_failure(write, tmp_path):
    write({"prompt_id": "p1", "text": "a"})
    assert answer(tmp_path, "p9", "x").failure == Failure(
        kind="missing", message="answers.jsonl holds no answer for prompt 'p9'"
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "Invalid JSON: EOF while parsing an object at line 1 column 1"),
        ({"text": "a"}, "has neither prompt_id nor query"),
        ({"query": "a"}, "text: Field required"),
        ({"query": "a", "text": 5}, "text: Input should be a valid string"),
        ({"query": "a", "text": "b", "tekst": "c"}, "tekst: Extra inputs are not permitted"),
        (
            {"query": "a", "text": "b", "timing": {"ttft": -1}},
            "timing.ttft: Input should be greater than or equal to 0",
        ),
        (
            {"query": "a", "text": "b", "timing": {"ttft": "800 ms"}},
            "timing.ttft: Input should be a valid number",
        ),
        ({"prompt_id": "p1", "text": "b"}, "answers prompt_id 'p1' again"),
        ({"query": "Hello?", "text": "b"}, "answers query 'Hello?' again"),
    ],
)
def test_a_wrong_line_is_named_when_the_suite_is_collected(write, tmp_path, line, problem):
    write({"prompt_id": "p1", "text": "a"}, {"query": "Hello?", "text": "a"}, "", line)
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        REPLAY.identity(OPTIONS, tmp_path)
    assert str(caught.value) == f"answers.jsonl: line 4: {problem}"


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"cannot read answers\.jsonl: No such file"):
        REPLAY.identity(OPTIONS, tmp_path)
    (tmp_path / "answers.jsonl").write_bytes(b'{"query": "a", "text": "b"}\n"\xff"\n')
    with pytest.raises(ValueError, match=r"answers\.jsonl: line 2: is not UTF-8"):
        REPLAY.identity(OPTIONS, tmp_path)


def test_identity_is_the_content_of_the_file(write, tmp_path):
    write({"query": "a", "text": "b"})
    before = REPLAY.identity(OPTIONS, tmp_path)
    (tmp_path / "answers.jsonl").rename(tmp_path / "moved.jsonl")
    assert REPLAY.identity(ReplayOptions(path="moved.jsonl"), tmp_path) == before
    write({"query": "a", "text": "c"})
    assert REPLAY.identity(OPTIONS, tmp_path) != before


def test_an_unknown_option_is_refused():
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        ReplayOptions(path="a", speed=2)
