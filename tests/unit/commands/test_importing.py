import pytest

from arenatest.commands.importing import loss_lines, taken_lines
from arenatest.imports.losses import Losses
from arenatest.store import open_store
from unit.imports.shapes import arena_hard, imported, lines, vote


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "store") as opened:
        yield opened


def test_nothing_lost_is_said_and_what_is_lost_is_named():
    losses = Losses()
    assert list(loss_lines(losses)) == ["all was taken over"]
    losses.miss("votes on a model against itself", "votes.json:7\x1b[2J")
    assert list(loss_lines(losses)) == [
        "not taken over:",
        "  1 vote on a model against itself",
        "    votes.json:7",
    ]


def test_a_run_is_told_with_its_gates_and_whether_it_is_new(store, tmp_path):
    folder = arena_hard(tmp_path / "bench", 30)
    (taken,), _ = imported(store, "arena-hard", folder)
    told = list(taken_lines(taken))
    assert told[0] == f"run {taken.run.id[:8]}  arena-hard: new against old"
    assert told[1] == "  30 prompts, 180 records"
    assert told[2].startswith("  new: win rate 1.000 [")
    assert told[3] == "    over all 30: 1.000"
    (again,), _ = imported(store, "arena-hard", folder)
    assert next(taken_lines(again)).endswith("against old, which the store holds already")


def test_many_rivals_are_counted_and_hostile_names_defused(store, tmp_path):
    names = ["\x1b[31ma", "b", "c", "d", "e"]
    cast = [vote(f"q{n}", "hub", name, "tie") for n, name in enumerate(names)]
    (taken,), _ = imported(store, "lmsys", lines(tmp_path / "votes.jsonl", cast))
    head = next(taken_lines(taken))
    assert head.endswith("lmsys: a, b, c and 2 more against hub")
