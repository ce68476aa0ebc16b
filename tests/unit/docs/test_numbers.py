"""The numbers in the documentation are those of the mathematics, and of the simulations."""

import random

import pytest

from arenatest.stats.betting import BettingTest, smallest_horizon
from arenatest.stats.bootstrap import LEAST_CLUSTERS
from arenatest.stats.paired import LEAST_PAIRS
from arenatest.stats.percentile import samples_needed
from arenatest.stats.power import clusters_needed
from simulation.trials import bound
from simulation.worlds import WORLDS
from unit.docs.pages import ROOT, rows, section

NUMBERS = section(ROOT / "docs" / "gates.md", "How many prompts")
STATISTICS = ROOT / "docs" / "statistics.md"
CALIBRATED = 1000  # runs of each cell
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


def test_the_numbers_of_prompts_by_margin():
    header, *table = (
        line.strip("| ").split(" | ")
        for line in section(STATISTICS, "Power").splitlines()
        if line.startswith(("| margin", "| 0.1", "| 0.0"))
    )
    for margin, *told in table[:6]:
        expected = [
            clusters_needed(sd=float(sd.split()[1]), delta=float(margin), alpha=0.05)
            for sd in header[1:]
        ]
        assert [int(n.replace(",", "")) for n in told] == expected


def test_every_simulated_world_has_its_row_and_its_errors_are_within_their_bounds():
    table = rows(section(STATISTICS, "How often verdicts are false"), "gate")
    named = {row[0].partition(":")[0]: row[1:] for row in table}
    promised = {world.name: world for world in WORLDS if not world.excuse}
    assert list(named) == list(promised)
    for name, errors in named.items():
        most = bound(CALIBRATED, promised[name].alpha) / CALIBRATED
        shares = [float(share) / 100 for cell in errors for share in cell.split(" / ")]
        assert len(shares) == 2 * len(promised[name].sizes)
        assert max(shares) <= most


def test_every_limit_that_is_known_is_explained():
    told = section(STATISTICS, "Known limits")
    table = {row[0].strip("`") for row in rows(told, "world")}
    excused = {world.name for world in WORLDS if world.excuse}
    assert table == excused
    assert all(f"(`{name}`" in told or f", `{name}`" in told for name in excused)
