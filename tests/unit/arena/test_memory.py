from arenatest.arena.memory import Held, Memory
from arenatest.model.record import Answered
from fakes.models import said


def held(text="12345"):
    return Held(Answered(answer=said(text), chat_id=f"chat {text}"), 1.0)


def test_what_was_bought_is_found_by_its_key():
    memory = Memory()
    memory.put("a", held())
    assert memory.get("a").answered.chat_id == "chat 12345"
    assert memory.get("b") is None


def test_what_was_bought_longest_ago_goes_first():
    memory = Memory(limit=10)
    for key in "abc":
        memory.put(key, held())
    assert [key for key in "abc" if memory.get(key)] == ["b", "c"]


def test_a_later_answer_takes_the_place_of_an_earlier_one():
    memory = Memory(limit=10)
    memory.put("a", held("12345"))
    memory.put("b", held("1234"))
    memory.put("a", held("123456"))
    assert memory.get("a").answered.answer.text == "123456"
    assert memory.get("b") is not None
    memory.put("c", held("1"))
    assert memory.get("b") is None


def test_only_what_several_suites_ask_is_held():
    memory = Memory(only={"asked twice"})
    assert memory.serves(["asked once", "asked twice"])
    assert not memory.serves(["asked once"])
    assert Memory().serves(["anybody"])


def test_an_answer_larger_than_the_limit_is_not_held():
    memory = Memory(limit=4)
    memory.put("a", held())
    assert memory.get("a") is None
