"""The numbers in ``docs/gates.md`` are those of the mathematics."""

import random

import pytest

from arenatest.stats.betting import BettingTest, smallest_horizon
from arenatest.stats.bootstrap import LEAST_CLUSTERS
from arenatest.stats.paired import LEAST_PAIRS
from arenatest.stats.percentile import samples_needed
from unit.docs.pages import ROOT, rows, section

NUMBERS = section(ROOT / "docs" / "gates.md", "How many prompts")
TIES = 0.4
TRIALS = 500
TOLERANCE = 0.05  # about three standard errors


def test_the_least_numbers_of_prompts():
    rates = {limit: smallest_horizon(limit, alpha=0.05) for limit in (0.5, 0.4, 0.9, 0.95)}
    percentiles = [samples_needed(q, confidence=0.95) for q in (0.5, 0.9, 0.95, 0.99)]
    told = [int(row[1]) for row in rows(NUMBERS, "gate")]
    expected = [*rates.values(), rates[0.95], *percentiles, LEAST_PAIRS, LEAST_CLUSTERS]
    assert told == expected


def power_rows():
    truth = 0.0
    for row in rows(NUMBERS, "the candidate's true win rate"):
        truth = float(row[0].split()[0])
        yield from (
            pytest.param(truth, float(row[1]), int(n), power, id=f"{truth}-{row[1]}-{n}")
            for n, power in ((row[2], 0.8), (row[3], 0.95))
        )


@pytest.mark.parametrize(("truth", "limit", "prompts", "power"), list(power_rows()))
def test_so_many_prompts_pass_that_often(truth, limit, prompts, power):
    chance = random.Random(f"{truth} {limit} {prompts}")
    passed = sum(verdict(chance, truth, limit, prompts) == "pass" for _ in range(TRIALS))
    assert passed / TRIALS == pytest.approx(power, abs=TOLERANCE)


def verdict(chance, truth, limit, prompts):
    test = BettingTest(limit, prompts)
    win = truth - TIES / 2
    for _ in range(prompts):
        drawn = chance.random()
        test.update(1.0 if drawn < win else 0.5 if drawn < win + TIES else 0.0)
        if test.verdict != "inconclusive":
            break
    return test.verdict
