"""Prompts and answers as JSON in ASCII, and back: equal ones give equal texts."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

from arenatest.model.answer import Answer, Failure, Timing, Usage
from arenatest.model.prompt import Message, Prompt

_PROMPT = Prompt(id="", messages=())
_EMPTY = Answer()


def pack_prompt(prompt: Prompt) -> str:
    """Return a prompt as text."""
    known = _beyond(prompt, _PROMPT)
    known["messages"] = [[one.role, one.content] for one in prompt.messages]
    return _dumps(known)


def unpack_prompt(body: str) -> Prompt:
    """Return the prompt of a text."""
    raw: dict[str, Any] = json.loads(body)
    messages = tuple(Message(role=role, content=content) for role, content in raw["messages"])
    return Prompt(**raw | {"messages": messages, "tags": tuple(raw.get("tags", ()))})


def pack_answer(answer: Answer) -> str:
    """Return an answer as text."""
    known = _beyond(answer, _EMPTY)
    for name, empty in (("usage", Usage()), ("timing", Timing()), ("failure", None)):
        value = known.get(name)
        if value is not None:
            known[name] = asdict(value) if empty is None else _beyond(value, empty)
    return _dumps(known)


def unpack_answer(body: str) -> Answer:
    """Return the answer of a text."""
    raw: dict[str, Any] = json.loads(body)
    for name, kind in (("usage", Usage), ("timing", Timing), ("failure", Failure)):
        if name in raw:
            raw[name] = kind(**raw[name])
    timing = raw.get("timing")
    if timing is not None and timing.gaps:
        raw["timing"] = Timing(**asdict(timing) | {"gaps": tuple(timing.gaps)})
    return Answer(**raw)


def _beyond(value: Any, empty: Any) -> dict[str, Any]:
    """Return the attributes in which a value differs from an empty one."""
    names = (field.name for field in fields(value))
    return {
        name: getattr(value, name) for name in names if getattr(value, name) != getattr(empty, name)
    }


def _dumps(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
