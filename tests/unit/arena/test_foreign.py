"""What plugin code returns or raises, as the record has it."""

import math

import numpy as np
import pytest

from arenatest.arena.foreign import measured_of, told
from arenatest.model.metric import MetricSpec


def measured(value, bounds=(0.0, 1.0)):
    return measured_of(
        value, MetricSpec(name="m", unit="fraction", direction="higher", range=bounds)
    )


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (1.01, "returned 1.01, outside the range [0, 1]"),
        (-0.5, "returned -0.5, outside the range [0, 1]"),
        (math.nan, "returned nan, expected a finite number"),
        (math.inf, "returned inf, expected a finite number"),
        (1e60, "returned 1e+60, expected a number within 1e+50"),
        (True, "returned True, expected a number or None"),
        ("1", "returned '1', expected a number or None"),
        (np.bool_(0), f"returned {np.bool_(0)!r}, expected a number or None"),
    ],
)
def test_what_is_no_score_is_an_error(value, error):
    assert (measured(value).value, measured(value).error) == (None, error)


def test_none_says_that_a_metric_does_not_apply():
    assert (measured(None).value, measured(None).error) == (None, "")


def test_numbers_of_other_libraries_are_numbers():
    assert measured(np.float32(0.5)).value == 0.5
    assert type(measured(np.int64(1)).value) is float


def test_without_a_range_any_finite_number_is_taken():
    assert measured(-1e9, None).value == -1e9


def test_a_hair_outside_the_range_is_rounding():
    assert measured(1.0 + 1e-12).error == ""


def test_a_long_error_is_cut():
    assert told(ValueError("no" * 5_000)).endswith("no ... (10,000 characters in all)")
    assert len(told(ValueError("no" * 5_000))) < 2_100
