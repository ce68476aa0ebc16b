"""Weighs suspected causes: how much of what is slow each of them explains."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from arenatest.signs.slowness.arms import Arm, Clock, in_common
from arenatest.signs.slowness.passage import buffering, client_lag, fresh_connections, own_queue
from arenatest.signs.slowness.serving import (
    cold_start,
    failures,
    lost_more,
    queueing,
    throttling,
)
from arenatest.signs.slowness.steadiness import drift, two_kinds
from arenatest.signs.slowness.suspects import (
    CAUSES,
    CHANCE,
    RARE,
    Cause,
    Suspect,
    apart,
    median,
)
from arenatest.signs.slowness.volume import (
    longer_answers,
    longer_prompts,
    reasoning,
    slower_tokens,
    uneven_cache,
)
from arenatest.stats.proportions import sign_test

WORTH = 0.2
"""Least share of what is slow that a cause must explain to be told."""
LIKELY = 0.5
"""Share from which it is called likely, and nothing vaguer is looked for."""
MARKED = 1.25
"""From how many times as slow a contestant is asked about without any gate."""
WILD = 2.0
"""How many times as slow a call is that counts as an outlier."""
OUTLIERS = 0.1
"""Share of pairs that are outliers from which a contestant is asked about."""
SLOWER = 1.05
"""From how many times as slow a contestant is asked about where a gate did not pass."""

CLOCKS: tuple[Clock, ...] = ("ttft", "ttfat", "e2e")


class Finder(Protocol):
    """Looks for one cause in one contestant's calls, beside another one's where there is one."""

    def __call__(self, ours: Arm, theirs: Arm | None) -> Suspect | None:
        """Return what was found; None where it is not at work, or nothing can tell."""


SPECIFIC: tuple[Finder, ...] = (
    longer_answers,
    slower_tokens,
    reasoning,
    longer_prompts,
    uneven_cache,
    queueing,
    cold_start,
    throttling,
    failures,
    own_queue,
    fresh_connections,
    buffering,
)
VAGUE: tuple[Finder, ...] = (drift, two_kinds)
"""Told only where none of the others is likely: they say how it is slow rather than why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A likely cause of a slow or unsteady contestant.

    Attributes:
        contestant: Whose calls.
        against: With whom they were compared; None where they were looked at alone.
        cause: What it is.
        shares: The clocks that it slows down, each with how much of what is slow it explains: of
            the difference to the other contestant, or of the slowest quarter of the calls.
        figures: What it was read from, in base units, by name.
    """

    contestant: str
    against: str | None
    cause: Cause
    shares: Mapping[Clock, float]
    figures: Mapping[str, float]

    @property
    def strength(self) -> float:
        """The largest of its shares."""
        return max(self.shares.values())


def advise(
    ours: Arm,
    theirs: Arm,
    *,
    compared: Collection[Clock] = (),
    alone: Collection[Clock] = (),
    lagging: Collection[Clock] = (),
) -> tuple[Finding, ...]:
    """Return the likely causes of what is slow, those first that explain most.

    Args:
        ours: The calls that are asked about.
        theirs: Those of whom they are compared with, as a rule the baseline.
        compared: Clocks of gates that compare the two and did not pass.
        alone: Clocks of gates with limits of their own that did not pass.
        lagging: Clocks of gates that could not be decided because our own event loop lagged.

    Returns:
        Nothing where no gate asks and no clock is markedly slower.
    """
    places = in_common(ours, theirs)
    mine, other = ours.on(places), theirs.on(places)
    slower = [
        clock
        for clock in CLOCKS
        if _is_slower(mine, other, clock, asked=clock in compared)
        or (clock in (*compared, "ttft", "e2e") and lost_more(ours.lost, theirs.lost))
    ]
    found = dict(_weighed(mine, other, slower)) if slower else {}
    for cause, finding in _weighed(ours, None, sorted(alone)) if alone else ():
        known = found.get(cause)
        found[cause] = finding if known is None else _joined(known, finding)
    if lagging and (suspect := client_lag(ours)):
        found["lag"] = _finding(suspect, dict.fromkeys(sorted(lagging), 1.0), ours, None)
    order = sorted(found.values(), key=lambda one: (-one.strength, CAUSES.index(one.cause)))
    return tuple(order)


def _weighed(
    ours: Arm, theirs: Arm | None, clocks: Sequence[Clock]
) -> Iterator[tuple[Cause, Finding]]:
    """Yield what explains enough of a clock; vague causes only where no specific one is likely."""
    excess = {clock: _excess(ours, theirs, clock) for clock in clocks}
    likely = False
    for finders in (SPECIFIC, VAGUE):
        for find in () if likely else finders:
            suspect = find(ours, theirs)
            if suspect is None:
                continue
            shares = {
                clock: share
                for clock in clocks
                if (share := _share(suspect, clock, excess[clock], alone=theirs is None)) >= WORTH
            }
            if shares:
                finding = _finding(suspect, shares, ours, theirs)
                yield suspect.cause, finding
                likely |= finders is SPECIFIC and finding.strength >= LIKELY


def _finding(
    suspect: Suspect, shares: Mapping[Clock, float], ours: Arm, theirs: Arm | None
) -> Finding:
    return Finding(
        contestant=ours.name,
        against=None if theirs is None else theirs.name,
        cause=suspect.cause,
        shares=shares,
        figures=suspect.figures,
    )


def _joined(compared: Finding, alone: Finding) -> Finding:
    """Return one finding of both, with the figures of the comparison."""
    shares = {
        clock: max(compared.shares.get(clock, 0.0), alone.shares.get(clock, 0.0))
        for clock in {**compared.shares, **alone.shares}
    }
    return Finding(
        contestant=compared.contestant,
        against=compared.against,
        cause=compared.cause,
        shares=shares,
        figures=compared.figures,
    )


def _is_slower(ours: Arm, theirs: Arm, clock: Clock, *, asked: bool) -> bool:
    """Return whether one contestant's clock is so much slower that somebody asks why.

    Where a gate asks, it is enough that it is slower rather than not; else it must be so markedly,
    and beyond chance: by its typical call, or by many outliers.
    """
    if clock == "ttfat" and not asked and not _thinks_aloud(ours, theirs):
        return False  # it is the TTFT
    ratios = [
        our / their
        for our, their in zip(ours[clock], theirs[clock], strict=True)
        if our > 0.0 and their > 0.0
    ]
    if not ratios:  # one of them has no such clock: its answers came whole
        return asked and any(theirs[clock])
    if asked and median(ratios) >= SLOWER:
        return True
    above = sum(ratio > 1.0 for ratio in ratios)
    typical = sign_test(above, len(ratios) - above, side="above") <= RARE
    if typical and median(ratios) >= MARKED:
        return True
    slow, fast = sum(r >= WILD for r in ratios), sum(r <= 1.0 / WILD for r in ratios)
    wild = slow - fast >= OUTLIERS * len(ratios)
    return wild and sign_test(slow, fast, side="above") <= CHANCE


def _thinks_aloud(ours: Arm, theirs: Arm) -> bool:
    """Return whether an answer's first text is another one than the first text at all."""
    return any(arm["ttfat"] != arm["ttft"] for arm in (ours, theirs))


