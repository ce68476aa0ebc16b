"""The words of --arena-rerun, before anything happens."""

import pytest

from arenatest.collection.rerun import read_rerun


class Typed:
    """What pytest knows of the options that were typed."""

    def __init__(self, **typed):
        self._typed = typed

    def getoption(self, name):
        return self._typed.get(name)

    def getini(self, name):
        return None


@pytest.mark.parametrize("word", ["failed", "void"])
def test_both_words_are_taken_from_the_command_line_and_the_environment(word, monkeypatch):
    assert read_rerun(Typed(arena_rerun=word)) == word
    monkeypatch.setenv("ARENATEST_RERUN", word)
    assert read_rerun(Typed()) == word


def test_nothing_is_asked_again_unless_it_is_asked_for(monkeypatch):
    monkeypatch.delenv("ARENATEST_RERUN", raising=False)
    assert read_rerun(Typed()) is None


def test_another_word_is_a_mistake():
    with pytest.raises(pytest.UsageError) as told:
        read_rerun(Typed(arena_rerun="voids"))
    assert str(told.value) == "--arena-rerun: got 'voids', expected failed or void"


def test_a_run_cannot_go_on_and_begin_afresh():
    with pytest.raises(pytest.UsageError) as told:
        read_rerun(Typed(arena_rerun="void", arena_fresh=True))
    assert str(told.value) == (
        "--arena-rerun=void goes on with a run, and --arena-fresh begins a new one: "
        "give one of them"
    )
