"""Conversations as other programs write them: as prompts, one for each turn, and as answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from arenatest.imports.losses import Losses
from arenatest.imports.rows import Row
from arenatest.model.prompt import Message, Prompt
from arenatest.suite.mistakes import got

UNKNOWN = "unknown"
"""How an answer ended whose file does not say."""

_ROLES: Mapping[str, Any] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "model": "assistant",
    "ai": "assistant",
}


def turns_of(value: object, *place: str | int) -> tuple[list[str], list[str]]:
    """Return what the user said and what the model replied, turn by turn.

    Raises:
        Mistake: It is no such conversation.
    """
    expected = "messages of the user and the assistant in turn"
    messages = [one for one in messages_of(value, *place) if one.role != "system"]
    roles = [message.role for message in messages]
    if not roles or len(roles) % 2 or roles != ["user", "assistant"] * (len(roles) // 2):
        raise got(value, expected, place=place)
    contents = [message.content for message in messages]
    return contents[0::2], contents[1::2]


def first_choice(row: Row, losses: Losses) -> list[Any]:
    """Return the replies that FastChat writes of one answer, turn by turn; a first one at least.

    Choices beyond the first are told as lost.

    Raises:
        Mistake: There are none.
    """
    choices = row.listed("choices")
    if not choices or not isinstance(choices[0], Mapping):
        raise got(choices, "a list of choices", place=("choices",))
    turns = choices[0].get("turns")
    if not isinstance(turns, list) or not turns:
        raise got(turns, "a list of turns", place=("choices", 0, "turns"))
    if len(choices) > 1:
        losses.miss("choices of an answer beyond the first", row.place, number=len(choices) - 1)
    return turns


def messages_of(value: object, *place: str | int) -> list[Message]:
    """Return the messages of a list of them.

    Raises:
        Mistake: It is no list of messages with texts.
    """
    listed = unpacked(value)
    if not isinstance(listed, list) or not listed:
        raise got(value, "a list of messages", place=place)
    return [_message(one, *place, number) for number, one in enumerate(listed)]


def unpacked(value: object) -> object:
    """Return a value that a text holds as JSON, as cells of CSV do; any other as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def text_of(content: object, *place: str | int) -> str:
    """Return the text of a message's content: a text, or a list of parts that are texts.

    Raises:
        Mistake: It holds something else.
    """
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        for name in ("text", "content", "answer"):
            if isinstance(content.get(name), str):
                return str(content[name])
    if isinstance(content, list) and content:
        return "\n".join(text_of(part, *place) for part in content)
    raise got(content, "text", place=place)


def prompts_of(
    name: str,
    asked: Sequence[str],
    *,
    references: Sequence[str | None] = (),
    **labels: Any,
) -> list[Prompt]:
    """Return a prompt for each turn of a conversation, as a suite's ``turns`` make them.

    Args:
        name: Of the conversation.
        asked: What the user says, turn by turn.
        references: Known answers, as far as there are any.
        labels: Other attributes of all prompts.
    """
    said = tuple(Message(role="user", content=text) for text in asked)
    return [
        Prompt(
            id=turn_id(name, turn + 1),
            messages=said[: turn + 1],
            reference=references[turn] if turn < len(references) else None,
            conversation=name,
            turn=turn,
            **labels,
        )
        for turn in range(len(said))
    ]


def turn_id(name: str, turn: int) -> str:
    """Return the id of the prompt of one turn, from 1."""
    return f"{name}/{turn}"


def tags_of(values: Iterable[object]) -> tuple[str, ...]:
    """Return labels as tags: those that are texts."""
    return tuple(value for value in values if isinstance(value, str) and value)


def _message(value: object, *place: str | int) -> Message:
    if not isinstance(value, Mapping):
        raise got(value, "a message with role and content", place=place)
    role = value.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        raise got(role, "the role user, assistant or system", place=(*place, "role"))
    return Message(role=_ROLES[role], content=text_of(value.get("content"), *place, "content"))
