"""Which suites of this session are wrong: while there is one, no engine starts."""

from __future__ import annotations

import pytest

_WRONG = pytest.StashKey[list[str]]()


def wrong_suites(config: pytest.Config) -> list[str]:
    """Return the wrong suites' paths, as a list that collection adds to."""
    return config.stash.setdefault(_WRONG, [])
