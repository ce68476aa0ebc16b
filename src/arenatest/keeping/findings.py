"""What is found wrong with a store: in the words of whoever has to act."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

MOST = 100
"""Findings of one kind that are told one by one; the others are counted."""

RESTORE = "restore the store from a copy, or remove the run: arenatest prune {run}"
AGAIN = "restore the store from a copy, or buy again what it held: pytest --arena --arena-fresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it was written.

    Attributes:
        kind: One word for what is wrong, to sort by.
        where: The record, as people find it.
        found: What stands there.
        expected: What should.
        remedy: What to do.
    """

    kind: str
    where: str
    found: str
    expected: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: found {self.found}, expected {self.expected}; {self.remedy}"


@dataclass(slots=True)
class Findings:
    """All that was looked at, and what was wrong with it.

    Attributes:
        told: The first findings of each kind, in the order in which they were made.
        untold: How many more there are of a kind.
        looked: How much was looked at, by what it is, for people.
        notes: What is as it should be, and worth knowing.
    """

    told: list[Finding] = field(default_factory=list)
    untold: Counter[str] = field(default_factory=Counter)
    looked: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    _kinds: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.told) + self.untold.total()

    def add(self, finding: Finding) -> None:
        """Keep a finding, or count it where there are many of its kind."""
        self._kinds[finding.kind] += 1
        if self._kinds[finding.kind] > MOST:
            self.untold[finding.kind] += 1
        else:
            self.told.append(finding)

    def take(self, other: Findings) -> None:
        """Take over what was found elsewhere."""
        for finding in other.told:
            self.add(finding)
        for kind, count in other.untold.items():
            self.untold[kind] += count
        self.looked.update(other.looked)
        self.notes += other.notes


def unreadable(what: str, error: Exception) -> Finding:
    """Return the finding that something cannot be read at all, whatever the database says."""
    said = " ".join(str(error).split()) or type(error).__name__
    return Finding(
        kind="unreadable", where=what, found=said, expected="what was written", remedy=AGAIN
    )
