"""A provider for arenatest: any model that LiteLLM knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from arenatest.hookspec import Kind, Provider


@pytest.hookimpl(optionalhook=True)  # pytest also starts with -p no:arenatest
def pytest_arena_providers() -> Mapping[str, Kind[Provider]]:
    """Offer the kind ``litellm``."""
    from arenatest_litellm.kind import LITELLM  # pydantic waits until a suite is read

    return {"litellm": LITELLM}
