"""What two runs were made to do otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from arenatest.model.plan import Plan
from arenatest.suite.differences import differences

_SETTINGS = ("voting", "quorum", "max_void", "early_stop")
_TABLES = (
    ("finishes", "what refusals, filtered and truncated answers count as"),
    ("limits", "what judges are held to"),
    ("latency", "how clocks are taken"),
    ("load", "the load"),
    ("metric_fingerprints", "plugins' metrics"),
)


def plan_changes(before: Plan, after: Plan) -> tuple[str, ...]:
    """Return in a line each what differs between two plans; empty where they are the same.

    Gates are not looked at: they stand side by side with what they came to.
    """
    if before.hash == after.hash:
        return ()
    return (*differences(after, before), *_settings(before, after))


def _settings(before: Plan, after: Plan) -> Iterator[str]:
    for name in _SETTINGS:
        then, now = getattr(before, name), getattr(after, name)
        if then != now:
            yield f"{name} is {now}, it was {then}"
    for name, told in _TABLES:
        if getattr(before, name) != getattr(after, name):
            yield f"other than before: {told}"