def _excess(ours: Arm, theirs: Arm | None, clock: Clock) -> Sequence[float]:
    return apart(ours[clock], None if theirs is None else theirs[clock])


def _share(suspect: Suspect, clock: Clock, excess: Sequence[float], *, alone: bool) -> float:
    """Return how much of a clock's excess a cause explains, 0..1.

    A cause may explain the typical call or the outliers: the better of both counts, all calls or
    those without the twentieth at both ends. A contestant alone is asked about its slow calls.
    """
    if clock in suspect.share:
        return min(suspect.share[clock], 1.0)
    seconds = suspect.seconds.get(clock)
    if seconds is None or not excess:
        return 0.0
    order = sorted(range(len(excess)), key=excess.__getitem__)
    n = len(order)
    cut = n // _TRIMMED
    parts = [order[-max(n // _SLOWEST, 1) :]] if alone else [order, order[cut : n - cut]]
    shares = [_part(seconds, excess, part) for part in parts]
    return min(max(shares), 1.0)


def _part(seconds: Sequence[float], excess: Sequence[float], places: Sequence[int]) -> float:
    whole = sum(excess[place] for place in places)
    return sum(seconds[place] for place in places) / whole if whole > 0.0 else 0.0


_TRIMMED = 20
_SLOWEST = 4
