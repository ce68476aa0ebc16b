"""How often a change is found is what the page says."""

import random

import pytest

from arenatest.stats.departure import Estimate, predict
from unit.docs.pages import ROOT, rows, section

TABLE = section(ROOT / "docs" / "history.md", "When a run departs")
SHIFTS = (3, 4, 5)
SAMPLES = 500
TOLERANCE = 0.07  # about three standard errors


@pytest.mark.parametrize("row", rows(TABLE, "runs before"), ids=lambda row: f"{row[0]} runs")
def test_a_change_is_found_as_often_as_the_page_says(row):
    runs, chance = int(row[0]), random.Random(1)
    for shift, told in zip(SHIFTS, row[1:], strict=True):
        found = 0
        for _ in range(SAMPLES):
            earlier = [Estimate(value=chance.gauss(0.0, 1.0), error=1.0) for _ in range(runs)]
            found += predict(earlier, 1.0).side(chance.gauss(shift, 1.0)) > 0
        assert found / SAMPLES == pytest.approx(float(told), abs=TOLERANCE)
