"""A run is named by its id, the beginning of it, or by how long ago it was."""

from dataclasses import replace

import pytest

from arenatest.errors import OptionError
from arenatest.store.naming import named_run
from unit.store import records


@pytest.fixture
def recorded(store):
    for name, session, started in (
        ("abcd1", "s-1", 1.0),
        ("abcd2", "s-1", 3.0),
        ("ef", "s-2", 2.0),
    ):
        run = replace(records.run(name, session=session, started=started), plan_hash="plan-1")
        store.begin(records.plan(), run, fresh=True, expire=0.0)
    return store


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("abcd1", "abcd1"),
        ("ef", "ef"),
        ("latest", "abcd2"),
        ("latest~0", "abcd2"),
        ("latest~1", "ef"),
        ("latest~2", "abcd1"),
    ],
)
def test_a_run_is_found_by_its_id_or_by_its_place_in_time(recorded, asked, found):
    assert named_run(recorded, asked).id == found


def test_runs_of_a_session_are_left_out_where_it_asks_itself(recorded):
    assert named_run(recorded, "latest", session="s-1").id == "ef"


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ("abcd", "several runs begin with 'abcd'"),
        ("abc", "no run has the id 'abc'"),
        ("none", "no run has the id 'none'"),
        ("latest~3", "no run is 'latest~3': it holds 3 runs"),
        ("latest~-1", "no run has the id 'latest~-1'"),
    ],
)
def test_what_names_no_single_run_is_told(recorded, asked, problem):
    with pytest.raises(OptionError) as raised:
        named_run(recorded, asked)
    assert str(raised.value).endswith(problem)


def test_an_empty_store_has_no_latest_run(store):
    with pytest.raises(OptionError, match="no run is 'latest': it holds no run"):
        named_run(store, "latest")
