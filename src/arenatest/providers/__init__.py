"""The providers that come with arenatest, offered through the same hook as everybody's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from arenatest.hookspec import Kind, Provider


@pytest.hookimpl
def pytest_arena_providers() -> Mapping[str, Kind[Provider]]:
    """Return the built-in kinds; pydantic is imported here at the earliest, aiohttp later still."""
    from arenatest.providers.anthropic import ANTHROPIC
    from arenatest.providers.azure import AZURE
    from arenatest.providers.bedrock import BEDROCK
    from arenatest.providers.gemini import GEMINI
    from arenatest.providers.local import LOCAL
    from arenatest.providers.ollama import OLLAMA
    from arenatest.providers.openai import OPENAI, presets
    from arenatest.providers.python import PYTHON
    from arenatest.providers.replay import REPLAY
    from arenatest.providers.responses import RESPONSES

    return {
        "openai": OPENAI,
        "python": PYTHON,
        "replay": REPLAY,
        "local": LOCAL,
        "openai-responses": RESPONSES,
        "azure": AZURE,
        "anthropic": ANTHROPIC,
        "gemini": GEMINI,
        "bedrock": BEDROCK,
        "ollama": OLLAMA,
        **presets(),
    }
