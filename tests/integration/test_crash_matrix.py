"""Sessions killed at random moments end as the undisturbed one: benchmarks/crash.py has more."""

import pytest

from simulation.crashes import crash, drawn, undisturbed
from simulation.sessions import World, models

KILLS = 25


@pytest.fixture(scope="module")
def server():
    with models() as serving:
        yield serving


@pytest.fixture(scope="module")
def whole(server, tmp_path_factory):
    return undisturbed(tmp_path_factory.mktemp("whole"), server)


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_session_ends_as_if_nothing_had_happened(tmp_path, server, whole, seed):
    case = drawn(seed)
    folder = tmp_path / "project"
    store = str(folder / "store")
    world = World(folder, server, variant=case.variant, store=store, name=f"seed-{seed}")
    crash(case, world, whole)
