"""Files beside a store that nobody needs any more."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Set
from pathlib import Path

_PLAN = re.compile(r"([0-9a-f]{32})\.lock")
_BACKUP = re.compile(r".+-version-\d+-\d{8}T\d{6}Z\.(sqlite|unfinished)")
_DAY = 86400.0


def leftovers(
    folder: Path, locks: Path, plans: Set[str], *, now: float, older_than: float | None
) -> Iterator[Path]:
    """Yield the files of locks of plans that are gone, and old copies from before migrations.

    Args:
        folder: Where the store lies.
        locks: Where locks lie.
        plans: Hashes of all plans of the store.
        now: Wall clock, seconds since 1970.
        older_than: Seconds since a copy was made; None leaves all where they are.
    """
    for path in sorted(locks.glob("*.lock")):
        match = _PLAN.fullmatch(path.name)
        if match and match[1] not in plans and now - path.stat().st_mtime > _DAY:
            yield path  # a plan that is about to be run for the first time has a newer one
    least = math.inf if older_than is None else older_than
    for path in sorted(folder.iterdir()):
        if _BACKUP.fullmatch(path.name) and now - path.stat().st_mtime > least:
            yield path
