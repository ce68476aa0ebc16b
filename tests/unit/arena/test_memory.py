from arenatest.arena.memory import Memory
from fakes.models import said
from unit.store.records import generation


def call(key, text="12345", **fields):
    return generation(f"chat {key}", key=key, answer=said(text), **fields)


def test_what_was_bought_is_found_by_its_key():
    memory = Memory()
    memory.put(call("a"))
    assert memory.get("a").chat_id == "chat a"
    assert memory.get("b") is None


def test_what_was_asked_for_longest_ago_goes_first():
    memory = Memory(limit=10)
    memory.put(call("a"))
    memory.put(call("b"))
    assert memory.get("a")
    memory.put(call("c"))
    assert [key for key in "abc" if memory.get(key)] == ["a", "c"]


def test_a_later_answer_takes_the_place_of_an_earlier_one():
    memory = Memory(limit=10)
    memory.put(call("a", "12345"))
    memory.put(call("a", "1234567890"))
    assert memory.get("a").answer.text == "1234567890"
    memory.put(call("b", "1"))
    assert memory.get("a") is None


def test_an_answer_larger_than_the_limit_is_not_held():
    memory = Memory(limit=4)
    memory.put(call("a"))
    assert memory.get("a") is None
