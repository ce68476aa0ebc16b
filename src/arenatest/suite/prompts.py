"""Turns one record, of a dataset or of the suite itself, into prompts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arenatest.model.prompt import Message, Prompt
from arenatest.suite.mistakes import Mistake, got, unknown

ASKED = ("query", "messages", "turns")
FIELDS = ("id", *ASKED, "response", "category", "tags", "family", "subset")

_ROLES = ("system", "user", "assistant")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BETWEEN_TAGS = re.compile(r"[;,]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What a dataset says of all its records.

    Attributes:
        dataset: Its name; None for prompts that the suite itself holds.
        category: Of records that have none.
        tags: Beside a record's own.
    """

    dataset: str | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()


def expand(record: Mapping[str, Any], default_id: str, labels: Labels) -> tuple[Prompt, ...]:
    """Return the prompts of one record: one, or one for each of its ``turns``.

    Args:
        record: Values by our names (``FIELDS``); None and absent are the same. ``tags`` may be
            one text with ``;`` or ``,`` between them; ``messages``, ``turns`` and a list in
            ``response`` may be JSON in a text, as CSV needs it.
        default_id: The id of a record that has none.
        labels: What its dataset says.

    Raises:
        Mistake: It has no question, or a value of a wrong type; ``place`` names the field.
    """
    asked = [key for key in ASKED if record.get(key) not in (None, "")]
    if len(asked) != 1:
        raise _no_question(record, asked)
    name = _id(record, default_id)
    shared: dict[str, Any] = {
        "dataset": labels.dataset,
        "subset": _text(record, "subset"),
        "category": _text(record, "category") or labels.category,
        "tags": tuple(dict.fromkeys((*labels.tags, *_tags(record.get("tags"))))),
        "family": _text(record, "family"),
    }
    if asked == ["turns"]:
        return _turns(record, name, shared)
    messages = (
        (Message(role="user", content=_is_text(record["query"], "query")),)
        if asked == ["query"]
        else _messages(record["messages"])
    )
    (reference,) = _references(record.get("response"), 1)
    return (Prompt(id=name, messages=messages, reference=reference, **shared),)


def _turns(record: Mapping[str, Any], name: str, shared: dict[str, Any]) -> tuple[Prompt, ...]:
    turns = _list(record["turns"], "turns")
    said = tuple(
        Message(role="user", content=_is_text(turn, "turns", index))
        for index, turn in enumerate(turns)
    )
    references = _references(record.get("response"), len(said))
    return tuple(
        Prompt(
            id=f"{name}/{index + 1}",
            messages=said[: index + 1],
            reference=reference,
            conversation=name,
            turn=index,
            **shared,
        )
        for index, reference in enumerate(references)
    )


def _messages(value: object) -> tuple[Message, ...]:
    messages = []
    for index, message in enumerate(_list(value, "messages")):
        place = ("messages", index)
        if not isinstance(message, Mapping):
            raise got(message, "a message with role and content", place=place)
        for key in message:
            if key not in ("role", "content"):
                raise Mistake("unknown key, expected role and content", place=(*place, str(key)))
        role = message.get("role")
        if role not in _ROLES:
            wrong = unknown("role", str(role), _ROLES)
            raise Mistake(wrong.problem, place=(*place, "role"))
        content = _is_text(message.get("content"), *place, "content")
        messages.append(Message(role=role, content=content))
    if messages[-1].role != "user":
        problem = f"the last message is the {messages[-1].role}'s, expected the user's"
        raise Mistake(problem, hint="a known answer belongs in response", place=("messages",))
    return tuple(messages)


def _references(value: object, n: int) -> Sequence[str | None]:
    if isinstance(value, str) and n > 1:
        value = _parsed(value)
    if value is None or value == "":
        return (None,) * n
    if isinstance(value, str):
        value = (value,)
    if not isinstance(value, list | tuple):
        raise got(value, "text in quotes", place=("response",))
    if len(value) != n:
        answers = "1 text" if n == 1 else f"a list of {n} texts, one for each turn"
        raise Mistake(f"got {len(value)} texts, expected {answers}", place=("response",))
    return [
        None if text is None or text == "" else _is_text(text, "response", index)
        for index, text in enumerate(value)
    ]


def _list(value: object, key: str) -> Sequence[Any]:
    value = _parsed(value) if isinstance(value, str) else value
    if not isinstance(value, list | tuple) or not value:
        raise got(value, "a list that is not empty", place=(key,))
    return value


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _tags(value: object) -> Sequence[str]:
    if value is None:
        return ()
    if isinstance(value, str):
        return [tag.strip() for tag in _BETWEEN_TAGS.split(value) if tag.strip()]
    if not isinstance(value, list | tuple):
        raise got(value, "a list of texts", place=("tags",))
    return [_is_text(tag, "tags", index) for index, tag in enumerate(value)]


def _id(record: Mapping[str, Any], default: str) -> str:
    value = record.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _text(record, "id") or default


def _text(record: Mapping[str, Any], key: str) -> str | None:
    value = record.get(key)
    return None if value is None or value == "" else _is_text(value, key)


def _is_text(value: object, *place: str | int) -> str:
    if not isinstance(value, str):
        raise got(value, "text in quotes", place=place)
    if not value.strip():
        raise Mistake("is empty", place=place)
    if not value.isascii() and _SURROGATE.search(value):
        raise Mistake("holds half of a surrogate pair, which is no text", place=place)
    return value


def _no_question(record: Mapping[str, Any], asked: list[str]) -> Mistake:
    if asked:
        return Mistake(f"has {' and '.join(asked)}, expected only one of them")
    empty = next((key for key in ASKED if record.get(key) == ""), None)
    if empty is not None:
        return Mistake("is empty", place=(empty,))
    return Mistake("has no query, messages or turns")
