"""What all tests share: hypothesis must not mind how busy the machine is, nor plugins meddle."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("arenatest", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("arenatest")

MEDDLING = ("randomly", "repeat", "rerunfailures", "pytest-split")
"""Plugins that shuffle, repeat or leave out tests; one that is about them lets one in by ``-p``."""


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """pytest's own, whose pytests start without the meddling plugins."""
    monkeypatch.setenv("PYTEST_ADDOPTS", " ".join(f"-p no:{name}" for name in MEDDLING))
    return pytester
