"""Answers and judgments joined with their texts, where equal values are one object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import null

from arenatest.model.answer import Answer, Usage
from arenatest.model.judgment import Judgment, Verdict
from arenatest.store import schema
from arenatest.store.codec import unpack_text
from arenatest.store.values import ANSWER_COLUMNS, COUNTS, answer_from_row, usage_from_row

Value = TypeVar("Value")

_TEXT = schema.text.alias("answer_text")
_OF_ONE_CALL = (schema.generation.c.response_id, schema.generation.c.ttfb)
_REASONING = schema.text.alias("reasoning_text")
ANSWERS = schema.generation.outerjoin(_TEXT, _TEXT.c.number == schema.generation.c.text).outerjoin(
    _REASONING, _REASONING.c.number == schema.generation.c.reasoning
)
"""Calls with the texts of their answers."""

REASONINGS = schema.generation.outerjoin(
    _REASONING, _REASONING.c.number == schema.generation.c.reasoning
)
"""Calls with what they reasoned."""

REASONING = (_REASONING.c.compressed, _REASONING.c.body)
"""What a call reasoned, as :func:`text_of` takes it."""

ANSWER = (_TEXT.c.compressed, _TEXT.c.body, *REASONING, *ANSWER_COLUMNS)
"""What :func:`answer_of` takes, in order."""

MANY_ANSWERS = tuple(
    null() if any(column is one for one in _OF_ONE_CALL) else column for column in ANSWER
)
"""The same where thousands are held, without what is for a look at one call."""

JUDGMENT = (
    schema.judgment.c.verdict,
    schema.judgment.c.void,
    schema.text.c.compressed,
    schema.text.c.body,
    schema.judgment.c.chat_id,
)
"""What :func:`judgment_of` takes, in order."""

JUDGMENTS = schema.judgment.outerjoin(
    schema.text, schema.text.c.number == schema.judgment.c.explanation
)
"""Judgments with their explanations."""

_write_verdict, _write_void, _write_explanation, _write_chat_id = (
    getattr(Judgment, name).__set__ for name in ("verdict", "void", "explanation", "chat_id")
)


def text_of(compressed: bool | None, body: bytes | None) -> str:  # noqa: FBT001
    """Return a text as the store holds it, the empty one for none."""
    return "" if body is None else unpack_text(body, compressed=bool(compressed))


class Same:
    """Makes equal values one object, so that a ledger holds each text and name once."""

    def __init__(self) -> None:
        self._values: dict[Any, Any] = {}
        self._usages: dict[tuple[Any, ...], Usage | None] = {}

    def text(self, compressed: bool | None, body: bytes | None) -> str:  # noqa: FBT001
        """Return a text as the store holds it, the empty one for none."""
        return "" if body is None else self.value(text_of(compressed, body))

    def usage(self, row: Sequence[Any]) -> Usage | None:
        """Return the counts of ``ANSWER_COLUMNS``; None where there were none."""
        counts = tuple(row[COUNTS])
        if counts not in self._usages:
            self._usages[counts] = usage_from_row(row)
        return self._usages[counts]

    def value(self, value: Value) -> Value:
        """Return the first value that was equal to this one."""
        found: Value = self._values.setdefault(value, value)
        return found


def answer_of(row: Sequence[Any], same: Same, *, gaps: tuple[float, ...] = ()) -> Answer:
    """Return the answer of the columns ``ANSWER``."""
    text, reasoning = same.text(*row[0:2]), same.text(*row[2:4])
    finish, model, *rest = row[4:]
    row = (same.value(finish), same.value(model), *rest)
    return answer_from_row(row, text=text, reasoning=reasoning, usage=same.usage(row), gaps=gaps)


def judgment_of(row: Sequence[Any], same: Same) -> Judgment:
    """Return the judgment of the columns ``JUDGMENT``."""
    verdict, void, compressed, body, chat_id = row
    said = Judgment(
        verdict=None if verdict is None else Verdict(verdict),
        void=void,
        explanation=same.text(compressed, body),
    )
    return called(same.value(said), chat_id)


def called(said: Judgment, chat_id: str | None) -> Judgment:
    """Return a judgment with the call that it came of."""
    if chat_id is None:
        return said
    judgment = object.__new__(Judgment)  # half the time of naming each: thousands are made
    _write_verdict(judgment, said.verdict)
    _write_void(judgment, said.void)
    _write_explanation(judgment, said.explanation)
    _write_chat_id(judgment, chat_id)
    return judgment
