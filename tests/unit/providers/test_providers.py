import subprocess
import sys

import pytest

from arenatest import providers
from arenatest.hookspec import Kind


def test_the_built_in_kinds_are_offered_through_the_hook():
    manager = pytest.PytestPluginManager()
    manager.register(providers)
    offered = providers.pytest_arena_providers()
    own_apis = {"openai", "openai-responses", "azure", "anthropic", "gemini", "bedrock", "ollama"}
    assert {*own_apis, "python", "replay", "local"} <= set(offered)
    assert all(isinstance(kind, Kind) for kind in offered.values())


def test_naming_the_kinds_imports_pydantic_late_and_aiohttp_later():
    script = """
import sys
from arenatest import providers
assert "pydantic" not in sys.modules
kinds = providers.pytest_arena_providers()
assert "aiohttp" not in sys.modules
assert "xllamacpp" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
