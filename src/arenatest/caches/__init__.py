"""The shared caches that come with arenatest, offered through the same hook as everybody's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from arenatest.hookspec import Cache, Kind


@pytest.hookimpl
def pytest_arena_caches() -> Mapping[str, Kind[Cache]]:
    """Return the built-in kinds by the scheme of their URLs; the client is imported later."""
    from arenatest.caches.redis import REDIS

    return {"redis": REDIS, "rediss": REDIS}
