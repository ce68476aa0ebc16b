"""Chooses which runs may go: pure, from what is known of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from arenatest.model.record import Run

DAY = 86400.0
_USUAL = 7 * DAY  # for which answers are used again, where a run does not know


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A run that the store holds, with what decides whether it may go.

    Attributes:
        suite, path: Of its plan.
        aa: Whether it was an A/A run.
        aa_within: Seconds before its start in which its plan asks for an A/A run; None for none.
        ends: Wall clock of what it did last, seconds since 1970.
        size: About how many bytes go with it, once all earlier ones are gone.
    """

    run: Run
    suite: str
    path: str
    aa: bool = False
    aa_within: float | None = None
    ends: float
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to go: each condition alone suffices.

    Attributes:
        named: Ids of runs.
        older_than: Seconds since a run did anything.
        keep_runs: The latest so many of each suite stay.
        max_size: Bytes that the store may take; the oldest runs go first.
    """

    named: frozenset[str] = frozenset()
    older_than: float | None = None
    keep_runs: int | None = None
    max_size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which runs go, and which of those that were asked for stay, oldest first, each with why."""

    goes: tuple[tuple[Held, str], ...]
    stays: tuple[tuple[Held, str], ...]


def choose(
    held: Sequence[Held],
    asked: Asked,
    *,
    now: float,
    size: int,
    accepted: Mapping[str, str],
    busy: Collection[str] = (),
) -> Choice:
    """Return which runs go.

    A run stays, whatever is asked, while a process runs its plan, where a lock file names it as
    the one that was accepted, and where it is an A/A run that one which stays rests upon. A run
    that can be continued, or whose answers may still be used again, goes only if it was named or
    is older than the age that was asked for.

    Args:
        held: All runs of the store.
        asked: What is to go.
        now: Wall clock, seconds since 1970.
        size: Bytes that the store takes.
        accepted: Lock files, by the run that they name.
        busy: Runs whose plans a process has locked.
    """
    in_order = sorted(held, key=lambda one: (one.run.started, one.run.id))
    wanted = _wanted(in_order, asked, now=now)
    stays = {
        one.run.id: why
        for one in in_order
        if (why := _needed(one, asked, now=now, accepted=accepted, busy=busy))
    }
    if asked.max_size is not None:
        size -= sum(one.size for one in in_order if one.run.id in wanted.keys() - stays.keys())
        for one in in_order:
            if size > asked.max_size and one.run.id not in wanted.keys() | stays.keys():
                wanted[one.run.id] = "the store is too large"
                size -= one.size
    going = [one for one in in_order if one.run.id in wanted.keys() - stays.keys()]
    stays |= _trials(in_order, {one.run.id for one in going})
    return Choice(
        goes=tuple((one, wanted[one.run.id]) for one in going if one.run.id not in stays),
        stays=tuple(
            (one, stays[one.run.id])
            for one in in_order
            if one.run.id in stays and (one.run.id in wanted or asked.max_size is not None)
        ),
    )


def reusable_until(held: Held) -> float:
    """Return until when later runs may use what a run bought, seconds since 1970."""
    run = held.run
    days = _USUAL if run.reuses_from is None else max(held.run.started - run.reuses_from, 0.0)
    return held.ends + days


def _wanted(in_order: Sequence[Held], asked: Asked, *, now: float) -> dict[str, str]:
    """Return why runs are to go, by their ids; size apart."""
    wanted = {}
    later: dict[tuple[str, str, bool], int] = {}
    for one in reversed(in_order):
        suite = one.suite, one.path, one.aa  # A/A runs push no other one out
        later[suite] = later.get(suite, 0) + 1
        if one.run.id in asked.named:
            wanted[one.run.id] = "it was named"
        elif asked.older_than is not None and now - one.ends > asked.older_than:
            wanted[one.run.id] = f"it is {_age(now - one.ends)} old"
        elif asked.keep_runs is not None and later[suite] > asked.keep_runs:
            wanted[one.run.id] = f"its suite has {asked.keep_runs:,} later ones"
    return wanted


def _age(seconds: float) -> str:
    """Return an age for people.

    Examples:
        >>> _age(91.4 * DAY), _age(5400)
        ('91 days', '1.5 hours')
    """
    few = 2 * DAY
    return f"{seconds / 3600:.1f} hours" if seconds < few else f"{seconds / DAY:,.0f} days"


def _needed(
    one: Held, asked: Asked, *, now: float, accepted: Mapping[str, str], busy: Collection[str]
) -> str:
    """Return why a run stays; empty where it may go."""
    if one.run.id in busy:
        return "its plan is being run"
    if one.run.id in accepted:
        return f"it was accepted: {accepted[one.run.id]}"
    old = asked.older_than is not None and now - one.ends > asked.older_than
    if old or one.run.id in asked.named:
        return ""
    if now < reusable_until(one):
        going_on = one.run.finished is None and one.run.source is None
        return "it can be continued" if going_on else "its answers may still be used again"
    return ""


def _trials(in_order: Sequence[Held], going: Collection[str]) -> dict[str, str]:
    """Return the A/A runs that those which stay rest upon, and those that these rest upon."""
    kept: dict[str, str] = {}
    resting = [one for one in in_order if one.run.id not in going]
    while resting:
        one = resting.pop()
        for trial in in_order:
            if not _rests(one, trial):
                continue
            if trial.run.id in going and trial.run.id not in kept:
                resting.append(trial)
            kept.setdefault(trial.run.id, f"the run {one.run.id[:8]} rests upon this A/A run")
    return kept


def _rests(one: Held, trial: Held) -> bool:
    at = trial.run.finished
    if one.aa_within is None or at is None or not trial.aa:
        return False
    return -one.aa_within < at - one.run.started <= 0
