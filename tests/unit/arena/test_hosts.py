import pytest

from arenatest.arena.latency_lane import HERE, host_of
from fakes.models import ScriptedProvider, target


@pytest.mark.parametrize(
    ("endpoint", "host"),
    [
        ("https://api.openai.com/v1", "api.openai.com"),
        ("https://API.openai.com:443/v2", "api.openai.com"),
        ("http://localhost:8000/v1", HERE),
        ("http://gpu.localhost:8000/v1", HERE),
        ("http://127.0.0.1:8000/v1", HERE),
        ("http://127.9.9.9:8000/v1", HERE),
        ("http://[::1]:8000/v1", HERE),
        ("http://0.0.0.0:8000/v1", HERE),
        ("http://[::ffff:127.0.0.1]:8000/v1", HERE),
        ("http://LocalHost.:8000/v1", HERE),
        ("https://api.openai.com./v1", "api.openai.com"),
        ("http://[::ffff:10.0.0.7]:8000/v1", "10.0.0.7"),
        ("http://10.0.0.7:8000/v1", "10.0.0.7"),
        ("python:models:answer", HERE),
        ("local:qwen", HERE),
        ("replay", HERE),
        ("http://[oops/v1", HERE),
    ],
)
def test_a_host_is_a_machine_as_far_as_the_endpoint_tells(endpoint, host):
    asked = target(ScriptedProvider(endpoint=endpoint), clock=lambda: 0.0)

    assert host_of(asked) == host
