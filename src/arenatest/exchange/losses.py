"""Counts what a format cannot say, so that an export ends with it."""

from __future__ import annotations

from collections import Counter
from typing import TypeVar

Value = TypeVar("Value")


class Losses:
    """What was not taken over, by what it is: ``void judgments``."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, what: str, count: int = 1) -> None:
        """Count something; ``what`` goes on from its number, in the plural."""
        if count:
            self._counts[what] += count

    def take(self, what: str, value: Value) -> Value:
        """Count something and return what became of it."""
        self.add(what)
        return value

    def fit_for_utf8(self, text: str) -> str:
        """Return a text with U+FFFD for lone surrogates, which no UTF-8 holds; count such texts."""
        try:
            text.encode()
        except UnicodeEncodeError:
            fit = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            return self.take("texts with lone surrogates, which became U+FFFD", fit)
        return text

    def lines(self) -> list[str]:
        """Return a line for each kind, such as ``3 void judgments``."""
        return [f"{count:,} {what}" for what, count in self._counts.items()]
