"""Numbers that others published, computed by us from imported files."""

import pytest

from arenatest.stats.ratings import fit_ratings
from arenatest.stats.votes import count_votes, read_votes
from arenatest.store import open_store
from fakes.published import CROWD, rows
from unit.imports.shapes import imported, lines, vote


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "store") as opened:
        yield opened


def test_crowd_votes_in_the_shape_of_lmsys_give_the_published_bradley_terry_scores(store, tmp_path):
    winners = {"left": "model_a", "right": "model_b", "tie": "tie"}
    cast = [
        vote(
            row["prompt"],
            row["left"],
            row["right"],
            winners[row["winner"]],
            judge=f"worker_{row['worker']}",
            tstamp=float(number),
        )
        for number, row in enumerate(rows(CROWD))
    ]
    file = lines(tmp_path / "votes.jsonl", cast)
    runs, losses = imported(store, "lmsys", file)
    left, right, scores = [], [], []
    for taken in runs:
        baseline = taken.draft.plan.baseline.name
        for slot, measured in store.load(taken.run.id).measurements.items():
            left.append(slot.contestant)
            right.append(baseline)
            scores.append(measured.value)
    assert len(scores) == len(cast) == 8931
    strengths = fit_ratings(count_votes(read_votes(left, right, scores))).strengths
    published = {
        row["model"]: float(row["score"])
        for row in rows("llmfao/published_bt.csv")
        if row["judge"] == "human"
    }
    assert strengths == pytest.approx(published, rel=2e-4)
    assert not losses.counts
