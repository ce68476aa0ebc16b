"""A run departs by chance no more often than the rule says, and after a drop it often does."""

import math
import random

import pytest

from arenatest.errors import InsufficientData
from arenatest.stats.departure import LEAST_RUNS, Estimate, predict

SAMPLES = 2_000
LEVEL = 0.95


def share_marked(runs, *, errors, own, spread, shift=0.0):
    """Return how often a run is marked whose history has these errors and this spread."""
    chance = random.Random(20)
    marked = 0
    for _ in range(SAMPLES):
        earlier = [
            Estimate(
                value=chance.gauss(0.0, math.hypot(spread, errors(place))), error=errors(place)
            )
            for place in range(runs)
        ]
        found = predict(earlier, own, confidence=LEVEL)
        marked += found.side(chance.gauss(shift, math.hypot(spread, own))) != 0
    return marked / SAMPLES


def noise(share):
    return 3.0 * math.sqrt(share * (1.0 - share) / SAMPLES)


@pytest.mark.parametrize("runs", [LEAST_RUNS, 12])
@pytest.mark.parametrize("spread", [0.0, 1.0, 4.0])
@pytest.mark.parametrize(
    ("errors", "own"),
    [
        (lambda _: 1.0, 1.0),
        (lambda _: 1.0, 0.25),
        (lambda _: 1.0, 4.0),
        (lambda place: 0.3 + 0.3 * place, 1.0),
        (lambda _: 0.0, 0.0),
    ],
    ids=["alike", "more exact", "less exact", "mixed", "unknown"],
)
def test_unchanged_runs_are_marked_no_more_often_than_promised(runs, spread, errors, own):
    marked = share_marked(runs, errors=errors, own=own, spread=spread)
    assert marked <= 1.0 - LEVEL + noise(1.0 - LEVEL)


@pytest.mark.parametrize(("runs", "shift", "power"), [(5, 5.0, 0.8), (12, 4.0, 0.9)])
def test_a_planted_drop_is_found(runs, shift, power):
    found = share_marked(runs, errors=lambda _: 1.0, own=1.0, spread=0.0, shift=-shift)
    assert found >= power


def test_without_known_errors_it_is_the_classical_prediction_interval():
    values = [4.1, 3.9, 4.4, 4.0, 3.6]
    found = predict([Estimate(value=value) for value in values])
    # Student's t with 4 degrees of freedom is 2.776; the variance of these values is 0.085
    half = 2.776445 * math.sqrt(0.085 * (1 + 1 / 5))
    assert (found.centre, found.runs) == (4.0, 5)
    assert found.low == pytest.approx(4.0 - half, rel=1e-6)
    assert found.high == pytest.approx(4.0 + half, rel=1e-6)


def test_equal_values_are_no_certainty_where_each_has_an_error():
    found = predict([Estimate(value=0.5, error=0.05)] * 6, 0.05)
    assert found.spread == 0.0
    assert found.high - found.low > 4 * 0.05


@pytest.mark.parametrize(
    ("earlier", "error"),
    [
        ([Estimate(value=0.5)] * 4, 0.0),
        ([Estimate(value=math.nan)] * 5, 0.0),
        ([Estimate(value=0.5)] * 5, math.inf),
    ],
)
def test_too_little_predicts_nothing(earlier, error):
    with pytest.raises(InsufficientData):
        predict(earlier, error)
