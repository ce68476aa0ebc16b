"""Keeps Python's search for cycles out of what is being timed."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no cycles meanwhile: a full search stops every thread, for a second at worst.

    What can be freed is freed before, and whatever is there then is not looked through again: a
    session has it so until its end, and anybody else until this ends.
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
