"""Finds the run that somebody means: by its id, the beginning of it, or how long ago it was."""

from __future__ import annotations

import re

from arenatest.errors import OptionError
from arenatest.model.record import Run
from arenatest.store.store import Store

SHORTEST = 4
"""Characters of a run's id that name it, at least."""

_LATEST = re.compile(r"latest(?:~(\d{1,9}))?", re.ASCII)


def named_run(store: Store, asked: str, *, session: str | None = None) -> Run:
    """Return the run with an id, the only one whose id begins so, or one of the latest.

    Args:
        store: Where runs are recorded.
        asked: An id, four or more of its first characters, ``latest``, or ``latest~2`` for the
            one two before the latest.
        session: Whose own runs do not count.

    Raises:
        OptionError: There is none, or more than one.
    """
    runs = [run for run in store.runs() if run.session != session]
    if match := _LATEST.fullmatch(asked):
        back = int(match[1] or 0)
        if back < len(runs):
            return runs[-1 - back]
        raise OptionError(f"{store.place}: no run is {asked!r}: it holds {_counted(len(runs))}")
    found = [run for run in runs if run.id == asked] or [
        run for run in runs if len(asked) >= SHORTEST and run.id.startswith(asked)
    ]
    if len(found) == 1:
        return found[0]
    problem = "several runs begin with" if found else "no run has the id"
    raise OptionError(f"{store.place}: {problem} {asked!r}")


def names_a_run(store: Store, asked: str) -> bool:
    """Return whether a text names runs, one or more, and not something else of the store."""
    if _LATEST.fullmatch(asked):
        return True
    return len(asked) >= SHORTEST and any(run.id.startswith(asked) for run in store.runs())


def _counted(runs: int) -> str:
    return "no run" if not runs else f"{runs:,} run" + "s" * (runs > 1)
