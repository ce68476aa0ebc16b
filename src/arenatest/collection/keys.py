"""Finds the API keys that the selected gates need and the environment lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from arenatest.gates.needs import needs


def missing_keys(items: Iterable[Any], environ: Mapping[str, str]) -> str:
    """Return one message for all variables that are not set; empty if none is missing.

    Args:
        items: The selected gate items.
        environ: The environment.
    """
    missing: dict[str, list[str]] = {}
    for item in items:
        suite = item.suite
        needed = needs(item.rule, suite.plan)
        names = needed.answers | needed.timings
        if needed.judgments:
            names |= {judge.name for judge in suite.judges}
        for variable, users in suite.environment.items():
            if not environ.get(variable):
                missing.setdefault(variable, []).extend(
                    f"{suite.plan.suite}: {user}" for user in users if user in names
                )
    lines = [
        f"{variable} is not set, needed by {', '.join(dict.fromkeys(users))}"
        for variable, users in missing.items()
        if users
    ]
    return "\n".join(lines)
