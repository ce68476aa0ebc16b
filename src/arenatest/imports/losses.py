"""What an import could not take over: counted by reason, the first few places named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from arenatest.suite.mistakes import Mistake, written

if TYPE_CHECKING:
    from arenatest.imports.rows import Row

Found = TypeVar("Found")

UNREADABLE = "records that cannot be read"
_MOST_NAMED = 5


class Losses:
    """Counts what was not taken over. No record of a file goes missing without being counted."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._places: dict[str, list[str]] = {}

    def miss(self, what: str, place: str = "", *, number: int = 1) -> None:
        """Count things that are not taken over.

        Args:
            what: Their name in the plural, the noun first, with the reason where the name does
                not say it.
            place: Where one of them stands; the first few are kept.
            number: How many there are.
        """
        self._counts[what] = self._counts.get(what, 0) + number
        places = self._places.setdefault(what, [])
        if place and len(places) < _MOST_NAMED:
            places.append(place)

    def broken(self, place: str, problem: str) -> None:
        """Count a record that cannot be read, with what was found and what was expected."""
        self.miss(UNREADABLE, f"{place}: {problem}")

    @property
    def counts(self) -> dict[str, int]:
        """How many of each kind, in the order in which they were met."""
        return dict(self._counts)

    def lines(self) -> Iterator[str]:
        """Yield what was not taken over, for people: a line for each kind, then its places."""
        for what, number in self._counts.items():
            noun, _, rest = what.partition(" ")
            noun = noun.removesuffix("s") if number == 1 else noun
            yield f"{number:,} {noun} {rest}".rstrip()
            places = self._places[what]
            yield from (f"  {place}" for place in places)
            if len(places) == _MOST_NAMED < number:
                yield f"  and {number - _MOST_NAMED:,} more"


def parsed(
    rows: Iterable[Row], losses: Losses, parse: Callable[[Row], Iterable[Found]]
) -> Iterator[Found]:
    """Yield what the rows hold; one with a mistake is counted, and the others are not lost."""
    for row in rows:
        try:
            found = [*parse(row)]
        except Mistake as mistake:
            key = written(mistake.place)
            losses.broken(row.place, f"{key}: {mistake.problem}" if key else mistake.problem)
        except RecursionError:
            losses.broken(row.place, "is nested too deeply")
        else:
            yield from found
