import asyncio
import threading

import pytest

from arenatest.hookspec import Context
from arenatest.judges.python import PYTHON, PythonJudge, PythonOptions
from arenatest.model.judgment import Game, Verdict
from arenatest.model.prompt import Message, Prompt

GAME = Game(
    prompt=Prompt(id="p", messages=(Message(role="user", content="hi"),)),
    text_a="aa",
    text_b="b",
)


def say(function):
    return asyncio.run(PythonJudge(function).judge(GAME, None))


def test_a_plain_function_gets_prompt_and_texts_in_a_thread():
    seen = []

    def longer(prompt, text_a, text_b):
        seen.append((prompt.text, threading.current_thread() is threading.main_thread()))
        return "A>B" if len(text_a) > len(text_b) else "B>A"

    assert say(longer).verdict is Verdict.A_BETTER
    assert seen == [("hi", False)]


def test_an_async_function_is_awaited():
    async def tie(prompt, text_a, text_b):
        return Verdict.TIE

    assert say(tie).verdict is Verdict.TIE


def test_an_unknown_label_is_void():
    said = say(lambda prompt, a, b: "A wins")
    assert said.void == "label"
    assert said.explanation == "got 'A wins', expected one of A>>B, A>B, A=B, B>A, B>>A, abstain"


def test_a_function_may_abstain_in_words_but_not_by_returning_nothing():
    assert say(lambda prompt, a, b: "abstain").void == "abstained"
    assert say(lambda prompt, a, b: None).void == "judge"


@pytest.mark.parametrize("value", [None, 1, ["A>B"]])
def test_what_is_no_text_is_a_void_of_the_judge(value):
    assert say(lambda prompt, a, b: value).void == "judge"


def test_a_function_that_raises_is_a_void_of_the_judge():
    def broken(prompt, text_a, text_b):
        raise KeyError("oops")

    said = say(broken)
    assert (said.void, said.explanation) == ("judge", "KeyError: 'oops'")


def test_the_function_is_loaded_beside_the_suite(tmp_path):
    (tmp_path / "referee.py").write_text("def first(prompt, a, b):\n    return 'A>>B'\n")
    options = PythonOptions(function="referee:first")
    context = Context(directory=tmp_path, environ={}, clock=lambda: 0.0, shared={})
    said = asyncio.run(PYTHON.build(options, context).judge(GAME, None))
    assert said.verdict is Verdict.A_MUCH_BETTER
    before = PYTHON.identity(options, tmp_path)
    (tmp_path / "referee.py").write_text("def first(prompt, a, b):\n    return 'B>>A'\n")
    assert PYTHON.identity(options, tmp_path) != before


def test_a_missing_function_is_said_at_collection(tmp_path):
    with pytest.raises(ValueError, match="no module 'nowhere'"):
        PYTHON.identity(PythonOptions(function="nowhere:at_all"), tmp_path)


def test_a_callable_is_taken_as_it_is(tmp_path):
    def always_a(prompt, text_a, text_b):
        return "A>B"

    options = PythonOptions(function=always_a)
    context = Context(directory=tmp_path, environ={}, clock=lambda: 0.0, shared={})
    said = asyncio.run(PYTHON.build(options, context).judge(GAME, None))
    assert said.verdict is Verdict.A_BETTER


@pytest.mark.parametrize("error", [SystemExit(3), StopIteration(), KeyboardInterrupt()])
def test_a_function_that_wants_to_stop_the_process_is_only_a_void(error):
    def stops(prompt, text_a, text_b):
        raise error

    assert say(stops).void == "judge"


def test_a_judgment_that_is_given_up_leaves_no_thread_that_holds_the_process():
    release, others = threading.Event(), set(threading.enumerate())

    async def impatient():
        judge = PythonJudge(lambda prompt, a, b: release.wait(10))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(judge.judge(GAME, None), 0.01)
        return set(threading.enumerate()) - others - {threading.current_thread()}

    threads = asyncio.run(impatient())
    release.set()
    assert threads
    assert all(thread.daemon for thread in threads)
    for thread in threads:
        thread.join()
