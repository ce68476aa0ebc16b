"""Finds what the selected gates need and this machine lacks: API keys, packages, local models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from arenatest.errors import OptionError
from arenatest.gates.needs import needs
from arenatest.suite.suite import Setup, Suite


def missing_keys(
    items: Iterable[Any], environ: Mapping[str, str], *, contestants: bool = True
) -> str:
    """Return one message for all that is missing; empty if nothing is.

    Args:
        items: The selected gate items.
        environ: The environment.
        contestants: Whether contestants are going to be asked.
    """
    variables: dict[str, dict[str, None]] = {}
    others: dict[str, None] = {}
    for suite, setups in _needed(items, contestants=contestants):
        names = {setup.name for setup in setups}
        for variable, users in suite.environment.items():
            if not environ.get(variable):
                for user in users:
                    if user in names:
                        variables.setdefault(variable, {})[f"{user} (suite {suite.plan.suite})"] = (
                            None
                        )
        others.update(dict.fromkeys(_lacking(setups, environ)))
    unset = [
        f"{variable} is not set, needed by {', '.join(users)}"
        for variable, users in variables.items()
    ]
    return "\n".join((*unset, *others))


def _needed(items: Iterable[Any], *, contestants: bool) -> Iterator[tuple[Suite, list[Setup[Any]]]]:
    """Yield each suite with whom the selected gates of it call."""
    suites: dict[str, tuple[Suite, set[str], bool]] = {}
    for item in items:
        suite: Suite = item.suite
        needed = needs(item.rule, suite.plan)
        _, names, judged = suites.get(suite.plan.hash, (suite, set(), False))
        if contestants:
            names |= needed.answers | needed.timings | needed.loads
        suites[suite.plan.hash] = (suite, names, judged or bool(needed.judgments))
    for suite, names, judged in suites.values():
        setups: list[Setup[Any]] = [setup for setup in suite.contestants if setup.name in names]
        for judge in suite.judges if judged else ():
            setups.append(judge)
            if judge.provider is not None:
                setups.append(judge.provider)
        yield suite, setups


def _lacking(setups: Iterable[Setup[Any]], environ: Mapping[str, str]) -> Iterator[str]:
    for setup in setups:
        if setup.kind.ready is not None:
            try:
                setup.kind.ready(setup.options, environ)
            except OptionError as error:
                yield str(error)
