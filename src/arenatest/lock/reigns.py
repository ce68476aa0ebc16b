"""Who was the baseline of a suite before, and since when: each was better than the one before it.

A candidate that may be ten per cent slower than its baseline, and then is the baseline, lets the
next one be slower by ten per cent more. The chain shows how often that may have happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from arenatest.model.plan import Plan, Rule
from arenatest.model.record import Run
from arenatest.store import Store
from arenatest.store.baselines import read_baselines

_MOST = 200  # runs that are looked back on


@dataclass(frozen=True, slots=True, kw_only=True)
class Reign:
    """The time during which one model was the baseline of a suite.

    Attributes:
        name, fingerprint: Of the model.
        since, until: When the first and the last of its runs began, seconds since 1970.
        runs: How many there are on record.
    """

    name: str
    fingerprint: str
    since: float
    until: float
    runs: int


def reigns(store: Store, plan: Plan, upto: Run) -> tuple[Reign, ...]:
    """Return the baselines of a suite up to a run, the earliest first; the last one is its own.

    Args:
        store: Where its runs are recorded.
        plan: Of the suite; others of the same name and file are of it too.
        upto: The last run that counts.
    """
    found: list[Reign] = []
    for started, name, fingerprint in read_baselines(store, plan, upto=upto.started, most=_MOST):
        if found and found[-1].fingerprint == fingerprint:
            found[-1] = replace(found[-1], until=started, runs=found[-1].runs + 1)
        else:
            now = Reign(name=name, fingerprint=fingerprint, since=started, until=started, runs=1)
            found.append(now)
    return tuple(found)


def relative_only(rules: Sequence[Rule], candidate: str) -> tuple[str, ...]:
    """Return what a candidate is held to beside its baseline alone, by the names of metrics.

    Nothing stops such a measurement from drifting, when each candidate is the next baseline. Win
    rates are left out: no absolute limit could be set to them.
    """
    mine = [rule for rule in rules if rule.candidate == candidate]
    bounded = {(rule.metric.name, rule.side) for rule in mine if rule.stat != "ratio"}
    loose = [
        rule.metric.name
        for rule in mine
        if rule.stat == "ratio" and (rule.metric.name, rule.side) not in bounded
    ]
    return tuple(dict.fromkeys(loose))
