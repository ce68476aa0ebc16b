"""JSON as no server should send it, for hypothesis: anything at all, and what is right but for one
value somewhere."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

_leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(["", "0", [], {}, [[]], 2**70, -1, 1e300])
)
jsons = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
"""Any JSON."""


@st.composite
def mangled(draw: st.DrawFn, events: list[Any]) -> list[Any]:
    """Events of which one value, at any depth, is something else."""
    events = copy.deepcopy(events)
    holder, key = draw(st.sampled_from(list(_places(events))))
    holder[key] = draw(jsons)
    return events


def _places(value: Any) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)
