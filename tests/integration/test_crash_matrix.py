"""Sessions killed at random moments end as the undisturbed one: benchmarks/crash.py has more."""

import pytest

from fakes.databases import new_schema
from simulation.crashes import crash, drawn
from simulation.sessions import World

KILLS = 25
ON_POSTGRESQL = 4


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_session_ends_as_if_nothing_had_happened(tmp_path, crash_models, whole, seed):
    killed(tmp_path / "project", str(tmp_path / "store"), crash_models, whole, seed)


@pytest.mark.parametrize("seed", range(KILLS, KILLS + ON_POSTGRESQL))
def test_so_does_one_that_is_recorded_in_postgresql(
    tmp_path, crash_models, whole, seed, postgres_url
):
    with new_schema(postgres_url) as url:
        killed(tmp_path / "project", url, crash_models, whole, seed)


def killed(folder, store, server, whole, seed):
    case = drawn(seed)
    world = World(folder, server, variant=case.variant, store=store, name=f"seed-{seed}")
    crash(case, world, whole)
