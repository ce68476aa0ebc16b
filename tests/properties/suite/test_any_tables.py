"""Whatever stands in a suite file, it is a suite or a mistake: never another exception."""

import copy
import datetime
from pathlib import Path

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from arenatest.errors import SuiteError
from arenatest.suite.load import build_suite
from arenatest.suite.problems import SuiteErrors
from arenatest.suite.schema import TABLES
from fakes.kinds import kinds
from fakes.suites import SUITE

RIGHT = {
    **tomli.loads(SUITE),
    "run": {"seed": 1, "call_timeout": "1 s"},
    "metrics": [{"name": "good", "kind": "score", "function": "f"}],
    "datasets": [],
}
KEYS = sorted(
    {
        key
        for table in RIGHT.values()
        for part in (table if isinstance(table, list) else [table])
        for key in part
    }
    | {
        "stat",
        "max",
        "margin",
        "max_ratio",
        "where",
        "by",
        "candidates",
        "against",
        "turns",
        "messages",
        "response",
        "params",
        "price",
        "system_file",
        "template",
        "timeout",
        "path",
    }
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.just(datetime.date(2026, 1, 1)),
    st.sampled_from(
        [
            "win_rate",
            "ttft",
            "good",
            "words",
            "p95",
            "800 ms",
            "new",
            "old",
            "api",
            "jury",
            "category",
            "..",
            "kids",
            "method",
        ]
    ),
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*KEYS, "odd key", ""]), inner, max_size=3)
    ),
    max_leaves=6,
)
places = st.tuples(st.sampled_from(TABLES), st.one_of(st.none(), st.sampled_from(KEYS)))


@settings(deadline=None)
@given(st.lists(st.tuples(places, values), min_size=1, max_size=4))
def test_any_value_anywhere_gives_a_suite_or_a_mistake(changes):
    tables = copy.deepcopy(RIGHT)
    for (table, key), value in changes:
        held = tables.get(table)
        held = held[0] if isinstance(held, list) and held else held
        if key is None or not isinstance(held, dict):
            tables[table] = value
        else:
            held[key] = value
    try:
        suite = build_suite(tables, path="x", directory=Path("/nowhere"), kinds=kinds())
    except (SuiteError, SuiteErrors):
        return
    assert suite.plan.prompts
    assert suite.plan.rules


def test_the_suite_that_is_changed_is_right():
    build_suite(RIGHT, path="x", directory=Path("/nowhere"), kinds=kinds())


@pytest.mark.parametrize("tables", [{}, {"gates": [[]]}, {"prompts": 5}, {"candidates": [1, {}]}])
def test_odd_tables_are_mistakes(tables):
    with pytest.raises(SuiteErrors):
        build_suite(tables, path="x", directory=Path("/nowhere"), kinds=kinds())
