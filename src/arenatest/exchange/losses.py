"""Counts what a format cannot say, so that an export ends with it."""

from __future__ import annotations

from collections import Counter

from arenatest.report.phrases import plural


class Losses:
    """What was not taken over.

    Examples:
        >>> losses = Losses()
        >>> losses.add("void judgment")
        >>> losses.add("text", "longer than a cell", count=2)
        >>> losses.lines()
        ['1 void judgment', '2 texts longer than a cell']
    """

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, noun: str, more: str = "", *, count: int = 1) -> None:
        """Count something, by a noun in the singular and what else is to be said of it."""
        if count:
            self._counts[noun, more] += count

    def fit_for_utf8(self, text: str) -> str:
        """Return a text with U+FFFD for lone surrogates, which no UTF-8 holds; count it then."""
        try:
            text.encode()
        except UnicodeEncodeError:
            self.add("place", "where a lone surrogate became U+FFFD")
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text

    def lines(self) -> list[str]:
        """Return a line for each kind, such as ``3 void judgments``."""
        return [
            f"{plural(count, noun)} {more}".strip() for (noun, more), count in self._counts.items()
        ]
