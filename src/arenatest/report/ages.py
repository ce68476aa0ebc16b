"""How old the answers are that a run did not buy, and how soon they must be bought again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from arenatest.model.record import Ledger

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_SOON = _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """The answers of one contestant that an earlier run bought.

    Attributes:
        reused: How many there are.
        youngest, median, oldest: Seconds from their calls to the start of the run.
        expiring: How many a run that starts a day later buys again; 0 where nobody knows.
    """

    reused: int
    youngest: float
    median: float
    oldest: float
    expiring: int = 0

    def __str__(self) -> str:
        """How old they are, for people."""
        return age_words(self.youngest, self.median, self.oldest)


def ages(ledger: Ledger) -> Mapping[str, Age]:
    """Return the ages of reused answers, by contestant; those who have none are left out."""
    run = ledger.run
    made: dict[str, list[float]] = {}
    for slot, answered in ledger.answers.items():
        if answered.reused and answered.started is not None:
            made.setdefault(slot.contestant, []).append(answered.started)
    since = None if run.reuses_from is None else run.reuses_from + _SOON
    return {
        name: Age(
            reused=len(starts),
            youngest=max(run.started - max(starts), 0.0),
            median=max(run.started - median(starts), 0.0),
            oldest=max(run.started - min(starts), 0.0),
            expiring=0 if since is None else sum(start < since for start in starts),
        )
        for name, starts in made.items()
    }


def age_lines(ledger: Ledger, known: Mapping[str, Age] | None = None) -> Iterator[str]:
    """Yield a line for each contestant with reused answers, in the plan's order, for people.

    Args:
        ledger: The record.
        known: Its ages, where they are at hand.
    """
    found = ages(ledger) if known is None else known
    for contestant in ledger.plan.contestants:
        if (age := found.get(contestant.name)) is not None:
            whose = "baseline" if contestant is ledger.plan.baseline else contestant.name
            yield f"{whose} answers: {age.reused:,} reused, {age}"


def expiry_lines(ledger: Ledger, known: Mapping[str, Age] | None = None) -> Iterator[str]:
    """Yield a line for each contestant whose answers will soon not be used again; as above."""
    found = ages(ledger) if known is None else known
    for contestant in ledger.plan.contestants:
        age = found.get(contestant.name)
        if age is not None and age.expiring:
            yield (
                f"{contestant.name}: {age.expiring:,} of {age.reused:,} reused answers are used "
                "for less than another day (reuse_days): later runs buy them again"
            )


def age_words(youngest: float, middle: float, oldest: float) -> str:
    """Return a range of ages in seconds for people.

    Examples:
        >>> age_words(2 * 86400, 3 * 86400, 9 * 86400), age_words(240, 300, 360)
        ('2 to 9 days old (median 3)', '4 to 6 minutes old (median 5)')
        >>> age_words(86400, 86400, 86400), age_words(0, 0, 2)
        ('1 day old', 'less than a minute old')
    """
    if oldest < _MINUTE:
        return "less than a minute old"
    unit, name = next(
        (unit, name)
        for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute"))
        if oldest >= unit
    )
    low, mid, high = (f"{seconds / unit:.0f}" for seconds in (youngest, middle, oldest))
    plural = "" if high == "1" else "s"
    if low == high:
        return f"{high} {name}{plural} old"
    return f"{low} to {high} {name}{plural} old (median {mid})"
