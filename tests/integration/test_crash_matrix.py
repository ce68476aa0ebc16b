"""Sessions killed at random moments end as the undisturbed one: benchmarks/crash.py has more."""

import pytest

from fakes.databases import new_schema
from simulation.crashes import crash, drawn, undisturbed
from simulation.sessions import World, models

KILLS = 25
ON_POSTGRESQL = 4


@pytest.fixture(scope="module")
def server():
    with models() as serving:
        yield serving


@pytest.fixture(scope="module")
def whole(server, tmp_path_factory):
    return undisturbed(tmp_path_factory.mktemp("whole"), server)


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_session_ends_as_if_nothing_had_happened(tmp_path, server, whole, seed):
    killed(tmp_path / "project", str(tmp_path / "store"), server, whole, seed)


@pytest.mark.parametrize("seed", range(KILLS, KILLS + ON_POSTGRESQL))
def test_so_does_one_that_is_recorded_in_postgresql(tmp_path, server, whole, seed, postgres_url):
    with new_schema(postgres_url) as url:
        killed(tmp_path / "project", url, server, whole, seed)


def killed(folder, store, server, whole, seed):
    case = drawn(seed)
    world = World(folder, server, variant=case.variant, store=store, name=f"seed-{seed}")
    crash(case, world, whole)
