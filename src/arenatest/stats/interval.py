"""An interval for an unknown number, possibly open to one side."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """The values that a pair of one-sided tests has not refuted; None where there is no bound."""

    low: float | None
    high: float | None
