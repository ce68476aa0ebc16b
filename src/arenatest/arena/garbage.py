"""Keeps Python's search for cycles out of a run, and entirely out of what is timed apart."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_ALLOCATIONS = 10_000  # between two looks for cycles: at 700 they took a tenth of a run


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for cycles less often meanwhile: a run makes thousands of records, and hardly a cycle.

    What was there before stays: there is no need to look through it every few seconds.
    """
    threshold = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS)
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*threshold)


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no cycles meanwhile: a full search stops every thread, for a second at worst.

    What can be freed is freed before, and whatever is there then is not looked through again:
    until the end of ``seldom_collected`` where that is around it, and else until this ends.
    """
    searching, kept_aside = gc.isenabled(), gc.get_freeze_count()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        if not kept_aside:
            gc.unfreeze()
        if searching:
            gc.enable()
