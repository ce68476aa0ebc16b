import random
import statistics

import pytest

from arenatest.stats.standings import average_win_rates, elo, points
from arenatest.stats.votes import count_votes, read_votes
from fakes.published import CROWD, WORTH, rows, votes_of

TABLES = [
    ("simple", "evalica_golden/simple.csv"),
    ("food", "evalica_golden/food.csv"),
    ("llmfao", CROWD),
]


@pytest.mark.parametrize(("golden", "name"), TABLES)
def test_evalicas_golden_scores(golden, name):
    votes = votes_of(rows(name))
    counts = count_votes(votes)
    ours = {
        "counting": points(counts),
        "average_win_rate": average_win_rates(counts),
        "elo": elo(votes),
    }
    table = [row for row in rows(f"evalica_golden/{golden}-golden.csv") if row["algorithm"] in ours]
    for row in table:
        found = ours[row["algorithm"]][row["item"]]
        assert found == pytest.approx(float(row["score"]), rel=1e-9), row
    assert len(table) == 3 * len(votes.names)


def test_elo_depends_on_the_order_of_the_votes():
    table = rows(CROWD)
    rng = random.Random(5)
    spread = []
    for _ in range(12):
        rng.shuffle(table)
        spread.append(elo(votes_of(table), k=30)["GPT 4"])
    assert 15 < statistics.stdev(spread) < 60
    assert set(WORTH) == {row["winner"] for row in table}


def test_elo_only_moves_points_about():
    votes = read_votes(["a", "b", "c", "a"], ["b", "c", "a", "c"], [1, 0.5, 0, 1])
    assert sum(elo(votes, initial=1_500, k=32).values()) == pytest.approx(4_500)
