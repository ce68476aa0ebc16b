import pytest

from arenatest.model.prompt import Message
from arenatest.providers.conversation import instructions, renamed, turns


def messages(*roles):
    return [Message(role=role, content=f"{role} {at}") for at, role in enumerate(roles)]


@pytest.mark.parametrize(
    ("roles", "system", "rest"),
    [
        (("user",), "", ["user 0"]),
        (("system", "user", "assistant"), "system 0", ["user 1", "assistant 2"]),
        (("system", "system", "user"), "system 0\n\nsystem 1", ["user 2"]),
        (("system",), "system 0", []),
        ((), "", []),
    ],
)
def test_system_messages_at_the_start_are_told_apart_from_what_follows(roles, system, rest):
    said = messages(*roles)
    assert instructions(said) == system
    assert [message.content for message in turns(said)] == rest


def test_a_system_message_further_down_has_no_place():
    with pytest.raises(ValueError, match="takes them only at the start"):
        turns(messages("system", "user", "system"))


def test_a_parameter_is_known_by_both_names_but_not_given_by_both():
    names = {"stop": "stopSequences"}
    assert renamed({"stop": "x", "seed": 1}, names) == {"stopSequences": ["x"], "seed": 1}
    assert renamed({"stopSequences": ["x"]}, names) == {"stopSequences": ["x"]}
    with pytest.raises(ValueError, match="params give both 'stop' and 'stopSequences'"):
        renamed({"stop": "x", "stopSequences": ["x"]}, names)
