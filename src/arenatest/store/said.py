"""The judgments of a record: what each says in few bytes, and why where somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from arenatest.model.judgment import Judgment, Verdict
from arenatest.model.plan import Plan
from arenatest.model.record import GameSlot, Ledger, Run
from arenatest.store import schema, whole
from arenatest.store.answered import equal, reduced
from arenatest.store.later import Later
from arenatest.store.places import Grid
from arenatest.store.raw import Names
from arenatest.store.texts import PAGE, Pages

_VERDICTS = {str(verdict): verdict for verdict in Verdict}
COLUMNS = ("verdict", "void")
"""What :meth:`Judgments.numbers` takes of each, in order and as the database holds it."""


class Judgments:
    """What the judgments of a record say.

    Args:
        later: Reads explanations and calls, when somebody asks.
        run: Whose record it is.
        plan: Its plan.
        grid: The places of its games.
        name_of: Returns the name that a number stands for; asked once for each.

    Attributes:
        kinds: Verdicts and causes of voids, by number.
    """

    def __init__(
        self,
        later: Later,
        run: Run,
        plan: Plan,
        grid: Grid[GameSlot],
        name_of: Callable[[Any], Any],
    ) -> None:
        self._later, self._run, self._plan, self._grid = later, run, plan, grid
        self.kinds: list[tuple[Verdict | None, Any]] = []
        self._numbers = _Numbers(self.kinds, name_of)
        self._pages: Pages[GameSlot, Judgment] = Pages()

    def numbers(self, columns: Sequence[Sequence[Any]]) -> list[int]:
        """Return the numbers of judgments, given by their ``COLUMNS``."""
        return [*map(self._numbers.__getitem__, zip(*columns, strict=True))]

    def whole(self, slot: GameSlot, number: int) -> Judgment:
        """Read a judgment from the store, with those beside it.

        Where another process has filled its place anew, nobody knows any more why it said so.
        """
        prompts = self._grid.near(slot, PAGE)
        name = slot.candidate, prompts[0], len(prompts)
        found = self._pages.of(name, slot, lambda: self._read(slot.candidate, prompts))
        if found is None or (found.verdict, found.void) != self.kinds[number]:
            return Judgment()
        return found

    def _read(self, candidate: str, prompts: Sequence[str]) -> dict[GameSlot, Judgment]:
        few = Ledger(run=self._run, plan=replace(self._plan, prompts=()))
        table = schema.judgment
        limits = (table.c.candidate == candidate, table.c.prompt.in_(prompts))
        self._later.read(
            lambda connection: whole.read_judgments(connection, few, Names(connection), limits)
        )
        return dict(few.judgments)


class _Numbers(dict[tuple[Any, Any], int]):
    """The numbers of verdicts and voids; a new kind gets the next one."""

    def __init__(
        self, kinds: list[tuple[Verdict | None, Any]], name_of: Callable[[Any], Any]
    ) -> None:
        super().__init__()
        self._kinds, self._name_of = kinds, name_of

    def __missing__(self, said: tuple[Any, Any]) -> int:
        verdict, void = map(self._name_of, said)
        self[said] = number = len(self._kinds)
        self._kinds.append((None if verdict is None else _VERDICTS[verdict], void))
        return number


class RowJudgment(Judgment):
    """A judgment of a record."""

    __slots__ = ("_judgments", "_number", "_slot")
    _judgments: Judgments
    _number: int
    _slot: GameSlot

    def __new__(cls, **changed: Any) -> Any:
        """Return a whole value where one is made of this one by ``dataclasses.replace``."""
        return Judgment(**changed)

    def __eq__(self, other: object) -> bool:
        return equal(self, other, Judgment)

    def __reduce__(self) -> Any:
        """Return a whole value where this one is copied, or sent elsewhere."""
        return reduced(self, Judgment)

    __hash__ = Judgment.__hash__
    verdict: Any = property(lambda self: self._judgments.kinds[self._number][0])
    void: Any = property(lambda self: self._judgments.kinds[self._number][1])
    explanation: Any = property(
        lambda self: self._judgments.whole(self._slot, self._number).explanation
    )
    chat_id: Any = property(lambda self: self._judgments.whole(self._slot, self._number).chat_id)


def judgment_of(judgments: Judgments, slot: GameSlot, number: int) -> Judgment:
    """Return the judgment in a slot, given the number of what it says."""
    value: RowJudgment = object.__new__(RowJudgment)
    object.__setattr__(value, "_judgments", judgments)
    object.__setattr__(value, "_number", number)
    object.__setattr__(value, "_slot", slot)
    return value
