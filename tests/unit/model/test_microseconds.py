from __future__ import annotations

import math
from dataclasses import fields

import pytest

from arenatest.model.answer import Failure, Timing
from arenatest.model.microseconds import (
    CLOCKS,
    MOST,
    microseconds,
    seconds_of,
    whole_failure,
    whole_timing,
)


@pytest.mark.parametrize(
    ("seconds", "count"),
    [(0.0, 0), (0.1234567, 123457), (-0.0000014, -1), (3600.000001, 3600000001), (None, None)],
)
def test_clocks_are_whole_microseconds(seconds, count):
    assert microseconds(seconds) == count
    assert microseconds(seconds_of(count)) == count


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -math.inf, 1e300, MOST * 1.1, -MOST * 1.1])
def test_what_no_clock_can_have_said_is_unknown(seconds):
    assert microseconds(seconds) is None
    assert whole_timing(Timing(ttft=seconds)).ttft is None
    assert (
        whole_failure(Failure(kind="server", message="", retry_after=seconds)).retry_after is None
    )


def test_every_clock_is_rounded_once_and_nothing_else_is_touched():
    others = {"source", "gaps", "reads", "connection_reused"}
    assert {*CLOCKS} | others == {field.name for field in fields(Timing)}

    timing = whole_timing(Timing(**dict.fromkeys(CLOCKS, 0.1234567), gaps=(0.1234567,)), lag=None)

    assert timing == Timing(**dict.fromkeys(CLOCKS, 0.123457) | {"lag": None}, gaps=(0.1234567,))
    assert whole_timing(timing, lag=None) == timing
