"""The judgments of a record in columns, and the value that is made of a row when somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Engine

from arenatest.model.judgment import Judgment, Verdict
from arenatest.store.columns import Digests, Ids, Kinds
from arenatest.store.texts import Neighbours, Texts

_VERDICTS = {str(verdict): verdict for verdict in Verdict}
COLUMNS = ("verdict", "void", "explanation", "chat_id")
"""What :meth:`Judgments.add` takes of each, in order and as the database holds it."""


class Judgments:
    """The judgments of a record, row by row.

    Args:
        engine: Of the store, for explanations, which are read when somebody asks.
    """

    def __init__(self, engine: Engine) -> None:
        self.kinds: Kinds[tuple[Verdict | None, Any]] = Kinds()
        self.ids, self.explained = Ids(), Digests()
        self._texts = Texts(engine, self.explained.__getitem__)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, columns: Sequence[Sequence[Any]]) -> None:
        """Take judgments, by their ``COLUMNS``."""
        verdicts, voids, explanations, chats = columns
        self.kinds.extend(
            [
                (None if verdict is None else _VERDICTS[verdict], void)
                for verdict, void in zip(verdicts, voids, strict=True)
            ]
        )
        self.explained.extend(explanations)
        self.ids.extend(chats)
        self._count += len(chats)

    def settle(self, neighbours: Neighbours) -> None:
        """Learn which explanations are asked for together."""
        self._texts.settle(neighbours)

    def explanation(self, row: int) -> str:
        """Return what a judge explained; it is read from the store."""
        return "" if self.explained.lacks(row) else self._texts.of(row)


class RowJudgment(Judgment):
    """The judgment of a row."""

    __slots__ = ("_judgments", "_row")
    _judgments: Judgments
    _row: int

    def __new__(cls, **changed: Any) -> Any:
        """Return a whole value where one is made of this one by ``dataclasses.replace``."""
        return Judgment(**changed)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Judgment):
            return NotImplemented
        return all(getattr(self, one.name) == getattr(other, one.name) for one in fields(Judgment))

    __hash__ = Judgment.__hash__
    verdict: Any = property(lambda self: self._judgments.kinds[self._row][0])
    void: Any = property(lambda self: self._judgments.kinds[self._row][1])
    explanation: Any = property(lambda self: self._judgments.explanation(self._row))
    chat_id: Any = property(lambda self: self._judgments.ids[self._row])


def judgment_of_row(judgments: Judgments, row: int) -> Judgment:
    """Return the judgment of a row."""
    value: RowJudgment = object.__new__(RowJudgment)
    object.__setattr__(value, "_judgments", judgments)
    object.__setattr__(value, "_row", row)
    return value
