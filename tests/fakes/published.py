"""Finds published data beside the checkout, for tests that reproduce other people's numbers."""

from __future__ import annotations

import csv
import os
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from arenatest.stats.votes import Votes, read_votes

CROWD = "llmfao/crowd-comparisons.csv"
"""Votes of people on pairs of answers."""

WORTH = {"left": 1.0, "tie": 0.5, "right": 0.0}
"""What a winner's name means to the left side."""

_BESIDE = Path(__file__).parents[2].parent / "shared" / "data"


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file in the data folder; skips the test where the folder is absent."""
    folder = Path(os.environ.get("ARENATEST_DATA", _BESIDE))
    if not folder.is_dir():
        pytest.skip(f"needs the published data: set ARENATEST_DATA, there is no {folder}")
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_model(judge: str) -> str:
    """The file with one verdict of a model, `gpt3` or `gpt4`, on each pair that people saw."""
    return f"llmfao/{judge}-crowd-comparisons.csv"


def votes_of(table: Iterable[dict[str, str]]) -> Votes:
    table = list(table)
    return read_votes(
        [row["left"] for row in table],
        [row["right"] for row in table],
        [WORTH[row["winner"]] for row in table],
    )


def judged(judge: str) -> dict[str, str]:
    """A model's verdict on each pair."""
    return {row["id"]: row["winner"] for row in rows(by_model(judge))}


def most_of_the_crowd() -> dict[str, str]:
    """What most people said of each pair; a tie where two opinions are as common."""
    said = defaultdict(list)
    for row in rows(CROWD):
        said[row["id"]].append(row["winner"])
    crowd = {}
    for pair, winners in said.items():
        (winner, most), *others = Counter(winners).most_common()
        crowd[pair] = "tie" if others and others[0][1] == most else winner
    return crowd
