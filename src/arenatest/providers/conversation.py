"""Puts a call into the words of APIs that are not OpenAI's: system prompts apart, other names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from arenatest.model.prompt import Message


def instructions(messages: Sequence[Message]) -> str:
    """Return the system messages that a conversation begins with, a blank line between them.

    Examples:
        >>> instructions([Message(role="system", content="Be brief.")])
        'Be brief.'
    """
    return "\n\n".join(message.content for message in messages[: _lead(messages)])


def turns(messages: Sequence[Message]) -> Sequence[Message]:
    """Return what follows them.

    Raises:
        ValueError: A system message stands further down, where such APIs have no place for it.
    """
    rest = messages[_lead(messages) :]
    if any(message.role == "system" for message in rest):
        raise ValueError(
            "a system message stands behind a user's, and this API takes them only at the start"
        )
    return rest


def renamed(params: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return parameters by the names that an API gives them; others stay as they are.

    Where to ``stop`` may be told by one text; these APIs want a list of them.

    Args:
        params: As the suite gives them.
        names: The API's name for a common one.

    Raises:
        ValueError: One is given by both names.

    Examples:
        >>> renamed({"top_p": 1, "stop": "END"}, {"top_p": "topP"})
        {'topP': 1, 'stop': ['END']}
    """
    for name, own in names.items():
        if name in params and own in params:
            raise ValueError(f"params give both {name!r} and {own!r}, which are the same")
    stop = params.get("stop")
    told = {**params, "stop": [stop]} if isinstance(stop, str) else params
    return {names.get(name, name): value for name, value in told.items()}


def _lead(messages: Sequence[Message]) -> int:
    """How many system messages stand at the start."""
    others = (at for at, message in enumerate(messages) if message.role != "system")
    return next(others, len(messages))
