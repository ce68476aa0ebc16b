"""An interval for an unknown number, possibly open to one side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """The values that a pair of one-sided tests has not refuted; None where there is no bound.

    It unpacks: ``low, high = interval``.
    """

    low: float | None
    high: float | None

    def __iter__(self) -> Iterator[float | None]:
        yield self.low
        yield self.high
